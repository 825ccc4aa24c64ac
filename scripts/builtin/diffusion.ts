/**
 * Owns the training of the built-in diffusion model: U-Net and text encoder jointly, from scratch, on the
 * autoencoder's latents and the pictures' captions.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noiseSchedule } from '../../src/core/diffusion/noise-schedule.ts';
import * as f from '../../src/core/graph/functions.ts';
import { input } from '../../src/core/graph/value.ts';
import { type ClipTextConfig, clipText } from '../../src/core/nn/clip-text.ts';
import { paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../src/core/nn/unet-2d-condition.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { createClipTokenizer } from '../../src/core/tokenizer/clip-bpe.ts';
import { trainClipBpe } from '../../src/core/tokenizer/clip-bpe-trainer.ts';
import { initialState, type TrainingState } from '../../src/core/training/parameters.ts';
import { learningRateFactor } from '../../src/core/training/schedule.ts';
import { loadState, saveState } from '../../src/main/engine/bodies/fit/state-file.ts';
import { writeSafetensors } from '../../src/main/files/safetensors.ts';
import type { RuntimeOptions } from '../../src/main/runtime/runtime.ts';
import { compileStep } from '../../src/main/runtime/step.ts';
import { latentNumbers, latentSize } from './autoencoder.ts';
import { type Picture, punctuation } from './data.ts';
import { shipped } from './state.ts';

const textLength = 32;
const textWidth = 96;

const unetConfig: UNetConfig = {
  in_channels: 4,
  out_channels: 4,
  sample_size: latentSize,
  block_out_channels: [48, 96, 96],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 4,
  cross_attention_dim: textWidth,
  norm_num_groups: 8,
  norm_eps: 1e-5,
  flip_sin_to_cos: true,
  freq_shift: 0,
  downsample_padding: 1,
};

const textConfig = (vocabulary: number): ClipTextConfig => ({
  hidden_size: textWidth,
  intermediate_size: 4 * textWidth,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: textLength,
  vocab_size: vocabulary,
  hidden_act: 'quick_gelu',
  layer_norm_eps: 1e-5,
});

/** Stable Diffusion's own schedule. */
const scheduler = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
} as const;

export interface DiffusionFigures {
  steps: number;
  loss: number; // smoothed, of the last steps
  hours: number;
}

