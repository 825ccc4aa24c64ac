/** Both towers of a CLIP in one folder against transformers (scripts/fixtures/clip.py), and what refuses to read texts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as f from '../../../src/core/graph/functions.ts';
import { constant } from '../../../src/core/graph/value.ts';
import {
  classFeatures,
  clipScore,
  imageTextCosines,
  zeroShotProbabilities,
} from '../../../src/core/metrics/clip-score.ts';
import { contrastiveLoss } from '../../../src/core/nn/clip.ts';
import { textTowerOf } from '../../../src/main/models/encoder.ts';
import { examineModel } from '../../../src/main/models/examine.ts';
import { openVisionFolder } from '../../../src/main/models/vision-folder.ts';
import { openGraph } from '../../../src/main/runtime/open-graph.ts';
import {
  type ClipFixture,
  clipCases,
  clipImages,
  readClipFixture,
  writeClipFixture,
} from './clip-fixtures.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'crux-clip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, change: (fixture: ClipFixture) => void = () => {}) => {
  const fixture = readClipFixture(name);
  change(fixture);
  return writeClipFixture(join(mkdtempSync(join(folder, 'case-')), name), fixture);
};

/** The largest difference, each number beside its own. */
function near(got: ArrayLike<number>, wanted: readonly number[][], within: number): void {
  const all = wanted.flat();
  expect(got).toHaveLength(all.length);
  const apart = all.map((v, i) => Math.abs(got[i] - v));
  expect(Math.max(...apart)).toBeLessThan(within);
}

const unit = (x: Float32Array, dim: number) =>
  x.map((v, i) => v / Math.hypot(...x.subarray(i - (i % dim), i - (i % dim) + dim)));

describe("CLIP's towers agree with transformers on a folder in its own layout", () => {
  it.each(clipCases)('%s', async (name) => {
    const fixture = readClipFixture(name);
    const path = written(name);
    const model = await openVisionFolder(path, name, cpu);
    const texts = textTowerOf(model, 'a test');
    const { dim } = model;
    expect(texts.logitScale).toBeCloseTo(fixture.logitScale, 5);
    const words = await texts.embed(fixture.texts);
    const { features } = await model.run(clipImages(fixture), 2);
    await model.close();
    near(unit(words, dim), fixture.textEmbeds, 5e-6);
    near(unit(features, dim), fixture.imageEmbeds, 5e-6);
    const cosines = imageTextCosines(features, words, dim);
    near(
      cosines.map((c) => c * texts.logitScale),
      fixture.logitsPerImage,
      5e-6,
    );
    near(cosines.map(clipScore), fixture.clipScore, 5e-6);
    // Every text stands for a class, of one prompt.
    const classes = classFeatures(words, fixture.texts.length, dim);
    near(zeroShotProbabilities(features, classes, dim, texts.logitScale), fixture.probabilities, 5e-6);
    expect(await examineModel(path)).toMatchObject({
      usable: true,
      kind: 'encoder',
      summary: expect.stringMatching(/ and reads texts$/),
    });
  });

  it.each(clipCases)('%s: the loss that it is trained by', async (name) => {
    const { imageEmbeds, textEmbeds, logitScale, contrastiveLoss: wanted } = readClipFixture(name);
    const rows = (of: number[][]) => constant(of.slice(0, 2).flat(), [2, of[0].length]);
    // Lengths do not count.
    const loss = contrastiveLoss(
      f.mul(rows(imageEmbeds), 3),
      rows(textEmbeds),
      constant(Math.log(logitScale)),
      constant([1, 0, 0, 1], [2, 2]),
    );
    const session = await openGraph({ loss }, cpu);
    const got = await session.run({});
    await session.close();
    near(got.loss.data as Float32Array, [[wanted]], 1e-6);
  });

  it('computes more texts than fit a batch as one by one', async () => {
    const model = await openVisionFolder(written('today'), 'today', cpu);
    const texts = textTowerOf(model, 'a test');
    const some = Array.from({ length: 35 }, (_, i) => `a photo of ${i} cats`);
    const all = await texts.embed(some);
    const alone = await texts.embed([some[33]]);
    await model.close();
    near(all.subarray(33 * model.dim, 34 * model.dim), [[...alone]], 1e-6);
  });
});

describe('a CLIP whose texts cannot be read', () => {
  const refusal = async (path: string): Promise<string> => {
    const model = await openVisionFolder(path, 'mine', cpu);
    await model.close();
    let said = '';
    try {
      textTowerOf(model, 'Text search');
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(
      /^model mine: .*\. Text search needs a CLIP that reads both .*builtin:clip.*tokenizer\.json/s,
    );
    return said;
  };

  it('still gives features, and says that the tokenizer is missing', async () => {
    const path = written('today', ({ files }) => {
      delete files['tokenizer.json'];
    });
    expect(await refusal(path)).toContain('its folder holds no tokenizer');
    expect(await examineModel(path)).toMatchObject({
      usable: true,
      summary: expect.stringContaining('reads no texts: its folder holds no tokenizer'),
    });
  });

  it('says that the end token is another in config and tokenizer', async () => {
    const path = written('today', ({ files }) => {
      files['config.json'] = files['config.json'].replace('"eos_token_id": 524', '"eos_token_id": 7');
    });
    expect(await refusal(path)).toContain('eos_token_id is 7 in config.json, but 524 in its tokenizer');
  });

  it('says what is wrong with its tokenizer', async () => {
    const path = written('today');
    writeFileSync(join(path, 'tokenizer.json'), '{"model": {}}');
    expect(await refusal(path)).toContain('tokenizer.json');
  });

  it('is refused where its weights are not those of its config', async () => {
    const path = written('today', ({ files }) => {
      files['config.json'] = files['config.json'].replace('"vocab_size": 526', '"vocab_size": 600');
    });
    await expect(openVisionFolder(path, 'mine', cpu)).rejects.toThrow(
      /token_embedding\.weight: the checkpoint has \[526,8\], the config wants \[600,8\]/,
    );
  });
});
