/**
 * Owns the training job: a LoRA and a difficulty encoder on one dataset, or a LoRA alone to compare with. It resumes from its last checkpoint to
 * the very steps it would have taken.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { restoreState, type TrainingState } from '../../../core/training/parameters.ts';
import { addModelRow, classesOf, currentScorerId, difficultyRows, getScorer } from '../../catalog/index.ts';
import { type AdapterConfig, writeAdapter, writePlainLora } from '../diffusion/adapter-file.ts';
import {
  type DifficultyTrainer,
  openDifficultyTrainer,
  type TrainingSample,
} from '../diffusion/difficulty-training.ts';
import { trainingMemory } from '../diffusion/memory-estimate.ts';
import { type DiffusionModel, openDiffusionModel } from '../diffusion/model-folder.ts';
import { latentShape, openImageEncoder, openTextEncoder, pictureSize } from '../diffusion/sessions.ts';
import { decodeRgb } from '../images/decode.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { hashFolder } from '../models/hash-folder.ts';
import { findModel } from '../models/registry.ts';
import { openSafetensors, writeSafetensors } from '../safetensors.ts';
import { tellMemory } from '../tell-memory.ts';
import { usedImages } from '../used-images.ts';

/** What the training captions say; the paper trains on this form only. */
export const trainingPrompt = 'a photo of a [CLS]';

type Context = JobContext<'train'>;

interface Plan {
  files: string[]; // in the order of the latents
  samples: TrainingSample[];
  classNames: string[];
  /** null: a plain LoRA needs none. */
  scorer: AdapterConfig['scorer'] | null;
}

/** Every labelled image, whose difficulty nothing looks at. */
function plainPlan(ctx: Context): Plan {
  const { catalog, params } = ctx;
  const classes = classesOf(catalog, params.datasetId);
  const index = new Map(classes.map((c, i) => [c.id, i]));
  const labelled = usedImages(ctx).flatMap(({ file, classId }) => {
    const classIndex = classId === null ? undefined : index.get(classId);
    return classIndex === undefined ? [] : [{ file, classIndex }];
  });
  if (labelled.length === 0) throw new Error('no labelled image to train on');
  return {
    files: labelled.map(({ file }) => file),
    samples: labelled.map(({ classIndex }, latent) => ({ latent, classIndex, difficulty: 0 })),
    classNames: classes.map((c) => c.name),
    scorer: null,
  };
}

/** Fixed by the first run, so that a resumed one trains on the same samples. */
function makePlan(ctx: Context): Plan {
  const { catalog, params } = ctx;
  if (params.kind === 'plain') return plainPlan(ctx);
  const scorerId = params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (scorerId === null) {
    throw new Error('this dataset has no difficulty scores yet: run a score job first, training needs them');
  }
  const scorer = getScorer(catalog, scorerId);
  const images = new Map(usedImages(ctx).map((image) => [image.id, image]));
  const classes = classesOf(catalog, params.datasetId);
  const index = new Map(classes.map((c, i) => [c.id, i]));
  const files: string[] = [];
  const samples: TrainingSample[] = [];
  for (const row of difficultyRows(catalog, scorerId, 'real')) {
    const image = images.get(row.imageId);
    const classIndex = index.get(row.classId);
    if (!image || classIndex === undefined) continue;
    samples.push({ latent: files.length, classIndex, difficulty: row.difficulty });
    files.push(image.file);
  }
  if (samples.length === 0) throw new Error('no scored, labelled image to train on: run a score job first');
  return {
    files,
    samples,
    classNames: classes.map((c) => c.name),
    scorer: { name: scorer.name, modelHash: scorer.modelHash },
  };
}

