/** Runs a graph on the CPU provider and compares tensors with the oracle's, within the oracle's tolerances. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type EncodeOptions, encodeGraph } from '../../src/core/graph/emit.ts';
import type { Value } from '../../src/core/graph/value.ts';
import { openSession, type Tensor } from '../../src/main/engine/runtime.ts';
import type { GoldenTensor } from './read-safetensors.ts';

export const goldenFolder = join(import.meta.dirname, '../../../shared/golden');
export const goldenPresent = existsSync(goldenFolder);
if (!goldenPresent) console.log('golden tests are skipped: ../shared/golden is not here');

export const readJson = (...path: string[]) => JSON.parse(readFileSync(join(goldenFolder, ...path), 'utf8'));

export interface Tolerance {
  max_abs: number;
  rel_l2: number;
}

/** A check of the oracle passes when both the largest and the relative L2 difference are within tolerance. */
export function expectClose(what: string, got: Float32Array, want: GoldenTensor, tol: Tolerance): void {
  expect(got.length, `${what}: size`).toBe(want.data.length);
  let maxAbs = 0;
  let square = 0;
  let norm = 0;
  for (let i = 0; i < got.length; i++) {
    const d = got[i] - want.data[i];
    if (!(Math.abs(d) <= maxAbs)) maxAbs = Math.abs(d);
    square += d * d;
    norm += want.data[i] ** 2;
  }
  const relL2 = Math.sqrt(square) / Math.max(Math.sqrt(norm), 1e-30);
  expect(maxAbs, `${what}: largest difference`).toBeLessThanOrEqual(tol.max_abs);
  if (norm > 0) expect(relL2, `${what}: relative L2`).toBeLessThanOrEqual(tol.rel_l2);
}

const cpu = { provider: 'cpu', threads: 1 } as const;

/** Compiles and runs once. Feeds may hold more than the graph uses. */
export async function run(
  outputs: Record<string, Value>,
  feeds: Record<string, Tensor>,
  options?: EncodeOptions & { externalFolder?: string },
): Promise<Record<string, Float32Array>> {
  const { bytes } = encodeGraph(outputs, options);
  const session = await openSession(bytes, cpu, { externalFolder: options?.externalFolder });
  const results = await session.run(feeds);
  await session.close();
  return Object.fromEntries(Object.entries(results).map(([k, t]) => [k, t.data as Float32Array]));
}

export const feed = (t: GoldenTensor): Tensor => ({ dims: t.shape, data: t.data });
/** Integer-valued float32, as the oracle stores ids, to i64. */
export const feedIds = (t: GoldenTensor): Tensor => ({
  dims: t.shape,
  data: BigInt64Array.from(t.data, (v) => BigInt(v)),
});
