/**
 * Generation that keeps pictures by what a scorer says of them, on a tiny random model: what is kept, from which
 * seeds, what is counted and told, and that a stopped job ends with the same set.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { readPngText } from '../../../../../src/main/images/png.ts';
import { type Provenance, provenance } from '../../../../../src/shared/domain/provenance.ts';
import type { JobRequestInput } from '../../../../../src/shared/jobs/index.ts';
import type { Job } from '../../../../../src/shared/jobs/job.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';
import { writeTinyDiffusion } from '../../../support/tiny-diffusion.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-selection-'));
let catalog: c.Catalog;
let modelId: string;
let scorerId: number;

beforeAll(async () => {
  catalog = c.openCatalog(join(folder, 'catalog'));
  writeTinyDiffusion(join(folder, 'tiny'));
  modelId = (await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  const classifier = (await addModel(catalog, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  await makeFolder(join(folder, 'photos'), 4, 40);
  await runOk(catalog, { kind: 'import', params: { source: join(folder, 'photos'), name: 'photos' } });
  const score = { datasetId: 1, method: 'classifier', modelId: classifier } as const;
  scorerId = (await runOk(catalog, { kind: 'score', params: score })).scorerId;
});
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

type Params = Extract<JobRequestInput, { kind: 'generate' }>['params'];
const request = (change: Partial<Params>): JobRequestInput<'generate'> => ({
  kind: 'generate',
  params: { datasetId: 1, modelId, count: 8, steps: 2, batchSize: 4, scheduler: 'ddim', seed: 9, ...change },
});

interface Kept {
  index: number;
  classId: number;
  difficulty: number | null;
  file: string;
  provenance: Provenance;
}

const keptBy = (jobId: number): Kept[] =>
  catalog
    .all<Omit<Kept, 'file' | 'provenance'> & { path: string; provenance: string }>(
      `SELECT g.job_index AS "index", i.class_id AS classId, i.path, g.provenance, s.difficulty
       FROM synthetic_samples g JOIN images i ON i.id = g.image_id
       LEFT JOIN scores s ON s.image_id = i.id AND s.scorer_id = ? WHERE g.job_id = ? ORDER BY g.image_id`,
      scorerId,
      jobId,
    )
    .map(({ path, provenance: text, ...row }) => ({
      ...row,
      file: readFileSync(catalog.file(path)).toString('base64'),
      provenance: provenance.parse(JSON.parse(text)),
    }));

async function made(
  change: Partial<Params>,
  onStage?: (stage: string) => void,
): Promise<{ job: Job<'generate'>; kept: Kept[] }> {
  const job = await run(catalog, request(change), {
    onEvent: (name, payload) => name === 'job.updated' && onStage?.((payload as Job).stage),
  });
  expect(job.state, job.error ?? '').toBe('done');
  return { job, kept: keptBy(job.id) };
}

/** A range in which about half of this model's pictures of red come out. */
async function middle(): Promise<number> {
  const { kept } = await made({ keepMin: 1e-9, atLimit: 'best', attempts: 1, classes: ['red'], count: 16 });
  const sorted = kept.map((k) => k.provenance.selection!.measured).sort((a, b) => a - b);
  return (sorted[7] + sorted[8]) / 2;
}

it('keeps what is in the range, from a new seed each time, and says what it took', async () => {
  const keepMax = await middle();
  const plain = await made({ classes: ['red'] });
  const stages: string[] = [];
  const { job, kept } = await made({ classes: ['red'], keepMax, attempts: 50 }, (stage) =>
    stages.push(stage),
  );
  const taken = String(job.result!.candidates);
  expect(stages).toContainEqual(expect.stringMatching(/^generating, \d of \d+ candidates as wanted$/));
  expect(stages.at(-1)).toBe(`generating, 8 of ${taken} candidates as wanted`);
  expect(kept.map((k) => k.index).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  let candidates = 0;
  for (const k of kept) {
    const { selection, seed } = k.provenance;
    expect(selection).toMatchObject({ accepted: true, scorer: expect.any(String) });
    expect(selection!.candidate).toBe(selection!.candidates);
    expect(selection!.measured).toBeLessThanOrEqual(keepMax);
    // What was measured in memory is in the catalog, and what measuring the stored file would give.
    expect(k.difficulty).toBeCloseTo(selection!.measured, 6);
    candidates += selection!.candidates;
    // A first candidate is the very picture that is made without a choice.
    const first = plain.kept[k.index];
    if (selection!.candidate === 1) expect(seed).toBe(first.provenance.seed);
    else expect(seed).not.toBe(first.provenance.seed);
    const text = readPngText(Buffer.from(k.file, 'base64')).crux;
    expect(JSON.parse(text)).toEqual(k.provenance);
  }
  expect(candidates).toBeGreaterThan(8);
  expect(job.result).toMatchObject({
    generated: 8,
    candidates,
    acceptanceRate: 8 / candidates,
    atLimit: 0,
    acceptance: [{ className: 'red', candidates, accepted: 8, atLimit: 0 }],
  });
  expect(plain.job.result).toEqual({ generated: 8, classes: 1 });
  expect(plain.kept[0].provenance.selection).toBeUndefined();
});

it('measuring the stored files again gives the same difficulties', async () => {
  const { kept } = await made({ keepMax: 0.999, attempts: 1, classes: ['blue'] });
  catalog.run(
    'DELETE FROM scores WHERE scorer_id = ? AND image_id IN (SELECT image_id FROM synthetic_samples)',
    scorerId,
  );
  await runOk(catalog, { kind: 'rescore', params: { datasetId: 1 } });
  const jobId = catalog.value<number>('SELECT MAX(job_id) FROM synthetic_samples')!;
  for (const [i, k] of keptBy(jobId).entries())
    expect(k.difficulty).toBeCloseTo(kept[i].provenance.selection!.measured, 5);
});

it('at the limit the nearest candidate is taken, or the picture left out, and the class is named once', async () => {
  // A range that nothing is in: every picture comes to its limit.
  const rule = { keepMin: 0.9999, attempts: 3, classes: ['red', 'blue'] };
  const best = await made(rule);
  expect(best.job.result).toMatchObject({ generated: 16, candidates: 48, acceptanceRate: 0, atLimit: 16 });
  for (const { provenance: p } of best.kept)
    expect(p.selection).toMatchObject({ accepted: false, candidates: 3 });
  const warnings = c.listLog(catalog, best.job.id).filter((line) => line.level === 'warn');
  expect(warnings.map((line) => line.text)).toEqual(
    ['red', 'blue'].map((name) => expect.stringContaining(`class ${name}: none of 3 candidates`)),
  );
  // The nearest of three candidates is the hardest of them: at least as hard as the first, and now and then harder.
  const first = await made({ ...rule, attempts: 1 });
  const measured = ({ kept }: { kept: Kept[] }) => {
    const byIndex = [...kept].sort((a, b) => a.index - b.index);
    return byIndex.map((k) => k.provenance.selection!.measured);
  };
  const gain = measured(best).map((m, i) => m - measured(first)[i]);
  expect(Math.min(...gain)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...gain)).toBeGreaterThan(0);
  expect(best.kept.some((k) => k.provenance.selection!.candidate < 3)).toBe(true);

  const none = await made({ ...rule, atLimit: 'leave-out' });
  expect(none.kept).toEqual([]);
  expect(none.job.result).toMatchObject({ generated: 0, candidates: 48, atLimit: 16 });
});

