/** Weights of 8-bit floats, read in place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as f from '../../../src/core/graph/functions.ts';
import { frozenSource } from '../../../src/core/nn/params.ts';
import { e4m3ToNumber, e5m2ToNumber } from '../../../src/main/files/float-formats.ts';
import { openWeights } from '../../../src/main/models/stored-part.ts';
import { openGraph } from '../../../src/main/runtime/open-graph.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-fp8-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with one tensor of these bytes. */
function fileOf(dtype: string, bytes: Uint8Array, name = 'w'): string {
  const file = join(folder, `${dtype}-${bytes.reduce((a, b) => (31 * a + b) % 65521, 0)}.safetensors`);
  const header = JSON.stringify({
    [name]: { dtype, shape: [bytes.length], data_offsets: [0, bytes.length] },
  });
  const text = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([length, text, bytes]));
  return file;
}

async function read(file: string, lowMemory = false): Promise<Float32Array> {
  const stored = openWeights(file);
  const w = frozenSource(stored.table).parameter('w', stored.table.get('w')!.shape);
  const session = await openGraph({ y: f.mul(w, 1) }, { provider: 'cpu', threads: 1, lowMemory }, stored);
  const { y } = await session.run({});
  await session.close();
  return y.data as Float32Array;
}

it.each(['scaled_fp8', 'a.b.scale_weight', 'a.b.weight_scale'])(
  'weights that are scaled by %s are refused, not read without it',
  (name) => {
    expect(() => openWeights(fileOf('F8_E4M3', Uint8Array.of(1, 2, 3), name))).toThrow(
      `its weights are scaled 8-bit numbers (${name})`,
    );
  },
);

const every = Array.from({ length: 256 }, (_, bits) => bits);

describe.each([
  ['F8_E4M3', e4m3ToNumber],
  ['F8_E5M2', e5m2ToNumber],
] as const)('%s', (dtype, toNumber) => {
  const finite = every.filter((bits) => Number.isFinite(toNumber(bits)));
  it.each([false, true])('every number is widened exactly (low memory: %s)', async (lowMemory) => {
    const file = fileOf(dtype, Uint8Array.from(finite));
    expect([...(await read(file, lowMemory))]).toEqual(finite.map(toNumber));
  });
  it('what is no number is refused with its place', async () => {
    for (const bits of every.filter((b) => !finite.includes(b))) {
      await expect(read(fileOf(dtype, Uint8Array.of(1, 2, bits)))).rejects.toThrow(
        /tensor w holds .* at element 2 of 3/,
      );
    }
  });
});
