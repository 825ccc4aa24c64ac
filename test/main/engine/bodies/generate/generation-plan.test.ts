/** What a generation job draws before anything runs: how many of each class, difficulties of each kind, prompts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asText } from '../../../../../src/core/prompts/put-in.ts';
import { syntaxes } from '../../../../../src/core/prompts/syntaxes.ts';
import * as c from '../../../../../src/main/catalog/index.ts';
import { startingImages } from '../../../../../src/main/datasets/used-images.ts';
import { outlineGeneration } from '../../../../../src/main/engine/bodies/generate/generation-outline.ts';
import { planPictures } from '../../../../../src/main/engine/bodies/generate/generation-plan.ts';
import type { UsableImage } from '../../../../../src/main/jobs/originals.ts';
import { generateParams } from '../../../../../src/shared/jobs/generate.ts';
import type { JobParams } from '../../../../../src/shared/jobs/index.ts';
import { unchecked } from '../../../support/originals.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-plan-'));
let catalog: c.Catalog;
let real: UsableImage[];
/** Of each class: training images with difficulties, and one test image that must count for nothing. */
const difficulties = { cat: [0.1, 0.2, 0.9, 0.3], dog: [0.5, 0.6, 0.7, 0.5, 0.6, 0.7, 0.5, 0.6, 0.7, 0.55] };

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  const datasetId = c.ensureDataset(catalog, 'pets', folder, folder);
  const classIds = c.ensureClasses(catalog, datasetId, ['cat', 'dog']);
  const imageIds: number[] = [];
  const rows: number[] = [];
  const add = (name: 'cat' | 'dog', path: string, split: string | null, difficulty: number) => {
    const { id } = catalog.run(
      `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, split, created_at)
       VALUES (?, 'real', ?, ?, 1, 8, 8, 'png', ?, ?, 0)`,
      datasetId,
      path,
      `hash of ${path}`,
      classIds.get(name)!,
      split,
    );
    c.addCaption(catalog, id, `caption {of} ${path}`, 'import');
    imageIds.push(id);
    rows.push(...(name === 'cat' ? [1 - difficulty, difficulty] : [difficulty, 1 - difficulty]));
  };
  for (const name of ['cat', 'dog'] as const) {
    for (const [i, d] of difficulties[name].entries())
      add(name, `${name}/${i}.png`, i % 2 ? 'train' : null, d);
    add(name, `${name}/test.png`, 'test', 0.99);
  }
  c.addScorer(
    catalog,
    {
      datasetId,
      name: 'given',
      method: 'precomputed',
      modelId: 'none',
      modelName: 'none',
      modelHash: 'none',
      classIds: [classIds.get('cat')!, classIds.get('dog')!],
      probes: null,
      params: {},
    },
    { imageIds, probabilities: Float32Array.from(rows) },
  );
  real = await startingImages({ catalog, params: { datasetId }, originals: unchecked });
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

const plan = (change: Partial<JobParams<'generate'>>) => {
  const params = { ...generateParams.parse({ datasetId: 1, seed: 4 }), ...change };
  return planPictures(catalog, params, null, real).map((one) => ({ ...one, prompt: asText(one.prompt) }));
};
const countOf = (change: Partial<JobParams<'generate'>>) => {
  const counts: Record<string, number> = {};
  for (const { className } of plan(change)) counts[className] = (counts[className] ?? 0) + 1;
  return counts;
};

describe('how many', () => {
  it.each([
    [{ count: 3 }, { cat: 3, dog: 3 }],
    [{ ratio: 0.5 }, { cat: 2, dog: 5 }],
    [{ ratio: 1 }, { cat: 4, dog: 10 }],
    [
      { ratio: 0.5, share: 'balanced' },
      { cat: 4, dog: 3 },
    ],
    [{ ratio: 0.05 }, { dog: 1 }],
    [{ ratio: 2, classes: ['cat'] }, { cat: 8 }],
  ] as [Partial<JobParams<'generate'>>, object][])('%j', (change, wanted) => {
    expect(countOf(change)).toEqual(wanted);
  });

  it('a ratio that rounds to nothing is refused', () => {
    expect(() => plan({ ratio: 0.01 })).toThrow('is no image; raise it');
  });
});