export async function trainDiffusion(o: {
  train: Picture[];
  /** The pictures whose captions make the vocabulary. */
  vocabularyOf: Picture[];
  /** Scaled latents of the pictures, then of their mirror images. */
  latents: Float32Array;
  out: string;
  checkpoint: string;
  steps: number;
  /** Stop early, keeping what is learned, when this many minutes have passed. */
  minutes: number;
  seed: number;
  runtime: RuntimeOptions;
  log: (text: string) => void;
}): Promise<DiffusionFigures> {
  const batch = 32;
  const rng = rngFromSeed(o.seed, 'diffusion');
  const bpe = trainClipBpe([...o.vocabularyOf.map((p) => p.caption), punctuation], { merges: 512 });
  const tokenizer = createClipTokenizer(bpe);
  const clip = textConfig(Object.keys(bpe.vocab).length);

  const source = trainableSource('parameter ');
  const root = paramsOf(source);
  const noisy = input('noisy', [batch, 4, latentSize, latentSize]);
  const target = input('target', noisy.shape);
  const timesteps = input('timesteps', [batch]);
  const ids = input('ids', [batch, textLength], 'i64');
  const weights = input('weights', [batch, 1, 1, 1]);
  const text = clipText(root.at('text_encoder'), clip, ids);
  const predicted = unet2dCondition(root.at('unet'), unetConfig, {
    sample: noisy,
    timesteps,
    encoderHiddenStates: text,
  });
  const difference = f.sub(predicted, target);
  const loss = f.meanAll(f.mul(f.mul(difference, difference), weights));
  const state = initialState(source.parameters, rng, { average: true });
  if (loadState(o.checkpoint, state)) o.log(`diffusion goes on at step ${state.step}`);

  const alphas = noiseSchedule(scheduler).alphasCumprod;
  const encode = (caption: string) => tokenizer.encode(caption, { maxLength: textLength }).ids;
  const empty = encode('');
  const full = o.train.map((p) => encode(p.caption));
  const plain = new Map(
    [...new Set(o.train.map((p) => p.label))].map((l) => [l, encode(`a photo of a ${l}`)]),
  );
  const step = await compileStep(loss, source.parameters, o.runtime);
  const begun = performance.now();
  let [smoothed, started] = [0, begun];
  const save = () => saveState(o.checkpoint, state);
  // A stopped training draws on: the stream depends on the step it starts from.
  const draw = rngFromSeed(o.seed + state.step, 'diffusion batches');
  const minutesSpent = () => (performance.now() - begun) / 60000;
  while (state.step < o.steps && minutesSpent() < o.minutes) {
    const z = new Float32Array(batch * latentNumbers);
    const goal = randn(batch * latentNumbers, draw);
    const t = new Float32Array(batch);
    const w = new Float32Array(batch);
    const tokens = new BigInt64Array(batch * textLength);
    for (let row = 0; row < batch; row++) {
      const index = draw.int(o.train.length);
      const from = (index + (draw.uniform() < 0.5 ? o.train.length : 0)) * latentNumbers;
      t[row] = draw.int(scheduler.num_train_timesteps);
      const alpha = alphas[t[row]];
      const [signal, noise] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
      for (let i = 0; i < latentNumbers; i++) {
        z[row * latentNumbers + i] = signal * o.latents[from + i] + noise * goal[row * latentNumbers + i];
      }
      // min-SNR weighting (Hang et al. 2023), gamma 5, for noise prediction: min(SNR, 5) / SNR
      const snr = alpha / (1 - alpha);
      w[row] = Math.min(snr, 5) / snr;
      const u = draw.uniform();
      const caption = u < 0.1 ? empty : u < 0.35 ? plain.get(o.train[index].label)! : full[index];
      caption.forEach((id, i) => {
        tokens[row * textLength + i] = BigInt(id);
      });
    }
    const spent = Math.max(state.step / o.steps, minutesSpent() / o.minutes);
    const rate = learningRateFactor(Math.round(spent * o.steps), {
      kind: 'cosine',
      warmupSteps: 100,
      totalSteps: o.steps,
      floor: 0.05,
    });
    const result = await step.run(
      state,
      {
        noisy: { dims: noisy.shape, data: z },
        target: { dims: noisy.shape, data: goal },
        timesteps: { dims: [batch], data: t },
        ids: { dims: ids.shape, data: tokens },
        weights: { dims: weights.shape, data: w },
      },
      {
        learningRate: 1e-3 * Math.min(rate, (state.step + 1) / 100),
        maxNorm: 1,
        averageDecay: 0.998,
      },
    );
    smoothed = smoothed === 0 ? result.loss : 0.98 * smoothed + 0.02 * result.loss;
    if (state.step % 50 === 0) {
      const ms = (performance.now() - started) / 50;
      started = performance.now();
      o.log(
        `diffusion step ${state.step}, loss ${smoothed.toFixed(4)}, ${ms.toFixed(0)} ms a step, ${minutesSpent().toFixed(1)} min`,
      );
    }
    if (state.step % 250 === 0) save();
    if (state.step % 1000 === 0) await write(o.out, state, clip, bpe);
  }
  save();
  await step.close();
  await write(o.out, state, clip, bpe);
  return { steps: state.step, loss: smoothed, hours: minutesSpent() / 60 };
}

async function write(
  out: string,
  state: TrainingState,
  clip: ClipTextConfig,
  bpe: { vocab: Record<string, number>; merges: string[] },
): Promise<void> {
  const json = (path: string, value: unknown) => {
    mkdirSync(join(out, path, '..'), { recursive: true });
    writeFileSync(join(out, path), `${JSON.stringify(value, null, 2)}\n`);
  };
  json('model_index.json', {
    _class_name: 'StableDiffusionPipeline',
    scheduler: ['diffusers', 'PNDMScheduler'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
  });
  json('scheduler/scheduler_config.json', {
    _class_name: 'PNDMScheduler',
    ...scheduler,
    prediction_type: 'epsilon',
    clip_sample: false,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
  });
  json('unet/config.json', { _class_name: 'UNet2DConditionModel', act_fn: 'silu', ...unetConfig });
  const [bos, eos] = [bpe.vocab['<|startoftext|>'], bpe.vocab['<|endoftext|>']];
  json('text_encoder/config.json', {
    architectures: ['CLIPTextModel'],
    model_type: 'clip_text_model',
    ...clip,
    bos_token_id: bos,
    eos_token_id: eos,
  });
  json('tokenizer/tokenizer_config.json', { tokenizer_class: 'CLIPTokenizer', model_max_length: textLength });
  json('tokenizer/vocab.json', bpe.vocab);
  writeFileSync(join(out, 'tokenizer/merges.txt'), `#version: 0.2\n${bpe.merges.join('\n')}\n`);
  await writeSafetensors(join(out, 'unet/diffusion_pytorch_model.safetensors'), shipped(state, 'unet.'), {
    format: 'pt',
  });
  await writeSafetensors(join(out, 'text_encoder/model.safetensors'), shipped(state, 'text_encoder.'), {
    format: 'pt',
  });
}
