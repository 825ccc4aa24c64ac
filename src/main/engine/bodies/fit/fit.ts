/**
 * Owns the training of a classifier on a dataset's own images. After every epoch it is measured on images it does not
 * train on, and every sample's probability is kept (training dynamics). Checkpoints are written after every epoch and
 * every minute within one, so a killed job loses at most a minute and ends with the same numbers.
 */
import { join } from 'node:path';
import { trainingDynamics } from '../../../../core/difficulty/dynamics.ts';
import type { JobResult } from '../../../../shared/jobs/index.ts';
import { addModelRow } from '../../../catalog/index.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import { type EpochFigures, writeClassifier } from '../../../models/classifier-folder.ts';
import { hashModel } from '../../../models/hash-model.ts';
import { type FitCheckpoints, type FitProgress, fitCheckpoints } from './checkpoints.ts';
import { classifierTrainer } from './classifier.ts';
import { type FitPlan, makeFitPlan } from './fit-plan.ts';
import { type OpenClassifier, openClassifier } from './open-classifier.ts';

const checkpointMs = 60_000;
/** Share of an epoch's time that goes into its steps; the rest measures. For the progress only. */
const stepsShare = 0.7;

export const fitBody: JobBody<'fit'> = async (ctx) => {
  const checkpoints = fitCheckpoints(ctx);
  const stored = checkpoints.read();
  const progress: FitProgress = stored ?? {
    plan: await makeFitPlan(ctx),
    epoch: 0,
    place: null,
    bestEpoch: 0,
    history: [],
    trueProbability: [],
    correct: [],
  };
  const { plan } = progress;
  const opened = await openClassifier(ctx, plan);
  const { network } = opened;
  if (stored) {
    checkpoints.restore(network);
    ctx.log(
      'info',
      `goes on after epoch ${stored.epoch}${stored.place ? ` and ${stored.place.batch} steps` : ''}`,
    );
  }
  try {
    await trainEpochs(ctx, progress, opened, checkpoints);
  } catch (error) {
    if (!(error instanceof FinishedEarly)) throw error;
    ctx.log('info', `finished early, after epoch ${progress.epoch}`);
  }
  await network.close();
  return await store(ctx, progress, opened, checkpoints.best(progress.bestEpoch));
};

/** A person wants what there is, and an epoch is done. */
class FinishedEarly extends Error {}

async function trainEpochs(
  ctx: JobContext<'fit'>,
  progress: FitProgress,
  { network, samples }: OpenClassifier,
  checkpoints: FitCheckpoints,
): Promise<void> {
  const { params } = ctx;
  const { plan } = progress;
  const trainer = classifierTrainer(network, samples, plan.labels, params);
  const all = [...plan.images.keys()];
  let writtenAt = performance.now();
  const checkpoint = () => {
    checkpoints.write(progress, network);
    writtenAt = performance.now();
  };
  /** @param share of the epoch that is done. */
  const tell = (share: number) => {
    ctx.signal.throwIfAborted();
    if (progress.epoch > 0 && ctx.finishRequested()) throw new FinishedEarly();
    ctx.progress({
      stage: `epoch ${progress.epoch + 1} of at most ${params.epochs}`,
      done: progress.epoch + share,
      total: params.epochs,
    });
  };
  while (progress.epoch < params.epochs && progress.epoch - progress.bestEpoch < params.patience) {
    tell(0);
    const loss = await trainer.trainEpoch(plan.train, progress.epoch, progress.place, (place, batches) => {
      progress.place = place;
      if (performance.now() - writtenAt > checkpointMs) checkpoint();
      tell((stepsShare * place.batch) / batches);
    });
    const probabilities = await trainer.predict(all, (done, batches) =>
      tell(stepsShare + ((1 - stepsShare) * done) / batches),
    );
    const judged = judge(probabilities, plan);
    const figures = { loss, ...measure(judged, plan.validation) };
    record(progress, judged, figures);
    if (progress.bestEpoch === progress.epoch) checkpoints.keepBest(progress.epoch, network);
    checkpoint();
    tellEpoch(ctx, progress.epoch, figures);
  }
}

