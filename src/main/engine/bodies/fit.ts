/**
 * Owns the training of a classifier on one dataset's own images: a small residual network from scratch. After every
 * epoch it is measured on images it does not train on, every sample's probability is kept (training dynamics), and
 * everything is checkpointed, so a killed job loses at most an epoch and ends with the same numbers.
 */
import { join } from 'node:path';
import { trainingDynamics } from '../../../core/difficulty/dynamics.ts';
import { stratifiedFolds } from '../../../core/difficulty/folds.ts';
import { rngFromSeed } from '../../../core/rng.ts';
import { restoreState, type TrainingState } from '../../../core/training/parameters.ts';
import { addModelRow, classesOf } from '../../catalog/index.ts';
import { decodeRgb } from '../images/decode.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { hashFolder } from '../models/hash-folder.ts';
import { type ResnetWeights, writeResnet } from '../models/resnet-folder.ts';
import { mapOrdered } from '../ordered.ts';
import {
  type ClassifierData,
  type ClassifierTrainer,
  openClassifierTrainer,
} from '../training/classifier.ts';
import { usedImages } from '../used-images.ts';

type Context = JobContext<'fit'>;

/** Widths of the four stages, one residual block each: the built-in encoder's shape. */
const widths = [32, 64, 128, 192];

interface Checkpoint {
  /** Fixed by the first run: a resumed one trains on the same images. */
  plan: Plan;
  epoch: number; // epochs done
  parameters: TrainingState['parameters'];
  step: number;
  statistics: Map<string, Float32Array>;
  /** What the best epoch so far left. */
  best: { epoch: number; loss: number; accuracy: number; weights: ResnetWeights };
  /** Of every sample, epoch by epoch. */
  trueProbability: Float32Array[];
  correct: Uint8Array[];
}

interface Plan {
  imageIds: number[];
  files: string[];
  labels: Int32Array;
  classNames: string[];
  /** Rows that are trained on, and rows that only measure. */
  train: number[];
  validation: number[];
}

export const fitBody: JobBody<'fit'> = async (ctx) => {
  const { params } = ctx;
  const checkpoint = ctx.readCheckpoint<Checkpoint>();
  const plan = checkpoint?.plan ?? makePlan(ctx);
  const n = plan.files.length;
  const data: ClassifierData = {
    pictures: await readPictures(ctx, plan),
    size: params.size,
    labels: plan.labels,
  };
  const network = {
    in_channels: 3,
    widths,
    depths: widths.map(() => 1),
    num_classes: plan.classNames.length,
  };
  const trainer = await openClassifierTrainer(
    data,
    { ...params, network, augmentation: { flip: params.flip, shift: params.shift } },
    ctx.runtime,
  );
  const all = Array.from({ length: n }, (_, i) => i);
  let epoch = 0;
  let best: Checkpoint['best'] = {
    epoch: 0,
    loss: Number.POSITIVE_INFINITY,
    accuracy: 0,
    weights: new Map(),
  };
  const trueProbability = checkpoint?.trueProbability ?? [];
  const correct = checkpoint?.correct ?? [];
  if (checkpoint) {
    restore(trainer, checkpoint);
    ({ epoch, best } = checkpoint);
    ctx.log('info', `goes on after epoch ${epoch}`);
  }

  while (epoch < params.epochs && epoch - best.epoch < params.patience) {
    ctx.signal.throwIfAborted();
    const loss = await trainer.trainEpoch(plan.train, epoch, (done, total) => {
      ctx.signal.throwIfAborted();
      ctx.progress({
        stage: `epoch ${epoch + 1} of at most ${params.epochs}`,
        done: epoch + done / total,
        total: params.epochs,
      });
    });
    const judged = judge(await trainer.predict(all), plan);
    trueProbability.push(judged.trueProbability);
    correct.push(judged.correct);
    epoch++;
    const held = measure(judged, plan.validation);
    if (held.loss < best.loss) best = { epoch, ...held, weights: copyOfWeights(trainer) };
    ctx.emit('training.point', { jobId: ctx.job.id, point: { step: epoch, loss, smoothedLoss: held.loss } });
    ctx.writeCheckpoint<Checkpoint>({
      plan,
      epoch,
      parameters: trainer.state.training.parameters,
      step: trainer.state.training.step,
      statistics: trainer.state.statistics,
      best,
      trueProbability,
      correct,
    });
  }
  await trainer.close();

  const folder = join('models', `classifier-${ctx.job.id}`);
  const dynamics = trainingDynamics(trueProbability, correct);
  await writeResnet(ctx.catalog.file(folder), {
    config: { ...network, image_size: params.size, labels: plan.classNames },
    weights: best.weights,
    dynamics,
    imageIds: plan.imageIds,
    heldOut: plan.validation,
  });
  const accuracy = `${(100 * best.accuracy).toFixed(1)} % of ${plan.validation.length} held-out images`;
  const modelId = addModelRow(ctx.catalog, {
    name: `Classifier ${ctx.job.id}`,
    kind: 'classifier',
    path: folder,
    hash: await hashFolder(ctx.catalog.file(folder)),
    datasetId: params.datasetId,
    summary: `trained here on ${plan.train.length} images, ${epoch} epochs; right on ${accuracy}`,
  });
  ctx.emit('catalog.changed', { datasetId: null });
  return {
    modelId,
    epochs: epoch,
    bestEpoch: best.epoch,
    validationAccuracy: best.accuracy,
    validationLoss: best.loss,
    images: plan.train.length,
    heldOut: plan.validation.length,
    neverLearned: dynamics.neverLearned.reduce((a, b) => a + b, 0),
  };
};

