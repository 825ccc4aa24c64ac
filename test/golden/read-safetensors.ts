/**
 * Owns the reading of oracle tensors in golden tests: a minimal safetensors reader (float32 only), apart from
 * the program's own reader so that one cannot hide the other's fault.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface GoldenTensor {
  shape: number[];
  data: Float32Array;
}

/** Folder of an oracle case beside the repository (`../shared/golden/NAME`). */
export function goldenPath(...parts: string[]): string {
  return fileURLToPath(new URL(['../../../shared/golden', ...parts].join('/'), import.meta.url));
}

/** Whether the case is there; prints why its tests are skipped where it is not. */
export function hasGolden(...parts: string[]): boolean {
  const found = existsSync(goldenPath(...parts));
  if (!found) console.warn(`skipped: no oracle data at ../shared/golden/${parts.join('/')}`);
  return found;
}

/** Every float32 tensor of a safetensors file, by name; other dtypes are passed over. */
export function readSafetensors(path: string): Record<string, GoldenTensor> {
  const file = readFileSync(path);
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors: Record<string, GoldenTensor> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (entry.dtype !== 'F32') continue; // integer tables, such as position ids
    const [begin, end] = entry.data_offsets.map((offset) => offset + 8 + headerLength);
    // Copied: the header's length leaves the data unaligned.
    tensors[name] = {
      shape: entry.shape,
      data: new Float32Array(Uint8Array.from(file.subarray(begin, end)).buffer),
    };
  }
  return tensors;
}
