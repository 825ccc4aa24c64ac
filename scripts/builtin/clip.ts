/**
 * Owns the training of the built-in CLIP: an image and a text tower side by side, from scratch, on scenes and their
 * captions. What it writes is a folder as transformers saves CLIPModel.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGraph } from '../../src/core/graph/emit.ts';
import * as f from '../../src/core/graph/functions.ts';
import { input } from '../../src/core/graph/value.ts';
import {
  type ClipConfig,
  clipTextEmbedding,
  clipTextFeeds,
  contrastiveLoss,
} from '../../src/core/nn/clip.ts';
import { clipVision } from '../../src/core/nn/clip-vision.ts';
import { paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { rngFromSeed } from '../../src/core/rng.ts';
import { type ClipTokenizer, createClipTokenizer } from '../../src/core/tokenizer/clip-bpe.ts';
import { type TrainedBpe, trainClipBpe } from '../../src/core/tokenizer/clip-bpe-trainer.ts';
import { adamW } from '../../src/core/training/adamw.ts';
import { initialState, type TrainingState } from '../../src/core/training/parameters.ts';
import { learningRateFactor } from '../../src/core/training/schedule.ts';
import { loadState, saveState } from '../../src/main/engine/bodies/fit/state-file.ts';
import { writeSafetensors } from '../../src/main/files/safetensors.ts';
import { openSession, type RuntimeOptions } from '../../src/main/runtime/runtime.ts';
import { compileStep } from '../../src/main/runtime/step.ts';
import { imageBatch, imageSize, type Picture, punctuation, shiftAll } from './data.ts';
import { shipped } from './state.ts';

const textLength = 32;
const shared = { num_attention_heads: 4, hidden_act: 'quick_gelu', layer_norm_eps: 1e-5 };
const vision = {
  ...shared,
  hidden_size: 96,
  intermediate_size: 384,
  num_hidden_layers: 4,
  image_size: imageSize,
  patch_size: 8,
  projection_dim: 64,
};
const text = {
  ...shared,
  hidden_size: 64,
  intermediate_size: 256,
  num_hidden_layers: 2,
  max_position_embeddings: textLength,
};
/** CLIP's own start and bound. */
const firstScale = Math.log(1 / 0.07);
const mostScale = Math.log(100);

export interface ClipFigures {
  steps: number;
  loss: number; // smoothed, of the last steps
  /** By split of held-out scenes: class of the highest cosine with "a photo of a CLASS". */
  zeroShotAccuracy: Record<string, number>;
  /** Share of images whose nearest caption, among those of all of the split, reads like their own. */
  retrievalAt1: Record<string, number>;
}

interface Options {
  train: Picture[];
  /** Held-out scenes, by what the figures call them. */
  test: Record<string, Picture[]>;
  out: string;
  checkpoint: string;
  steps: number;
  seed: number;
  runtime: RuntimeOptions;
  log: (text: string) => void;
}

export async function trainClip(o: Options): Promise<ClipFigures> {
  const batch = 128;
  const bpe = trainClipBpe([...o.train.map((p) => p.caption), punctuation], { merges: 512 });
  const tokenizer = createClipTokenizer(bpe);
  const config: ClipConfig = {
    vision,
    text: { ...text, vocab_size: Object.keys(bpe.vocab).length },
    endToken: tokenizer.special.end,
  };
  const source = trainableSource('parameter ');
  const p = paramsOf(source);
  const image = input('image', [batch, 3, imageSize, imageSize]);
  const ids = input('ids', [batch, textLength], 'i64');
  const rows = input('rows', [batch], 'i64');
  const targets = input('targets', [batch, batch]);
  const loss = contrastiveLoss(
    clipVision(p, config.vision, image).embedding,
    clipTextEmbedding(p, config, ids, rows),
    p.get('logit_scale', []),
    targets,
  );
  const state = initialState(source.parameters, rngFromSeed(o.seed, 'clip'), {
    average: true,
    optimiser: adamW({ weightDecay: 0.05 }),
    initialise: (name, shape, rng) => {
      if (name === 'logit_scale') return Float32Array.of(firstScale);
      if (!name.endsWith('class_embedding')) return null;
      return Float32Array.from({ length: shape[0] }, () => 0.02 * rng.normal());
    },
  });
  if (loadState(o.checkpoint, state)) o.log(`clip resumes at step ${state.step}`);
  const captions = o.train.map(({ caption }) => tokenizer.encode(caption, { maxLength: textLength }).ids);
  let smoothed = 0;
  if (state.step < o.steps) {
    const step = await compileStep(loss, source.parameters, o.runtime);
    let started = performance.now();
    while (state.step < o.steps) {
      // A stream of its own for each step: a stopped training draws on as if it had not been stopped.
      const rng = rngFromSeed(o.seed, `clip step ${state.step}`);
      const indices = Array.from({ length: batch }, () => rng.int(o.train.length));
      const pixels = imageBatch(o.train, indices, () => rng.uniform() < 0.5);
      shiftAll(pixels, batch, rng);
      const rate = learningRateFactor(state.step, {
        kind: 'cosine',
        warmupSteps: 60,
        totalSteps: o.steps,
        floor: 0.02,
      });
      const texts = clipTextFeeds(
        config,
        indices.map((i) => captions[i]),
      );
      const alike = sharedTargets(indices.map((i) => o.train[i].caption));
      const result = await step.run(
        state,
        {
          ...texts,
          image: { dims: image.shape, data: pixels },
          targets: { dims: targets.shape, data: alike },
        },
        { learningRate: 1.5e-3 * rate, maxNorm: 1, averageDecay: 0.99 },
      );
      const scale = state.parameters.get('logit_scale')!.value;
      scale[0] = Math.min(scale[0], mostScale);
      smoothed = smoothed === 0 ? result.loss : 0.97 * smoothed + 0.03 * result.loss;
      if (state.step % 25 === 0) {
        const ms = (performance.now() - started) / 25;
        started = performance.now();
        o.log(
          `clip step ${state.step} of ${o.steps}, loss ${smoothed.toFixed(3)}, ${ms.toFixed(0)} ms a step`,
        );
      }
      if (state.step % 100 === 0) saveState(o.checkpoint, state);
    }
    saveState(o.checkpoint, state);
    await step.close();
  }
  await write(o.out, state, config, tokenizer, bpe);
  const figures: ClipFigures = { steps: state.step, loss: smoothed, zeroShotAccuracy: {}, retrievalAt1: {} };
  for (const [name, pictures] of Object.entries(o.test)) {
    const measured = await measure(state, config, tokenizer, pictures, o.runtime);
    figures.zeroShotAccuracy[name] = measured.zeroShot;
    figures.retrievalAt1[name] = measured.retrieval;
  }
  return figures;
}

