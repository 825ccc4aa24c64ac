/** Owns the training of the built-in autoencoder, and the latents it gives the diffusion model. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGraph } from '../../src/core/graph/emit.ts';
import * as f from '../../src/core/graph/functions.ts';
import { input, type Value } from '../../src/core/graph/value.ts';
import {
  type AutoencoderConfig,
  decode,
  downsamplingFactor,
  encode,
} from '../../src/core/nn/autoencoder-kl.ts';
import { paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { adamW } from '../../src/core/training/adamw.ts';
import { initialState, type TrainingState } from '../../src/core/training/parameters.ts';
import { learningRateFactor } from '../../src/core/training/schedule.ts';
import { loadState, saveState } from '../../src/main/engine/bodies/fit/state-file.ts';
import { writeSafetensors } from '../../src/main/files/safetensors.ts';
import { openSession, type RuntimeOptions } from '../../src/main/runtime/runtime.ts';
import { compileStep } from '../../src/main/runtime/step.ts';
import { imageBatch, imageSize, type Picture } from './data.ts';
import { shipped } from './state.ts';

const baseConfig: AutoencoderConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [16, 32, 64],
  layers_per_block: 1,
  norm_num_groups: 8,
};
export const latentSize = imageSize / downsamplingFactor(baseConfig);
export const latentNumbers = baseConfig.latent_channels * latentSize * latentSize;

export interface AutoencoderFigures {
  steps: number;
  psnr: number; // dB on held-out pictures
  scalingFactor: number;
}

interface Options {
  train: Picture[];
  test: Picture[];
  out: string;
  checkpoint: string;
  steps: number;
  seed: number;
  runtime: RuntimeOptions;
  log: (text: string) => void;
}

export async function trainAutoencoder(
  o: Options,
): Promise<{ figures: AutoencoderFigures; latents: Float32Array }> {
  const batch = 12;
  const rng = rngFromSeed(o.seed, 'autoencoder');
  const source = trainableSource('parameter ', isCurrentName);
  const p = paramsOf(source);
  const image = input('image', [batch, 3, imageSize, imageSize]);
  const noise = input('noise', [batch, baseConfig.latent_channels, latentSize, latentSize]);
  const { mean, logvar } = encode(p, baseConfig, image);
  const z = f.add(mean, f.mul(f.exp(f.mul(logvar, 0.5)), noise));
  const decoded = decode(p, baseConfig, z);
  // KL(N(mean, var) || N(0, 1)), with the small weight latent diffusion uses
  const kl = f.mul(f.meanAll(f.sub(f.sub(f.add(f.mul(mean, mean), f.exp(logvar)), 1), logvar)), 0.5);
  const loss = f.add(f.add(reconstruction(decoded, image), edges(decoded, image)), f.mul(kl, 1e-5));
  const state = initialState(source.parameters, rng, { average: true, optimiser: adamW({ weightDecay: 0 }) });
  if (loadState(o.checkpoint, state)) o.log(`autoencoder goes on at step ${state.step}`);

  if (state.step < o.steps) {
    const step = await compileStep(loss, source.parameters, o.runtime);
    let smoothed = 0;
    let started = performance.now();
    while (state.step < o.steps) {
      const i = state.step;
      const indices = Array.from({ length: batch }, () => rng.int(o.train.length));
      const rate = learningRateFactor(i, {
        kind: 'cosine',
        warmupSteps: 50,
        totalSteps: o.steps,
        floor: 0.02,
      });
      const result = await step.run(
        state,
        {
          image: { dims: image.shape, data: imageBatch(o.train, indices, () => rng.uniform() < 0.5) },
          noise: { dims: noise.shape, data: randn(batch * latentNumbers, rng) },
        },
        { learningRate: 2e-3 * rate, maxNorm: 1, averageDecay: 0.995 },
      );
      smoothed = smoothed === 0 ? result.loss : 0.97 * smoothed + 0.03 * result.loss;
      if (state.step % 50 === 0) {
        const ms = (performance.now() - started) / 50;
        started = performance.now();
        o.log(
          `autoencoder step ${state.step} of ${o.steps}, loss ${smoothed.toFixed(4)}, ${ms.toFixed(0)} ms a step`,
        );
      }
      if (state.step % 250 === 0) saveState(o.checkpoint, state);
    }
    saveState(o.checkpoint, state);
    await step.close();
  }

  const raw = await encodeAll(state, o.train, o.runtime);
  const scale = 1 / deviation(raw);
  const config = { ...baseConfig, scaling_factor: Number(scale.toFixed(5)) };
  for (let i = 0; i < raw.length; i++) raw[i] *= config.scaling_factor;
  mkdirSync(o.out, { recursive: true });
  await writeSafetensors(join(o.out, 'diffusion_pytorch_model.safetensors'), shipped(state), {
    format: 'pt',
  });
  const blocks = (kind: string) => baseConfig.block_out_channels.map(() => kind);
  writeFileSync(
    join(o.out, 'config.json'),
    `${JSON.stringify({ _class_name: 'AutoencoderKL', act_fn: 'silu', ...config, sample_size: imageSize, down_block_types: blocks('DownEncoderBlock2D'), up_block_types: blocks('UpDecoderBlock2D') }, null, 2)}\n`,
  );
  const psnr = await measure(state, o.test, o.runtime);
  return { figures: { steps: state.step, psnr, scalingFactor: config.scaling_factor }, latents: raw };
}

/** The names of today's attention layers; the older ones are not asked for. */
const isCurrentName = (name: string) => !name.endsWith('query.weight');

