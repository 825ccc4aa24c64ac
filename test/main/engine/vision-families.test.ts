/** Every family of image networks against what today's libraries give (scripts/fixtures/vision.py). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { frozenSource, paramsOf } from '../../../src/core/nn/params.ts';
import { examineModel } from '../../../src/main/engine/models/examine.ts';
import { readVisionFolder } from '../../../src/main/engine/models/vision-folder.ts';
import { openGraph } from '../../../src/main/engine/open-graph.ts';
import { numbers, readFixture, visionCases, writeFixture } from './vision-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-families-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Relative to the length of what is wanted. */
function distance(got: Float32Array, wanted: readonly number[]): number {
  expect(got).toHaveLength(wanted.length);
  return Math.hypot(...wanted.map((v, i) => got[i] - v)) / Math.hypot(...wanted);
}

describe('an image network as its library saves it', () => {
  it.each(visionCases)('%s', async (name) => {
    const fixture = readFixture(name);
    const path = writeFixture(join(folder, name), fixture);
    const { part, network } = readVisionFolder(path, name);
    const { size, features, logits } = fixture;
    expect(network.dim).toBe(features[0].length);
    // Of torchvision no file says the size of pictures.
    const { width, height } = network.preprocessing;
    if (fixture.files['config.json']) expect([width, height]).toEqual([size, size]);
    const image = input('image', [2, 3, size, size]);
    const out = network.build(paramsOf(frozenSource(part.table)), image);
    const outputs: Record<string, Value> = {
      features: out.features,
      ...(out.logits && { logits: out.logits }),
    };
    const session = await openGraph(outputs, { provider: 'cpu', threads: 1 }, part);
    const data = Float32Array.from(numbers('image', 2 * 3 * size * size));
    const got = await session.run({ image: { dims: image.shape, data } });
    await session.close();
    expect(distance(got.features.data as Float32Array, features.flat())).toBeLessThan(5e-6);
    expect(got.logits === undefined).toBe(logits === null);
    if (logits) expect(distance(got.logits.data as Float32Array, logits.flat())).toBeLessThan(5e-6);
    expect(await examineModel(path)).toMatchObject({
      usable: true,
      kind: network.labels ? 'classifier' : 'encoder',
      problems: [],
    });
  });
});
