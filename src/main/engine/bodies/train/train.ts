/**
 * Owns the training job: a LoRA and a difficulty encoder on one dataset, or a LoRA alone to compare with. It resumes from its last checkpoint to
 * the very steps it would have taken.
 */
import { join } from 'node:path';
import { restoreState, type TrainingState } from '../../../../core/training/parameters.ts';
import { previewInterval } from '../../../../shared/training-previews.ts';
import {
  addModelRow,
  calibrationBasis,
  classesOf,
  currentScorerId,
  difficultyRows,
  getScorer,
} from '../../../catalog/index.ts';
import { trainingImages } from '../../../datasets/used-images.ts';
import { hashFolder } from '../../../files/hash-folder.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import type { UsableImage } from '../../../jobs/originals.ts';
import { machineMemory, tellMemory } from '../../../jobs/tell-memory.ts';
import { type AdapterConfig, writeAdapter, writePlainLora } from '../../../models/diffusion/adapter-file.ts';
import { trainingMemory } from '../../../models/diffusion/memory-estimate.ts';
import { type DiffusionModel, openDiffusionModel } from '../../../models/diffusion/model-folder.ts';
import { openTextEncoder, pictureSize } from '../../../models/diffusion/sessions.ts';
import { findModel } from '../../../models/registry.ts';
import { latentsOf, type StoredLatents } from './dataset-latents.ts';
import { type DifficultyTrainer, openDifficultyTrainer, type TrainingSample } from './difficulty-training.ts';
import { previewMaker, previewMemory } from './training-previews.ts';

/** What the training captions say; the paper trains on this form only. */
export const trainingPrompt = 'a photo of a [CLS]';

type Context = JobContext<'train'>;

interface Plan {
  images: UsableImage[]; // in the order of the latents
  samples: TrainingSample[];
  classNames: string[];
  /** null: a plain LoRA needs none. */
  scorer: AdapterConfig['scorer'] | null;
}

/** Every labelled training image, whose difficulty nothing looks at. */
async function plainPlan(ctx: Context): Promise<Plan> {
  const { catalog, params } = ctx;
  const classes = classesOf(catalog, params.datasetId);
  const index = new Map(classes.map((c, i) => [c.id, i]));
  const labelled = (await trainingImages(ctx)).flatMap((image) => {
    const classIndex = image.classId === null ? undefined : index.get(image.classId);
    return classIndex === undefined ? [] : [{ image, classIndex }];
  });
  if (labelled.length === 0)
    throw new Error('no labelled image to train on; those of splits val and test only measure');
  return {
    images: labelled.map(({ image }) => image),
    samples: labelled.map(({ classIndex }, latent) => ({ latent, classIndex, difficulty: 0 })),
    classNames: classes.map((c) => c.name),
    scorer: null,
  };
}

/** Fixed by the first run, so that a resumed one trains on the same samples. */
async function makePlan(ctx: Context): Promise<Plan> {
  const { catalog, params } = ctx;
  if (params.kind === 'plain') return plainPlan(ctx);
  const scorerId = params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (scorerId === null) {
    throw new Error('this dataset has no difficulty scores yet: run a score job first, training needs them');
  }
  const scorer = getScorer(catalog, scorerId);
  const { basis, learned } = calibrationBasis(catalog, scorer);
  if (basis === 'in-sample' || learned.size > 0)
    ctx.log('warn', `${scorer.name} learned from the images it judges, and finds easy what it has memorised`);
  const images = new Map((await trainingImages(ctx)).map((image) => [image.id, image]));
  const classes = classesOf(catalog, params.datasetId);
  const index = new Map(classes.map((c, i) => [c.id, i]));
  const used: UsableImage[] = [];
  const samples: TrainingSample[] = [];
  for (const row of difficultyRows(catalog, scorerId, 'real')) {
    const image = images.get(row.imageId);
    const classIndex = index.get(row.classId);
    if (!image || classIndex === undefined) continue;
    samples.push({ latent: used.length, classIndex, difficulty: row.difficulty });
    used.push(image);
  }
  if (samples.length === 0)
    throw new Error(
      'no scored, labelled image to train on: run a score job first; images of splits val and test only measure',
    );
  return {
    images: used,
    samples,
    classNames: classes.map((c) => c.name),
    scorer: { name: scorer.name, modelHash: scorer.modelHash },
  };
}

/** All that a resumed training needs; typed arrays are stored as they are. */
interface Checkpoint {
  plan: Plan;
  /** null: they are being computed. */
  latents: StoredLatents | null;
  step: number;
  rng: number[];
  smoothedLoss: number;
  /** Empty before the first step. */
  parameters: TrainingState['parameters'];
}

function restore(trainer: DifficultyTrainer, checkpoint: Checkpoint): void {
  restoreState(trainer.state, checkpoint);
  trainer.restoreRng(checkpoint.rng);
}

/** Says what the training will take. @returns whether there is memory for previews as well. */
function tellTrainingMemory(ctx: Context, model: DiffusionModel): boolean {
  const { params } = ctx;
  const lowMemory = ctx.runtime.lowMemory ?? false;
  const training = trainingMemory(model, {
    batch: params.batchSize,
    size: pictureSize(model),
    rank: params.rank,
    checkpointing: params.gradientCheckpointing,
    lowMemory,
  });
  if (params.kind === 'plain' || previewInterval(params) === 0) {
    tellMemory(ctx, training);
    return false;
  }
  const both = training + previewMemory(model, params, lowMemory);
  if (params.previewEvery === null && ctx.runtime.provider === 'cpu' && both > machineMemory().free) {
    tellMemory(ctx, training);
    ctx.log(
      'info',
      'no previews: they would take more memory than is free; asked for by a number of steps, they are made',
    );
    return false;
  }
  tellMemory(ctx, both);
  return true;
}