const reconstruction = (a: Value, b: Value) => f.add(f.meanAll(f.abs(f.sub(a, b))), f.mseLoss(a, b));

/** Differences of neighbouring pixels: what keeps outlines sharp where a plain mean error blurs them. */
function edges(a: Value, b: Value): Value {
  const d = f.sub(a, b);
  const [, , h, w] = d.shape;
  const across = f.sub(f.slice(d, 3, 1, w), f.slice(d, 3, 0, w - 1));
  const down = f.sub(f.slice(d, 2, 1, h), f.slice(d, 2, 0, h - 1));
  return f.add(f.meanAll(f.abs(across)), f.meanAll(f.abs(down)));
}

const parameterFeeds = (state: TrainingState) =>
  Object.fromEntries([...state.parameters].map(([n, q]) => [n, { dims: q.shape, data: q.average! }]));

/** Unscaled latent means of all pictures, then of all mirrored: f32[2n,4,16,16]. */
async function encodeAll(
  state: TrainingState,
  pictures: Picture[],
  runtime: RuntimeOptions,
): Promise<Float32Array> {
  const batch = 20;
  const image = input('image', [batch, 3, imageSize, imageSize]);
  const { mean } = encode(paramsOf(trainableSource('', isCurrentName)), baseConfig, image);
  const session = await openSession(encodeGraph({ mean }).bytes, runtime);
  const out = new Float32Array(2 * pictures.length * latentNumbers);
  for (const mirrored of [false, true]) {
    for (let at = 0; at < pictures.length; at += batch) {
      const indices = Array.from({ length: batch }, (_, i) => Math.min(at + i, pictures.length - 1));
      const data = imageBatch(pictures, indices, () => mirrored);
      const result = await session.run({ ...parameterFeeds(state), image: { dims: image.shape, data } });
      const count = Math.min(batch, pictures.length - at);
      const base = (mirrored ? pictures.length : 0) + at;
      out.set((result.mean.data as Float32Array).subarray(0, count * latentNumbers), base * latentNumbers);
    }
  }
  await session.close();
  return out;
}

function deviation(x: Float32Array): number {
  let [sum, square] = [0, 0];
  for (const v of x) {
    sum += v;
    square += v * v;
  }
  return Math.sqrt(square / x.length - (sum / x.length) ** 2);
}

async function measure(state: TrainingState, test: Picture[], runtime: RuntimeOptions): Promise<number> {
  const image = input('image', [1, 3, imageSize, imageSize]);
  const p = paramsOf(trainableSource('', isCurrentName));
  const again = decode(p, baseConfig, encode(p, baseConfig, image).mean);
  const session = await openSession(
    encodeGraph({ error: f.mseLoss(f.maximum(f.minimum(again, 1), -1), image) }).bytes,
    runtime,
  );
  let total = 0;
  const count = Math.min(test.length, 200);
  for (let i = 0; i < count; i++) {
    const data = imageBatch(test, [Math.floor((i * test.length) / count)]);
    const result = await session.run({ ...parameterFeeds(state), image: { dims: image.shape, data } });
    total += 10 * Math.log10(4 / (result.error.data as Float32Array)[0]);
  }
  await session.close();
  return total / count;
}