/** An epoch is done: its figures, its samples, and whether it is the best so far. */
function record(progress: FitProgress, judged: Judged, figures: EpochFigures): void {
  const best = progress.history[progress.bestEpoch - 1]?.validationLoss ?? Number.POSITIVE_INFINITY;
  progress.history.push(figures);
  progress.trueProbability.push(judged.trueProbability);
  progress.correct.push(judged.correct);
  progress.epoch++;
  progress.place = null;
  if (figures.validationLoss < best) progress.bestEpoch = progress.epoch;
}

function tellEpoch(ctx: JobContext<'fit'>, epoch: number, figures: EpochFigures): void {
  const { loss, validationLoss, validationAccuracy } = figures;
  ctx.log(
    'info',
    `epoch ${epoch}: loss ${loss.toFixed(3)}; held out: loss ${validationLoss.toFixed(3)}, ${percent(validationAccuracy)} right`,
  );
  ctx.emit('training.point', {
    jobId: ctx.job.id,
    point: { step: epoch, loss, smoothedLoss: validationLoss, accuracy: validationAccuracy },
  });
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Writes the best epoch's network as a model of the catalog. */
async function store(
  ctx: JobContext<'fit'>,
  progress: FitProgress,
  { description, complete, from }: OpenClassifier,
  best: Parameters<OpenClassifier['complete']>[0],
): Promise<JobResult<'fit'>> {
  const { plan, history, bestEpoch, trueProbability } = progress;
  const folder = join('models', `classifier-${ctx.job.id}`);
  const dynamics = trainingDynamics(trueProbability, progress.correct);
  writeClassifier(ctx.catalog.file(folder), {
    description,
    weights: complete(best),
    history,
    dynamics,
    trueProbability,
    imageIds: plan.images.map(({ id }) => id),
    heldOut: plan.validation,
  });
  const { validationAccuracy, validationLoss } = history[bestEpoch - 1];
  const modelId = addModelRow(ctx.catalog, {
    name: `Classifier ${ctx.job.id}`,
    kind: 'classifier',
    path: folder,
    hash: await hashModel({ path: ctx.catalog.file(folder), kind: 'classifier' }),
    datasetId: ctx.params.datasetId,
    summary: `trained here (${from}) on ${plan.train.length} images, ${progress.epoch} epochs; right on ${percent(validationAccuracy)} of ${plan.validation.length} held-out images`,
  });
  ctx.emit('catalog.changed', { datasetId: null });
  return {
    modelId,
    epochs: progress.epoch,
    bestEpoch,
    validationAccuracy,
    validationLoss,
    images: plan.train.length,
    heldOut: plan.validation.length,
    neverLearned: dynamics.neverLearned.reduce((a, b) => a + b, 0),
  };
}

interface Judged {
  trueProbability: Float32Array;
  correct: Uint8Array;
}

/** probabilities f32[n,k] -> that of each label, and whether it is the largest. */
function judge(probabilities: Float32Array, plan: FitPlan): Judged {
  const k = plan.classNames.length;
  const n = plan.labels.length;
  const judged = { trueProbability: new Float32Array(n), correct: new Uint8Array(n) };
  for (let i = 0; i < n; i++) {
    const row = probabilities.subarray(i * k, (i + 1) * k);
    judged.trueProbability[i] = row[plan.labels[i]];
    judged.correct[i] = row.indexOf(Math.max(...row)) === plan.labels[i] ? 1 : 0;
  }
  return judged;
}

/** Mean negative log-likelihood and accuracy of some rows. */
function measure(judged: Judged, rows: readonly number[]) {
  let [loss, hits] = [0, 0];
  for (const i of rows) {
    loss -= Math.log(Math.max(1e-12, judged.trueProbability[i]));
    hits += judged.correct[i];
  }
  return { validationLoss: loss / rows.length, validationAccuracy: hits / rows.length };
}