export const train: JobBody<'train'> = async (ctx) => {
  const { catalog, params } = ctx;
  const base = findModel(catalog, params.baseModelId, 'diffusion');
  const model = openDiffusionModel(base.path);
  const shows = tellTrainingMemory(ctx, model);
  const checkpoint = ctx.readCheckpoint<Checkpoint>();
  const plan = checkpoint?.plan ?? (await makePlan(ctx));
  const begin = (latents: StoredLatents | null) =>
    ctx.writeCheckpoint<Checkpoint>({
      plan,
      latents,
      step: 0,
      rng: [],
      smoothedLoss: 0,
      parameters: new Map(),
    });
  if (!checkpoint) begin(null);
  const { latents, stored } = await latentsOf(ctx, model, plan.images, checkpoint?.latents ?? null);
  if (!checkpoint?.latents) begin(stored);
  const left = new Set(stored.left);
  const samples = plan.samples.filter(({ latent }) => !left.has(latent));
  if (samples.length === 0)
    throw new Error(`all ${plan.samples.length} images to train on changed; import the folder again`);

  const text = await openTextEncoder(model, ctx.runtime);
  const captions = { ofClass: [] as Float32Array[], empty: (await text.encode('')).states };
  for (const name of plan.classNames)
    captions.ofClass.push((await text.encode(trainingPrompt.replace('[CLS]', () => name))).states);
  await text.close();

  const count = plan.images.length;
  const encoder = params.kind === 'difficulty' && {
    classes: plan.classNames.length,
    width: model.unet.config.cross_attention_dim,
    tokens: params.tokens,
    hidden: params.encoderWidth,
    depth: params.encoderDepth,
    labelEncoding: params.labelEncoding,
    scoreFeatures: params.scoreFeatures,
    frequencies: params.frequencies,
    placement: params.placement,
    tokenNorm: params.tokenNorm,
  };
  const lora = { rank: params.rank, alpha: params.rank };
  const mirrored = samples.map((s) => ({ ...s, latent: s.latent + count }));
  const trainer = await openDifficultyTrainer(
    model,
    latents,
    [...samples, ...mirrored],
    captions,
    { ...params, lora, encoder: encoder || null, balanced: params.balanced && params.kind === 'difficulty' },
    ctx.runtime,
  );
  let smoothed = 0;
  if (checkpoint && checkpoint.step > 0) {
    restore(trainer, checkpoint);
    smoothed = checkpoint.smoothedLoss;
    ctx.log('info', `resumes at step ${checkpoint.step}`);
  }
  let saved = trainer.state.step;
  const save = () => {
    saved = trainer.state.step;
    ctx.writeCheckpoint<Checkpoint>({
      plan,
      latents: stored,
      step: saved,
      rng: trainer.rngState(),
      smoothedLoss: smoothed,
      parameters: trainer.state.parameters,
    });
  };
  const previews = encoder && shows ? previewMaker(ctx, base.path, plan.classNames, trainingPrompt) : null;
  const usualInterval = previewInterval({ ...params, previewEvery: null });
  for (;;) {
    if (ctx.signal.aborted) {
      save();
      await trainer.close();
      ctx.signal.throwIfAborted();
    }
    const { step } = trainer.state;
    const last = step >= params.steps || (step > 0 && ctx.finishRequested());
    // Who asks for the end now does not wait for pictures that take longer than the training did.
    const pictured = last && (step >= params.steps || step >= usualInterval);
    if (encoder && previews?.due(step, pictured)) {
      await previews.make(step, { lora, encoder, ...trainer.weights() });
      continue; // it may have been stopped meanwhile
    }
    if (step > 0 && step % params.checkpointEvery === 0 && step !== saved) save();
    if (last) break;
    const loss = await trainer.step();
    smoothed = step === 0 ? loss : 0.95 * smoothed + 0.05 * loss;
    ctx.emit('training.point', {
      jobId: ctx.job.id,
      point: { step: step + 1, loss, smoothedLoss: smoothed },
    });
    ctx.progress({ stage: 'training', done: step + 1, total: params.steps });
  }

  const { step } = trainer.state;
  const early = step < params.steps;
  if (early) ctx.log('info', `ended at step ${step} of ${params.steps}, as asked`);
  const trained = trainer.weights();
  await trainer.close();
  const [kind, name] = encoder
    ? (['difficulty-adapter', `Difficulty model ${ctx.job.id}`] as const)
    : (['lora', `LoRA ${ctx.job.id}`] as const);
  const folder = join('models', `${encoder ? 'difficulty' : 'lora'}-${ctx.job.id}`);
  if (encoder && plan.scorer) {
    const config: AdapterConfig = {
      format: 1,
      kind: 'difficulty',
      baseModelId: params.baseModelId,
      baseModelHash: await model.hash(),
      classes: plan.classNames,
      prompt: trainingPrompt,
      scorer: plan.scorer,
      lora,
      encoder,
      steps: step,
      finalLoss: smoothed,
    };
    await writeAdapter(catalog.file(folder), config, { lora, encoder, ...trained });
  } else await writePlainLora(catalog.file(folder), lora, trained.loraWeights);
  const modelId = addModelRow(catalog, {
    name,
    kind,
    path: folder,
    hash: await hashFolder(catalog.file(folder)),
    datasetId: params.datasetId,
    summary: `${samples.length} images, ${early ? `${step} of ${params.steps}` : step} steps, rank ${params.rank}, loss ${smoothed.toFixed(4)}`,
  });
  ctx.emit('catalog.changed', { datasetId: null });
  return { modelId, steps: step, loss: smoothed, images: samples.length };
};
