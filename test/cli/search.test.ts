/** `crux search` and `crux score --method zero-shot`, with a CLIP of the analyst's. */
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { clipImages, readClipFixture, writeClipFixture } from '../main/models/clip-fixtures.ts';
import { put } from '../main/support/pictures.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const fixture = readClipFixture('today');

it('lists the images that are nearest to a text, computing features once', async () => {
  const { size } = fixture;
  const bytes = clipImages(fixture);
  for (const i of [0, 1]) {
    const raw = { width: size, height: size, channels: 3 as const };
    const own = bytes.subarray((i * bytes.length) / 2, ((i + 1) * bytes.length) / 2);
    put(join(cwd, 'photos', ['cat', 'dog'][i], `${i}.png`), await sharp(own, { raw }).png().toBuffer());
  }
  writeClipFixture(join(cwd, 'clip'), fixture);
  await crux(['import', 'photos', '--name', 'pets'], cwd);
  const added = await crux(['models', 'add', 'clip', '--name', 'mine'], cwd);
  expect([added.exit, added.stdout]).toEqual([0, expect.stringContaining('and reads texts')]);

  const text = 'Red CATS, on   the sea';
  const column = fixture.texts.indexOf(text);
  const cosines = fixture.logitsPerImage.map((row) => row[column] / fixture.logitScale);
  const nearest = cosines[0] > cosines[1] ? [0, 1] : [1, 0];
  const found = json(await crux(['search', 'pets', text, '--model', 'mine', '--json'], cwd));
  expect(found).toMatchObject({
    ok: true,
    withoutFeatures: 0,
    images: nearest.map((i) => ({
      path: `${['cat', 'dog'][i]}/${i}.png`,
      cosine: expect.closeTo(cosines[i], 4),
      clipScore: expect.closeTo(2.5 * Math.max(0, cosines[i]), 3),
    })),
  });

  const again = await crux(
    ['search', 'pets', text, '--model', 'mine', '--class', 'dog', '--count', '1'],
    cwd,
  );
  expect(again.stdout).toMatch(/^ *cosine +CLIPScore +class +difficulty +image\n.* dog .*dog\/1\.png\n$/);
  expect(again.stderr).not.toContain('embed'); // no job was needed
});

it('needs a text', async () => {
  const ran = await crux(['search', 'pets', ' '], cwd);
  expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining('say what the images show')]);
});

it('needs a model that reads texts, for a search as for zero-shot scores', async () => {
  const search = await crux(['search', 'pets', 'a cat', '--model', 'builtin:encoder'], cwd);
  expect([search.exit, search.stderr]).toEqual([
    1,
    expect.stringMatching(/reads images alone\. Text search needs a CLIP .*crux models add FOLDER/),
  ]);
  const scored = json(
    await crux(['score', 'pets', '--method', 'zero-shot', '--model', 'mine', '--json'], cwd),
  );
  expect(scored).toMatchObject({ ok: true, job: { result: { scored: 2 } } });
  const without = await crux(['score', 'pets', '--method', 'zero-shot', '--prompt', 'a photo'], cwd);
  expect([without.exit, without.stderr]).toEqual([
    2,
    expect.stringContaining('Expected text with [CLS], which becomes the class'),
  ]);
});
