/** Duplicates by the threshold that the issues job chooses itself, in real pictures with the built-in encoder. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rngFromSeed } from '../../../../../src/core/rng.ts';
import { renderScene } from '../../../../../src/core/scenes/scenes.ts';
import * as c from '../../../../../src/main/catalog/index.ts';
import { issuesReport } from '../../../../../src/shared/issues.ts';
import { runOk } from '../../../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-duplicates-'));
const side = 96;
let catalog: c.Catalog;

beforeAll(() => {
  catalog = c.openCatalog(join(folder, 'catalog'));
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const draw = (seed: number) => renderScene({ seed, classIndex: seed % 10, size: side }).pixels;
const image = (pixels: Uint8Array) => sharp(pixels, { raw: { width: side, height: side, channels: 3 } });

/** A dark thing, 5 x 10 pixels, that crosses the picture. */
function passBy(pixels: Uint8Array, at: number): void {
  for (let y = side / 2; y < side / 2 + 10; y++)
    pixels.fill(40, (y * side + at) * 3, (y * side + at + 5) * 3);
}

/** Paths of each group that is found; the name before the dash says what an image shows. */
async function groupsOf(name: string, files: Record<string, Buffer>): Promise<string[][]> {
  for (const [i, [file, bytes]] of Object.entries(files).entries()) {
    const own = join(folder, name, `class${i % 2}`);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, file), bytes);
  }
  const { datasetId } = await runOk(catalog, {
    kind: 'import',
    params: { source: join(folder, name), name },
  });
  await runOk(catalog, { kind: 'score', params: { datasetId: Number(datasetId) } });
  const { file } = await runOk(catalog, { kind: 'issues', params: { datasetId: Number(datasetId) } });
  const report = issuesReport.parse(JSON.parse(readFileSync(catalog.file(String(file)), 'utf8')));
  return report.duplicates.map(({ images }) => images.map(({ path }) => path));
}

const shown = (path: string) => /class\d\/(.*)-/.exec(path)?.[1];

it('groups the frames of four still cameras, camera by camera', async () => {
  const files: Record<string, Buffer> = {};
  for (let camera = 0; camera < 4; camera++) {
    const still = draw(20 + camera);
    const rng = rngFromSeed(camera, 'sensor');
    for (let frame = 0; frame < 40; frame++) {
      const light = 1 + 0.04 * Math.sin(frame / 5);
      const pixels = still.map((v) => Math.max(0, Math.min(255, v * light + 4 * rng.normal())));
      passBy(pixels, 2 * frame);
      files[`camera${camera}-${frame}.jpg`] = await image(pixels).jpeg({ quality: 90 }).toBuffer();
    }
  }
  const groups = await groupsOf('cameras', files);
  expect(groups.map((paths) => [new Set(paths.map(shown)).size, paths.length])).toEqual([
    [1, 40],
    [1, 40],
    [1, 40],
    [1, 40],
  ]);
});

it('groups re-encodings of one picture, and leaves those beside it alone', async () => {
  const files: Record<string, Buffer> = {};
  const one = draw(31);
  for (let i = 0; i < 200; i++) {
    const resized = image(one).resize(80 + (i % 40));
    const quality = 50 + (i % 45);
    const bytes = await (i % 3 ? resized.jpeg({ quality }) : resized.webp({ quality })).toBuffer();
    files[`copy-${i}.${i % 3 ? 'jpg' : 'webp'}`] = bytes;
  }
  expect(await groupsOf('copies', files)).toEqual([expect.objectContaining({ length: 200 })]);
  for (let seed = 0; seed < 20; seed++)
    files[`other${seed}-0.png`] = await image(draw(40 + seed))
      .png()
      .toBuffer();
  const [group, ...others] = await groupsOf('copies and others', files);
  expect(others).toEqual([]);
  expect(group).toHaveLength(200);
  expect(new Set(group.map(shown))).toEqual(new Set(['copy']));
});

it('finds nothing among different pictures', async () => {
  const files: Record<string, Buffer> = {};
  for (let seed = 0; seed < 300; seed++)
    files[`scene${seed}-0.png`] = await image(draw(100 + seed))
      .png()
      .toBuffer();
  expect(await groupsOf('scenes', files)).toEqual([]);
});