/** Latents of all files and of their mirror images, computed once and kept in the job's folder. */
async function latentsOf(ctx: Context, model: DiffusionModel, plan: Plan) {
  const file = join(ctx.jobDir, 'latents.safetensors');
  const count = plan.files.length;
  const { numbers } = latentShape(model);
  if (existsSync(file)) {
    const stored = openSafetensors(file);
    const latents = { mean: stored.read('mean'), deviation: stored.read('deviation') };
    stored.close();
    if (latents.mean.length === 2 * count * numbers) return latents;
  }
  const size = pictureSize(model);
  const encoder = await openImageEncoder(model, ctx.runtime, 2);
  const mean = new Float32Array(2 * count * numbers);
  const deviation = new Float32Array(2 * count * numbers);
  for (const [i, path] of plan.files.entries()) {
    ctx.signal.throwIfAborted();
    const { pixels } = await decodeRgb(path, { width: size, height: size, fit: 'cover' });
    const out = await encoder.encode(planes(pixels, size));
    for (const [from, to] of [
      [out.mean, mean],
      [out.deviation, deviation],
    ]) {
      to.set(from.subarray(0, numbers), i * numbers);
      to.set(from.subarray(numbers), (count + i) * numbers);
    }
    ctx.progress({ stage: 'encoding images', done: i + 1, total: count });
  }
  await encoder.close();
  mkdirSync(ctx.jobDir, { recursive: true });
  const shape = [2 * count, numbers];
  await writeSafetensors(file, { mean: { shape, data: mean }, deviation: { shape, data: deviation } });
  return { mean, deviation };
}

/** u8 RGB of one picture -> f32[2,3,s,s] in -1..1: the picture and its mirror image. */
function planes(pixels: Uint8Array, size: number): Float32Array {
  const plane = size * size;
  const out = new Float32Array(6 * plane);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let c = 0; c < 3; c++) {
        const value = pixels[(y * size + x) * 3 + c] / 127.5 - 1;
        out[c * plane + y * size + x] = value;
        out[(3 + c) * plane + y * size + (size - 1 - x)] = value;
      }
    }
  }
  return out;
}

/** All that a resumed training needs; typed arrays are stored as they are. */
interface Checkpoint {
  plan: Plan;
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

export const train: JobBody<'train'> = async (ctx) => {
  const { catalog, params } = ctx;
  const base = findModel(catalog, params.baseModelId, 'diffusion');
  const model = openDiffusionModel(base.path);
  tellMemory(
    ctx,
    trainingMemory(model, {
      batch: params.batchSize,
      size: pictureSize(model),
      rank: params.rank,
      checkpointing: params.gradientCheckpointing,
      lowMemory: ctx.runtime.lowMemory ?? false,
    }),
  );
  const checkpoint = ctx.readCheckpoint<Checkpoint>();
  const plan = checkpoint?.plan ?? makePlan(ctx);
  if (!checkpoint) {
    ctx.writeCheckpoint<Checkpoint>({ plan, step: 0, rng: [], smoothedLoss: 0, parameters: new Map() });
  }
  const latents = await latentsOf(ctx, model, plan);

  const text = await openTextEncoder(model, ctx.runtime);
  const states: Float32Array[] = [];
  for (const name of plan.classNames)
    states.push((await text.encode(trainingPrompt.replace('[CLS]', name))).states);
  await text.close();

  const count = plan.files.length;
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
  };
  const lora = { rank: params.rank, alpha: params.rank };
  const mirrored = plan.samples.map((s) => ({ ...s, latent: s.latent + count }));
  const trainer = await openDifficultyTrainer(
    model,
    latents,
    [...plan.samples, ...mirrored],
    states,
    { ...params, lora, encoder: encoder || null, balanced: params.balanced && params.kind === 'difficulty' },
    ctx.runtime,
  );
  let smoothed = 0;
  if (checkpoint && checkpoint.step > 0) {
    restore(trainer, checkpoint);
    smoothed = checkpoint.smoothedLoss;
    ctx.log('info', `goes on at step ${checkpoint.step}`);
  }
  const save = () =>
    ctx.writeCheckpoint<Checkpoint>({
      plan,
      step: trainer.state.step,
      rng: trainer.rngState(),
      smoothedLoss: smoothed,
      parameters: trainer.state.parameters,
    });
  while (trainer.state.step < params.steps) {
    if (ctx.signal.aborted) {
      save();
      await trainer.close();
      ctx.signal.throwIfAborted();
    }
    const loss = await trainer.step();
    const { step } = trainer.state;
    smoothed = step === 1 ? loss : 0.95 * smoothed + 0.05 * loss;
    ctx.emit('training.point', { jobId: ctx.job.id, point: { step, loss, smoothedLoss: smoothed } });
    ctx.progress({ stage: 'training', done: step, total: params.steps });
    if (step % params.checkpointEvery === 0) save();
  }

  const { step } = trainer.state;
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
    summary: `${plan.files.length} images, ${step} steps, rank ${params.rank}, loss ${smoothed.toFixed(4)}`,
  });
  ctx.emit('catalog.changed', { datasetId: null });
  return { modelId, steps: step, loss: smoothed, images: plan.files.length };
};