describe('difficulty', () => {
  it('as before, where nothing else is asked for', () => {
    // The draws of the first program that made pictures: seeds and difficulties of old jobs stay what they were.
    expect(plan({ count: 2 }).map(({ seed, difficulty }) => [seed, difficulty])).toEqual([
      [1053167510, 0.44254221852883735],
      [718123204, 0.2420556782008887],
      [953568706, 0.6972983269721048],
      [944832149, 0.4901743019748988],
    ]);
  });

  it('as the training images of all chosen classes, or of each', () => {
    const of = (distribution: 'real' | 'real-class', name: string) =>
      plan({ distribution, count: 400 })
        .filter((p) => p.className === name)
        .map((p) => p.difficulty);
    const close = (value: number) => expect.closeTo(value, 6); // scores are stored in single precision
    const sorted = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b).map(close);
    const all = [...difficulties.cat, ...difficulties.dog];
    for (const name of ['cat', 'dog'] as const) {
      expect([...new Set(of('real', name))].sort()).toEqual(sorted(all));
      expect([...new Set(of('real-class', name))].sort()).toEqual(sorted(difficulties[name]));
    }
    // 0.9 is one of the four of cat.
    expect(of('real-class', 'cat').filter((d) => d > 0.85).length).toBeCloseTo(100, -1);
  });

  it('fixed, uniform and bins', () => {
    expect(new Set(plan({ distribution: 'fixed', mu: 0.8 }).map((p) => p.difficulty))).toEqual(
      new Set([0.8]),
    );
    for (const { difficulty } of plan({ distribution: 'uniform', low: 0.3, high: 0.4, count: 50 })) {
      expect(difficulty).toBeGreaterThanOrEqual(0.3);
      expect(difficulty).toBeLessThanOrEqual(0.4);
    }
    for (const { difficulty } of plan({ distribution: 'bins', bins: [0, 0, 1, 0], count: 50 })) {
      expect(difficulty).toBeGreaterThanOrEqual(0.5);
      expect(difficulty).toBeLessThanOrEqual(0.75);
    }
  });

  it.each([
    [{ distribution: 'uniform', low: 0.5, high: 0.4 }, 'from 0.5 to 0.4'],
    [{ distribution: 'bins' }, 'the histogram is empty'],
    [{ distribution: 'real', scorerId: 99 }, '99'],
  ] as [Partial<JobParams<'generate'>>, string][])('%j is refused', (change, sentence) => {
    expect(() => plan(change)).toThrow(sentence);
  });
});

describe('prompts', () => {
  const prompts = (change: Partial<JobParams<'generate'>>) => plan(change).map((p) => p.prompt);

  it('choices are drawn for each picture, the same for the same seed', () => {
    const change = { prompt: 'a [CLS] {in the rain|at night|}', count: 30 };
    expect(new Set(prompts(change))).toEqual(
      new Set(['cat', 'dog'].flatMap((n) => [`a ${n} in the rain`, `a ${n} at night`, `a ${n} `])),
    );
    expect(prompts(change)).toEqual(prompts(change));
    expect(prompts({ ...change, seed: 5 })).not.toEqual(prompts(change));
  });

  it('of a list, whose remarks are skipped', () => {
    const made = prompts({
      promptSource: 'list',
      prompts: ['# mine', '', '[CLS] one', '[CLS] {two|three}'],
      classes: ['cat'],
      count: 60,
    });
    expect(new Set(made)).toEqual(new Set(['cat one', 'cat two', 'cat three']));
  });

  it('captions of the training images: each once before any twice, taken as they are', () => {
    const made = plan({
      promptSource: 'captions',
      captionPrompt: 'photo of [CLS], [CAPTION], {sharp|sharp}',
      classes: ['cat'],
      count: 8,
    });
    const sources = made.map((p) => p.captionOf!.path);
    const each = new Set([0, 1, 2, 3].map((i) => `cat/${i}.png`));
    expect(new Set(sources.slice(0, 4))).toEqual(each);
    expect(new Set(sources.slice(4))).toEqual(each);
    for (const p of made) {
      expect(p.prompt).toBe(`photo of cat, caption {of} ${p.captionOf!.path}, sharp`);
      expect(p.captionOf!.hash).toBe(`hash of ${p.captionOf!.path}`);
    }
  });

  it('the settings of prompts change no seed and no difficulty', () => {
    const bare = ({ seed, difficulty }: { seed: number; difficulty: number }) => [seed, difficulty];
    expect(plan({ prompt: '{a|b} [CLS]' }).map(bare)).toEqual(plan({}).map(bare));
  });

  it.each([
    [{ prompt: 'a {b' }, 'prompt, line 1, column 3: '],
    [{ promptSource: 'list', prompts: ['fine', 'a } b'] }, 'list of prompts, line 2, column 3: '],
    [{ promptSource: 'list', prompts: ['', '#'] }, 'the list of prompts is empty'],
    [{ promptSource: 'captions', captionPrompt: 'no place' }, 'has no [CAPTION]'],
  ] as [Partial<JobParams<'generate'>>, string][])('%j is refused', (change, sentence) => {
    expect(() => plan(change)).toThrow(sentence);
  });
});

