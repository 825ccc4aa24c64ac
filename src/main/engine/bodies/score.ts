/**
 * Owns the scoring of a dataset's real images: difficulty = 1 - p(label), by a probe on frozen features, by a
 * classifier, by a CLIP and the names of the classes, or from probabilities that the import brought. The scorer appears
 * with all its scores at once.
 */

import { inSampleSteps, outOfFoldSteps } from '../../../core/difficulty/out-of-fold.ts';
import type { Probe } from '../../../core/difficulty/probe.ts';
import { temperedProbabilities } from '../../../core/metrics/temperature.ts';
import type { ScorerMethod } from '../../../shared/domain/scorer.ts';
import type { JobResult } from '../../../shared/jobs/index.ts';
import {
  addScorer,
  classesOf,
  givenProbabilities,
  listScorers,
  trainingIds,
  type WorkImage,
} from '../../catalog/index.ts';
import {
  givenRow,
  labelColumns,
  NO_SHARE,
  namesApart,
  softmaxOfColumns,
} from '../../datasets/class-probabilities.ts';
import { usedImages } from '../../datasets/used-images.ts';
import { firstFew } from '../../files/first-few.ts';
import { pump } from '../../files/pump.ts';
import type { JobBody, JobContext } from '../../jobs/job-context.ts';
import { openEncoder } from '../../models/open-encoder.ts';
import { featuresOf } from '../../scorers/embedding.ts';
import { storeProbes } from '../../scorers/probe-store.ts';
import { checkTemperature, chosenTemperature } from '../../scorers/scorer-temperature.ts';
import { zeroShot } from '../../scorers/zero-shot.ts';

type Context = JobContext<'score'>;
type Classes = ReturnType<typeof classesOf>;

interface Measured {
  imageIds: number[];
  /** f32[n,k], columns in class order. */
  probabilities: Float32Array;
  probes: Probe[] | null;
  modelName: string;
  modelHash: string;
  figures: Pick<JobResult<'score'>, 'folds' | 'penalty'>;
}

const methods: Record<ScorerMethod, (ctx: Context, classes: Classes) => Promise<Measured>> = {
  'out-of-fold': byProbe,
  'in-sample': byProbe,
  classifier: byClassifier,
  precomputed: fromImport,
  'zero-shot': byNames,
};

const methodNames: Record<ScorerMethod, string> = {
  'out-of-fold': 'out-of-fold probe',
  'in-sample': 'in-sample probe',
  classifier: 'classifier',
  precomputed: 'given probabilities',
  'zero-shot': 'zero-shot',
};

export const scoreBody: JobBody<'score'> = async (ctx) => {
  const { catalog, params } = ctx;
  const classes = classesOf(catalog, params.datasetId);
  if (classes.length < 2)
    throw new Error(
      `score: classes in the dataset: ${classes.length}, wanted 2 or more; label some images first`,
    );
  checkTemperature(ctx);
  const measured = await methods[params.method](ctx, classes);
  ctx.signal.throwIfAborted();
  const classIds = classes.map((c) => c.id);
  const temperature = await chosenTemperature(ctx, measured, classIds);
  const tempered = temperature === 1 ? '' : `, temperature ${temperature.toFixed(2)}`;
  ctx.progress({ stage: 'storing scores' });
  const scorerId = addScorer(
    catalog,
    {
      datasetId: params.datasetId,
      name: `${methodNames[params.method]}, ${measured.modelName}${tempered}`,
      method: params.method,
      modelId: params.method === 'precomputed' ? '' : params.modelId,
      modelName: measured.modelName,
      modelHash: measured.modelHash,
      classIds,
      probes: measured.probes && storeProbes(measured.probes),
      temperature,
      params,
      jobId: ctx.job.id,
    },
    {
      imageIds: measured.imageIds,
      probabilities: temperedProbabilities(
        measured.probabilities,
        measured.imageIds.length,
        classIds.length,
        temperature,
      ),
    },
  );
  const scorer = listScorers(catalog, params.datasetId).find((s) => s.id === scorerId)!;
  return { scorerId, scored: scorer.scored, accuracy: scorer.accuracy, temperature, ...measured.figures };
};