/** f32[n,n]: each row shared by the captions that read like its own; with few classes a batch has many such. */
function sharedTargets(captions: readonly string[]): Float32Array {
  const n = captions.length;
  const count = new Map<string, number>();
  for (const caption of captions) count.set(caption, (count.get(caption) ?? 0) + 1);
  const targets = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      if (captions[i] === captions[j]) targets[i * n + j] = 1 / count.get(captions[i])!;
  return targets;
}

async function write(
  out: string,
  state: TrainingState,
  config: ClipConfig,
  tokenizer: ClipTokenizer,
  bpe: TrainedBpe,
): Promise<void> {
  mkdirSync(out, { recursive: true });
  const json = (name: string, value: unknown) =>
    writeFileSync(join(out, name), `${JSON.stringify(value, null, 2)}\n`);
  const { start, end, pad } = tokenizer.special;
  json('config.json', {
    architectures: ['CLIPModel'],
    model_type: 'clip',
    projection_dim: config.vision.projection_dim,
    logit_scale_init_value: firstScale,
    text_config: {
      model_type: 'clip_text_model',
      ...config.text,
      projection_dim: config.vision.projection_dim,
      bos_token_id: start,
      eos_token_id: end,
      pad_token_id: pad,
    },
    vision_config: { model_type: 'clip_vision_model', ...config.vision },
  });
  json('preprocessor_config.json', {
    image_processor_type: 'CLIPImageProcessor',
    do_resize: true,
    size: { shortest_edge: imageSize },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: imageSize, width: imageSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    do_convert_rgb: true,
  });
  json('tokenizer_config.json', { tokenizer_class: 'CLIPTokenizer', model_max_length: textLength });
  json('vocab.json', bpe.vocab);
  writeFileSync(join(out, 'merges.txt'), `#version: 0.2\n${bpe.merges.join('\n')}\n`);
  await writeSafetensors(join(out, 'model.safetensors'), shipped(state), { format: 'pt' });
}

/** Of what is written: the running average. */
async function measure(
  state: TrainingState,
  config: ClipConfig,
  tokenizer: ClipTokenizer,
  pictures: Picture[],
  runtime: RuntimeOptions,
): Promise<{ zeroShot: number; retrieval: number }> {
  const weights = Object.fromEntries(
    [...state.parameters].map(([name, q]) => [name, { dims: q.shape, data: q.average! }]),
  );
  const p = paramsOf(trainableSource());
  const image = input('image', [1, 3, imageSize, imageSize]);
  const [ids, rows] = [input('ids', [1, textLength], 'i64'), input('rows', [1], 'i64')];
  const open = (values: Parameters<typeof encodeGraph>[0]) => openSession(encodeGraph(values).bytes, runtime);
  const images = await open({
    unit: f.l2Normalize(clipVision(p, config.vision, image).embedding, 1),
  });
  const texts = await open({ unit: f.l2Normalize(clipTextEmbedding(p, config, ids, rows), 1) });
  const unitOf = async (written: string) => {
    const own = tokenizer.encode(written, { maxLength: textLength }).ids;
    return (await texts.run({ ...weights, ...clipTextFeeds(config, [own]) })).unit.data as Float32Array;
  };
  const labels = [...new Set(pictures.map(({ label }) => label))];
  const captions = [...new Set(pictures.map(({ caption }) => caption))];
  const classes = await Promise.all(labels.map((label) => unitOf(`a photo of a ${label}`)));
  const sentences = await Promise.all(captions.map(unitOf));
  let [right, found] = [0, 0];
  for (const [i, picture] of pictures.entries()) {
    const data = imageBatch(pictures, [i]);
    const { unit } = await images.run({ ...weights, image: { dims: image.shape, data } });
    const nearest = (among: Float32Array[]) => {
      const cosines = among.map((v) => v.reduce((s, x, d) => s + x * (unit.data as Float32Array)[d], 0));
      return cosines.indexOf(Math.max(...cosines));
    };
    if (labels[nearest(classes)] === picture.label) right++;
    if (captions[nearest(sentences)] === picture.caption) found++;
  }
  await images.close();
  await texts.close();
  return { zeroShot: right / pictures.length, retrieval: found / pictures.length };
}