it.each(['a1111', 'comfyui'] as const)('%s: no class name and no caption is syntax', (promptSyntax) => {
  const datasetId = c.ensureDataset(catalog, `signs ${promptSyntax}`, folder, folder);
  const name = 'BREAK AND screen 4:3';
  const classId = c.ensureClasses(catalog, datasetId, [name]).get(name)!;
  const { id } = catalog.run(
    `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, split, created_at)
     VALUES (?, 'real', 'sign.png', ?, 1, 8, 8, 'png', ?, NULL, 0)`,
    datasetId,
    `hash of sign ${promptSyntax}`,
    classId,
  );
  c.addCaption(catalog, id, '[up|down] <lora:x:1> a\\', 'import');
  const params = { datasetId, promptSyntax, count: 1, firstPrompts: ['([CLS])'] };
  const all = [
    { prompt: '([CLS])', reads: name },
    {
      promptSource: 'captions',
      captionPrompt: '([CLS], [CAPTION])',
      reads: `${name}, [up|down] <lora:x:1> a\\`,
    },
  ] as const;
  for (const { reads, ...source } of all) {
    const [{ prompt, firstPrompt }] = planPictures(
      catalog,
      generateParams.parse({ ...params, ...source }),
      null,
      [],
    );
    const runsOf = (text: string) => syntaxes[promptSyntax].read(text).sections.flat();
    expect(runsOf(prompt).filter(({ text }) => text)).toEqual([{ text: reads, weight: 1.1 }]);
    expect(runsOf(firstPrompt!).filter(({ text }) => text)).toEqual([{ text: name, weight: 1.1 }]);
    expect(asText(prompt)).toBe(`(${reads})`);
  }
});

describe('the outline of a form', () => {
  const outline = (change: Partial<JobParams<'generate'>>) =>
    outlineGeneration(catalog, { ...generateParams.parse({ datasetId: 1, seed: 4 }), ...change });

  it('is what the job plans', () => {
    const change = { ratio: 0.5, prompt: 'a [CLS] {by day|at night}' };
    const planned = plan(change);
    const { classes, examples, real, problems } = outline(change);
    expect(problems).toEqual({});
    expect(classes).toEqual([
      { className: 'cat', count: 2 },
      { className: 'dog', count: 5 },
    ]);
    const of = (name: string) => planned.filter((p) => p.className === name).map((p) => p.prompt);
    expect(examples).toEqual([of('cat')[0], of('dog')[0], of('cat')[1], of('dog')[1]]);
    // Fourteen training images; the two of the test split count for nothing.
    expect(real!.reduce((a, b) => a + b)).toBe(14);
    expect(real![24]).toBe(0);
    expect(real![22]).toBe(1); // the cat of 0.9
  });

  it('says what is wrong under the setting that it is about', () => {
    expect(outline({ ratio: 0.001 }).problems).toEqual({ count: expect.stringContaining('raise it') });
    expect(outline({ prompt: 'a {b' }).problems).toEqual({ prompt: expect.stringContaining('column 3') });
    const { problems, classes } = outline({ distribution: 'bins' });
    expect(problems).toEqual({ difficulty: expect.stringContaining('the histogram is empty') });
    expect(classes).toHaveLength(2);
  });
});

it('images to start from, one or a pair, are training images, never one of the test split', () => {
  for (const init of ['image', 'interpolate'] as const) {
    const paths = plan({ init, classes: ['cat'], count: 60 }).flatMap((p) =>
      p.sources.map(({ path }) => path),
    );
    expect(new Set(paths)).toEqual(new Set([0, 1, 2, 3].map((i) => `cat/${i}.png`)));
  }
});