/** Images of splits val and test are not trained on; where no image is marked val, a share of each class is held out. */
function makePlan(ctx: Context): Plan {
  const { catalog, params } = ctx;
  const classes = classesOf(catalog, params.datasetId);
  const columnOf = new Map(classes.map((c, i) => [c.id, i]));
  const images = usedImages(ctx).filter(
    (image) => image.classId !== null && columnOf.has(image.classId) && image.split !== 'test',
  );
  const labels = Int32Array.from(images, (image) => columnOf.get(image.classId!)!);
  const present = new Set(labels).size;
  if (present < 2) throw new Error(`fit: labelled images of ${present} classes, wanted 2 or more`);
  const rows = images.map((_, i) => i);
  let validation = rows.filter((i) => images[i].split === 'val');
  if (validation.length === 0) {
    const folds = Math.round(1 / params.validationShare);
    const fold = stratifiedFolds(labels, rows.length, folds, rngFromSeed(params.seed, 'validation'));
    validation = rows.filter((i) => fold[i] === 0);
  }
  const held = new Set(validation);
  return {
    imageIds: images.map((image) => image.id),
    files: images.map((image) => image.file),
    labels,
    classNames: classes.map((c) => c.name),
    train: rows.filter((i) => !held.has(i)),
    validation,
  };
}

/** u8[n,size,size,3] of the plan's files. One that cannot be read any more fails the job: its row is counted on. */
async function readPictures(ctx: Context, plan: Plan): Promise<Uint8Array> {
  const { size } = ctx.params;
  const bytes = size * size * 3;
  const pictures = new Uint8Array(plan.files.length * bytes);
  let done = 0;
  const decoded = mapOrdered(plan.files, 3, (file) =>
    decodeRgb(file, { width: size, height: size, fit: 'cover' }),
  );
  for await (const { pixels } of decoded) {
    ctx.signal.throwIfAborted();
    pictures.set(pixels, done * bytes);
    done++;
    ctx.progress({ stage: 'reading images', done, total: plan.files.length });
  }
  return pictures;
}

interface Judged {
  trueProbability: Float32Array;
  correct: Uint8Array;
}

/** probabilities f32[n,k] -> that of each label, and whether it is the largest. */
function judge(probabilities: Float32Array, plan: Plan): Judged {
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
function measure(judged: Judged, rows: readonly number[]): { loss: number; accuracy: number } {
  let [loss, hits] = [0, 0];
  for (const i of rows) {
    loss -= Math.log(Math.max(1e-12, judged.trueProbability[i]));
    hits += judged.correct[i];
  }
  return { loss: loss / rows.length, accuracy: hits / rows.length };
}

function restore(trainer: ClassifierTrainer, checkpoint: Checkpoint): void {
  restoreState(trainer.state.training, checkpoint);
  for (const [name, values] of checkpoint.statistics) trainer.state.statistics.set(name, values);
}

/** Parameters and running statistics, by name. */
function copyOfWeights(trainer: ClassifierTrainer): ResnetWeights {
  const { training, statistics } = trainer.state;
  const weights: ResnetWeights = new Map();
  for (const [name, p] of training.parameters) weights.set(name, { shape: p.shape, data: p.value.slice() });
  for (const [name, data] of statistics) weights.set(name, { shape: [data.length], data: data.slice() });
  return weights;
}
