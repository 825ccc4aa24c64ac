/**
 * Owns: looking through weights that ONNX Runtime reads in place, before it does. Its outputs do not tell: a ReLU or a
 * clamp turns NaN into a number, and a broken row of a table shows only for the prompt that meets it.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { notFinite } from '../../core/finite.ts';
import type { WeightBytes } from '../../core/graph/emit.ts';
import type { WeightValue } from '../../core/graph/value.ts';
import { toFloat32 } from './float-formats.ts';

/**
 * Of each type: bytes of an element, and the bits that are all set in NaN and infinities alone: the exponent's, but of
 * E4M3, which has no infinities, those of the fraction too.
 */
const formats = {
  f32: { dtype: 'F32', bytes: 4, special: 0x7f800000 },
  f16: { dtype: 'F16', bytes: 2, special: 0x7c00 },
  bf16: { dtype: 'BF16', bytes: 2, special: 0x7f80 },
  f8e4m3: { dtype: 'F8_E4M3', bytes: 1, special: 0x7f },
  f8e5m2: { dtype: 'F8_E5M2', bytes: 1, special: 0x7c },
} as const;
type Format = (typeof formats)[keyof typeof formats];

const CHUNK = 8 << 20;

/** What to do about a file of weights that are not all finite. */
export const damagedWeights =
  'The file is damaged, or its training diverged: get it again, train it again, or use another.';

/** Tensors of files that were looked through, as `<file>:<size>:<time>:<offset>`: a session per batch size looks once. */
const known = new Set<string>();

/** @throws NotFinite naming the first file, tensor and element that holds NaN or an infinity. */
export async function requireFiniteWeights(
  weights: readonly Pick<WeightValue, 'name' | 'dtype'>[],
  locate: (name: string) => WeightBytes,
  folder = '',
): Promise<void> {
  const byFile = new Map<string, { name: string; format: Format; offset: number; length: number }[]>();
  for (const { name, dtype } of weights) {
    const format = formats[dtype as keyof typeof formats];
    if (!format) continue; // whole numbers
    const bytes = locate(name);
    if ('raw' in bytes) refuse(format, bytes.raw.slice(), `weight ${name}`, 0, bytes.raw.length);
    else {
      const { location, offset, length } = bytes.external;
      const file = join(folder, location);
      const tensors = byFile.get(file) ?? [];
      tensors.push({ name, format, offset, length });
      byFile.set(file, tensors);
    }
  }
  for (const [file, tensors] of byFile) {
    const handle = await open(file, 'r');
    try {
      const { size, mtimeMs } = await handle.stat();
      const chunk = new Uint8Array(Math.min(CHUNK, Math.max(...tensors.map(({ length }) => length))));
      for (const { name, format, offset, length } of tensors) {
        const key = `${file}:${size}:${mtimeMs}:${offset}`;
        if (known.has(key)) continue;
        for (let at = 0; at < length; ) {
          const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, length - at), offset + at);
          // Whole elements: a read may end anywhere.
          const whole = bytesRead - (bytesRead % format.bytes);
          if (whole === 0) throw new Error(`${file}: ends within tensor ${name}; was it cut?`);
          refuse(format, chunk.subarray(0, whole), `${file}: tensor ${name}`, at, length);
          at += whole;
        }
        known.add(key);
      }
    } finally {
      await handle.close();
    }
  }
}

/** @param bytes start at a multiple of 4 of their buffer; @param at bytes of the tensor before them; of `length`. */
function refuse(
  { dtype, bytes: width, special }: Format,
  bytes: Uint8Array<ArrayBuffer>,
  what: string,
  at: number,
  length: number,
): void {
  const Words = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[width];
  const words = new Words(bytes.buffer, bytes.byteOffset, bytes.length / width);
  for (let i = 0; i < words.length; i++) {
    if ((words[i] & special) !== special) continue;
    const [value] = toFloat32(dtype, bytes.slice(i * width, (i + 1) * width));
    throw notFinite(what, { value, at: at / width + i, of: length / width }, damagedWeights);
  }
}