it('by class: what the scorer takes for another one is tried again', async () => {
  const { kept, job } = await made({ keepAgreeing: true, attempts: 4, atLimit: 'leave-out' });
  for (const k of kept) {
    expect(k.provenance.selection!.agrees).toBe(true);
    const predicted = catalog.value<number>(
      `SELECT s.predicted_class_id FROM scores s JOIN synthetic_samples g ON g.image_id = s.image_id
       WHERE s.scorer_id = ? AND g.job_id = ? AND g.job_index = ?`,
      scorerId,
      job.id,
      k.index,
    );
    expect(predicted).toBe(k.classId);
  }
  const acceptance = job.result!.acceptance!;
  expect(acceptance.map((a) => a.accepted + a.atLimit)).toEqual([8, 8, 8]);
  expect(kept).toHaveLength(acceptance.reduce((n, a) => n + a.accepted, 0));
});

it.each([1, 2, 4])('stopped after %d pictures and resumed, it makes exactly the same set', async (after) => {
  const change: Partial<Params> = {
    keepMax: await middle(),
    attempts: 3,
    classes: ['red', 'blue'],
    atLimit: 'leave-out',
  };
  const whole = await made(change);
  const first = await run(catalog, request(change), {
    onEvent: (name, payload, abort) => {
      const { kind, done } = payload as { kind?: string; done?: number };
      if (name === 'job.updated' && kind === 'generate' && (done ?? 0) >= after)
        abort.abort(new Error('stop'));
    },
  });
  expect(first.state).toBe('queued');
  const job = await run(catalog, first);
  expect(job.state, job.error ?? '').toBe('done');
  expect(job.result).toEqual(whole.job.result);
  const bare = (kept: Kept[]) => kept.map(({ index, file, difficulty }) => [index, file, difficulty]);
  expect(bare(keptBy(job.id))).toEqual(bare(whole.kept));
});

it('neither the batch nor its other pictures matter', async () => {
  const change = { keepMax: await middle(), attempts: 20, classes: ['red'] };
  const files = async (more: Partial<Params>) => {
    const { kept } = await made({ ...change, ...more });
    return kept.sort((a, b) => a.index - b.index).map((k) => k.file);
  };
  const base = await files({});
  expect(await files({ batchSize: 3 })).toEqual(base);
  expect(await files({ count: 5 })).toEqual(base.slice(0, 5));
});

it('tries again from a real image and between two, too', async () => {
  for (const init of ['image', 'interpolate'] as const) {
    const { kept } = await made({
      init,
      strengths: [0.5, 1],
      inversionSteps: 3,
      keepMin: 0.9999,
      attempts: 2,
      classes: ['red'],
      count: 5,
    });
    expect(kept).toHaveLength(5);
    expect(new Set(kept.map((k) => k.file)).size).toBe(5);
  }
});

it.each([
  [{ keepWithin: 0.1 }, 'a base model alone is asked for no difficulty'],
  [{ keepMax: 0.5, scorerId: 77 }, '77'],
] as [Partial<Params>, string][])('%j is refused with a sentence', async (change, sentence) => {
  const job = await run(catalog, request(change));
  expect(job.state).toBe('failed');
  expect(job.error).toContain(sentence);
});

it('a range of difficulties that is upside down is refused before anything is queued', async () => {
  const wrong = run(catalog, request({ keepMin: 0.6, keepMax: 0.4 }));
  await expect(wrong).rejects.toThrow('0.4, is below the lowest, 0.6');
});