async function byProbe(ctx: Context, classes: Classes): Promise<Measured> {
  const { params, signal } = ctx;
  const { set, images, vectors, dim } = await featuresOf(ctx, params.modelId, await usedImages(ctx));
  const n = images.length;
  const k = classes.length;
  const columnOf = new Map(classes.map((c, at) => [c.id, at]));
  const kept = keptFromProbe(ctx, images);
  const labels = Int32Array.from(images, ({ id, classId }) =>
    kept.has(id) ? -1 : (columnOf.get(classId ?? -1) ?? -1),
  );
  const inSample = params.method === 'in-sample';
  const options = { seed: params.seed, folds: params.folds };
  const steps = inSample
    ? inSampleSteps(vectors, n, dim, labels, k, options)
    : outOfFoldSteps(vectors, n, dim, labels, k, options);
  ctx.progress({ stage: inSample ? 'training the probe' : 'training a probe per fold', done: 0, total: 100 });
  const result = await pump(steps, {
    signal,
    onProgress: (fraction) => ctx.progress({ done: Math.round(100 * fraction) }),
  });
  const probes = inSample ? [result.probe!] : result.probes!;
  return {
    imageIds: images.map(({ id }) => id),
    probabilities: result.probabilities,
    probes,
    modelName: set.modelName,
    modelHash: set.modelHash,
    figures: inSample ? { penalty: result.l2 } : { folds: probes.length, penalty: result.l2 },
  };
}

/**
 * Images of splits val and test, which a probe judges and does not learn from: a model that is trained on its scores
 * would know something of them. None where the dataset has no others.
 */
function keptFromProbe({ catalog, params, log }: Context, images: readonly WorkImage[]): Set<number> {
  const training = trainingIds(catalog, params.datasetId);
  const kept = images.filter(({ id, classId }) => classId !== null && !training.has(id));
  if (kept.length === 0 || training.size === 0) return new Set();
  log(
    'info',
    `${kept.length} ${kept.length === 1 ? 'image' : 'images'} of split val or test: judged by probes that learn from the others alone`,
  );
  return new Set(kept.map(({ id }) => id));
}

async function byClassifier(ctx: Context, classes: Classes): Promise<Measured> {
  const { catalog, params } = ctx;
  // Looked at before anything is computed: a wrong label file is the likely mistake.
  const encoder = await openEncoder(catalog, params.modelId, ctx.runtime);
  await encoder.close();
  const columns = labelColumns(
    classes.map((c) => c.name),
    encoder.labels,
    encoder.name,
  );
  const { set, images, vectors, dim } = await featuresOf(
    ctx,
    params.modelId,
    await usedImages(ctx),
    'logits',
  );
  if (images.length === 0)
    throw new Error(`model ${encoder.name}: it gave no logits; name its logits output`);
  return {
    imageIds: images.map(({ id }) => id),
    probabilities: softmaxOfColumns(vectors, images.length, dim, columns),
    probes: null,
    modelName: set.modelName,
    modelHash: set.modelHash,
    figures: {},
  };
}

async function byNames(ctx: Context, classes: Classes): Promise<Measured> {
  const { catalog, params } = ctx;
  const names = classes.map((c) => c.name);
  // Looked at before anything is computed: a model without a text tower is the likely mistake.
  const encoder = await openEncoder(catalog, params.modelId, ctx.runtime);
  const probabilities = await zeroShot(encoder, names, params.prompts).finally(() => encoder.close());
  const { set, images, vectors } = await featuresOf(ctx, params.modelId, await usedImages(ctx));
  return {
    imageIds: images.map(({ id }) => id),
    probabilities: probabilities(vectors),
    probes: null,
    modelName: set.modelName,
    modelHash: set.modelHash,
    figures: {},
  };
}

async function fromImport(ctx: Context, classes: Classes): Promise<Measured> {
  const { catalog, params } = ctx;
  const names = classes.map((c) => c.name);
  const used = new Set((await usedImages(ctx)).map((image) => image.id));
  const rows = givenProbabilities(catalog, params.datasetId).filter((row) => used.has(row.id));
  if (rows.length === 0)
    throw new Error(
      'score: no image came with probabilities; import a manifest that has a "probabilities" column, or choose another method',
    );
  const rowOf = givenRow(names);
  const namesGiven = new Set<string>();
  const scored: { id: number; row: Float32Array }[] = [];
  for (const { id, path, probabilities } of rows) {
    const given = JSON.parse(probabilities) as Record<string, number> | number[];
    if (!Array.isArray(given)) for (const name of Object.keys(given)) namesGiven.add(name);
    const row = rowOf(given, path);
    if (row) scored.push({ id, row });
  }
  const apart = namesApart(names, namesGiven);
  if (apart !== null) throw new Error(`score: ${apart}`);
  if (scored.length === 0) throw new Error(`score: ${NO_SHARE}; choose another method`);
  if (scored.length < rows.length) ctx.log('warn', `${NO_SHARE}: ${rows.length - scored.length} images`);
  const others = [...namesGiven].filter((name) => !names.includes(name));
  if (others.length > 0)
    ctx.log('info', `left out: ${firstFew(others)}, which the dataset does not have; the rest sums to 1`);
  const probabilities = new Float32Array(scored.length * names.length);
  for (const [i, { row }] of scored.entries()) probabilities.set(row, i * names.length);
  return {
    imageIds: scored.map(({ id }) => id),
    probabilities,
    probes: null,
    modelName: 'given with the images',
    modelHash: '',
    figures: {},
  };
}
