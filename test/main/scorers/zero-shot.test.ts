/** Scoring by a CLIP and the names of the classes, against transformers' numbers, and what the scorer says of new images. */
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { addModel } from '../../../src/main/engine/check-model.ts';
import { openJudge } from '../../../src/main/scorers/judge.ts';
import { judgePictures } from '../../../src/main/scorers/judge-pictures.ts';
import { clipImages, readClipFixture, writeClipFixture } from '../models/clip-fixtures.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';
import { put } from '../support/pictures.ts';
import { run, runOk } from '../support/run.ts';

const fixture = readClipFixture('today');
const runtime = { provider: 'cpu', threads: 1 } as const;
let catalog: c.Catalog;
let modelId: string;
let files: Uint8Array[];

beforeEach(async () => {
  const folder = tempFolder();
  const { size } = fixture;
  const bytes = clipImages(fixture);
  const each = bytes.length / 2;
  files = await Promise.all(
    [0, 1].map((i) =>
      sharp(bytes.subarray(i * each, (i + 1) * each), { raw: { width: size, height: size, channels: 3 } })
        .png()
        .toBuffer(),
    ),
  );
  put(join(folder, 'photos', 'cat', '0.png'), files[0]);
  put(join(folder, 'photos', 'dog', '1.png'), files[1]);
  catalog = tempCatalog();
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  const path = writeClipFixture(join(folder, 'tiny-clip'), fixture);
  modelId = (await addModel(catalog, { path, name: 'tiny CLIP' })).id;
});

/** Softmax of two of the logits that transformers gives for each image. */
const expected = (first: string, second: string): number[][] =>
  fixture.logitsPerImage.map((row) => {
    const [a, b] = [first, second].map((text) => Math.exp(row[fixture.texts.indexOf(text)]));
    return [a / (a + b), b / (a + b)];
  });

const near = (got: Iterable<number>, wanted: number[]) =>
  expect([...got]).toEqual(wanted.map((v) => expect.closeTo(v, 5)));

test('difficulty is 1 - p(class) of the prompts that the classes make', async () => {
  const score = { datasetId: 1, method: 'zero-shot', modelId } as const;
  const { scorerId } = await runOk(catalog, { kind: 'score', params: score });
  const wanted = expected('a photo of a cat', 'a photo of a dog');
  const stored = c.probabilitiesOf(catalog, scorerId as number);
  expect(stored.size).toBe(2);
  for (const [i, id] of [...stored.keys()].sort().entries()) near(stored.get(id)!, wanted[i]);
  const scorer = c.getScorer(catalog, scorerId as number);
  expect(scorer).toMatchObject({ name: 'zero-shot, tiny CLIP', method: 'zero-shot', probes: null });
  expect(c.imagesByIds(catalog, [1, 2]).map(({ difficulty }) => difficulty)).toEqual([
    expect.closeTo(1 - wanted[0][0], 5),
    expect.closeTo(1 - wanted[1][1], 5),
  ]);

  // What is generated later is measured alike.
  const judge = await openJudge(catalog, scorer, runtime);
  const { probabilities } = await judgePictures(judge, files);
  await judge.close();
  near(probabilities, wanted.flat());
});

test('the features of several prompts are averaged', async () => {
  const ask = async (...prompts: string[]) => {
    const params = { datasetId: 1, method: 'zero-shot', modelId, prompts } as const;
    const { scorerId } = await runOk(catalog, { kind: 'score', params });
    return [...c.probabilitiesOf(catalog, scorerId as number).get(1)!];
  };
  const [one, other] = [await ask('a photo of a [CLS]'), await ask('[CLS] on the sea')];
  const both = await ask('a photo of a [CLS]', '[CLS] on the sea');
  expect(both).not.toEqual(one);
  expect(both).not.toEqual(other);
  // Twice the same prompt is that prompt.
  near(await ask('[CLS] on the sea', '[CLS] on the sea'), other);
});

test('a model that reads no texts is refused before anything is computed, with what would', async () => {
  const params = { datasetId: 1, method: 'zero-shot', modelId: 'builtin:encoder' } as const;
  expect(await run(catalog, { kind: 'score', params })).toMatchObject({
    state: 'failed',
    error: expect.stringMatching(
      /built-in encoder: it reads images alone\. Zero-shot scoring needs a CLIP .*builtin:clip/,
    ),
  });
  expect(catalog.value('SELECT COUNT(*) FROM embedding_sets')).toBe(0);
});
