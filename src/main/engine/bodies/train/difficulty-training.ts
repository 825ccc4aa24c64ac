/**
 * Owns the training of difficulty-controlled diffusion: LoRA and difficulty encoder jointly, on the latents of
 * an imported dataset, loss = E || eps - eps_theta(z_t, t, E_text(p) (+) E_d(y, s)) ||^2. A base model that predicts
 * velocity or the original is trained on that instead of eps, and min-SNR weights may scale each sample's loss.
 *
 * Every random draw comes from one generator whose state is part of the training state, so a training that is
 * stopped and resumed takes exactly the steps it would have taken.
 */
import { minSnrWeight } from '../../../../core/diffusion/loss-weight.ts';
import { noiseSchedule } from '../../../../core/diffusion/noise-schedule.ts';
import { predictionTypeOf, trainingTarget } from '../../../../core/diffusion/prediction.ts';
import * as f from '../../../../core/graph/functions.ts';
import { input, type Shape, type Value } from '../../../../core/graph/value.ts';
import {
  type DifficultyEncoderConfig,
  difficultyEncoder,
  placeTokens,
} from '../../../../core/nn/difficulty-encoder.ts';
import { isLoraDown, type LoraConfig, withLora } from '../../../../core/nn/lora.ts';
import { frozenSource, type ParameterSource, paramsOf, trainableSource } from '../../../../core/nn/params.ts';
import { unet2dCondition } from '../../../../core/nn/unet-2d-condition.ts';
import { type Rng, rngFromSeed, rngFromState } from '../../../../core/rng.ts';
import { initialState, type TrainingState } from '../../../../core/training/parameters.ts';
import type { DiffusionModel } from '../../../models/diffusion/model-folder.ts';
import { type DifficultyAdapter, latentShape } from '../../../models/diffusion/sessions.ts';
import type { RuntimeOptions, Tensor } from '../../../runtime/runtime.ts';
import { compileStep } from '../../../runtime/step.ts';

/** One training sample: where its latents are, what it is, how hard it is. */
export interface TrainingSample {
  /** Index of the latent pair (mean, deviation). */
  latent: number;
  classIndex: number;
  difficulty: number; // [0,1]
}

export interface DifficultyTrainingOptions {
  batchSize: number;
  /** Batches of `batchSize` whose gradients are averaged for one step; 1: none. */
  accumulation?: number;
  /** Compute the U-Net's inner values again in backward instead of keeping them. */
  gradientCheckpointing?: boolean;
  lora: LoraConfig;
  /** null: none, a plain LoRA that learns the images without their difficulty. */
  encoder: DifficultyEncoderConfig | null;
  loraLearningRate: number;
  encoderLearningRate: number;
  /** Gamma of min-SNR weighting; null: every noise level counts alike. */
  minSnrGamma: number | null;
  conditionDropout: number; // [0,1)
  /** Share of samples whose caption is left empty, independently of their token's; [0,1). */
  textDropout: number;
  /** Draw difficulty evenly over its range rather than as it occurs. */
  balanced: boolean;
  seed: number;
}

export interface DifficultyTrainer {
  readonly state: TrainingState;
  /** The generator's state: with `state`, all that a resumed training needs. */
  rngState(): number[];
  restoreRng(state: readonly number[]): void;
  /** One optimiser step on fresh samples. @returns their mean loss. */
  step(): Promise<number>;
  /** Parameters of the LoRA, and of the difficulty encoder (none without one), by their names in files. */
  weights(): Pick<DifficultyAdapter, 'loraWeights' | 'encoderWeights'>;
  close(): Promise<void>;
}

/** Difficulty levels that balanced sampling draws from evenly. */
const levels = 10;

/**
 * @param latents f32[count, c,h,w] scaled means and deviations, by sample.latent
 * @param captions text states f32[tokens,width] of each class's caption, and of the empty one
 */
export async function openDifficultyTrainer(
  model: DiffusionModel,
  latents: { mean: Float32Array; deviation: Float32Array },
  samples: readonly TrainingSample[],
  captions: { ofClass: readonly Float32Array[]; empty: Float32Array },
  o: DifficultyTrainingOptions,
  runtime: RuntimeOptions,
): Promise<DifficultyTrainer> {
  const shape = latentShape(model);
  const n = o.batchSize;
  const width = model.unet.config.cross_attention_dim;
  const noisy = input('noisy', [n, shape.channels, shape.height, shape.width]);
  const target = input('target', noisy.shape);
  const weights = o.minSnrGamma === null ? null : input('weights', [n]);
  const timesteps = input('timesteps', [n]);
  const text = input('text', [n, model.textLength, width]);
  const encoderSource = trainableSource('difficulty_encoder.');
  const conditioned = o.encoder && difficultyInputs(encoderSource, o.encoder, n);
  const adapted = withLora(frozenSource(model.unet.table), o.lora);
  const predicted = unet2dCondition(paramsOf(adapted), model.unet.config, {
    sample: noisy,
    timesteps,
    encoderHiddenStates: conditioned ? conditioned.place(text) : text,
  });
  const encoderName = (name: string) => `difficulty_encoder.${name}`;
  const parameters = new Map([
    ...adapted.parameters,
    ...[...encoderSource.parameters].map(([name, value]) => [encoderName(name), value] as const),
  ]);

  let rng: Rng = rngFromSeed(o.seed, 'difficulty training');
  const state = initialState(parameters, rng, { average: false, initialise: initialLora });
  const loss = weights ? f.weightedMseLoss(predicted, target, weights) : f.mseLoss(predicted, target);
  const compiled = await compileStep(loss, parameters, runtime, {
    stored: model.unet,
    recompute: o.gradientCheckpointing,
  });
  const { alphasCumprod } = noiseSchedule(model.scheduler);
  const prediction = predictionTypeOf(model.scheduler);
  const draw = sampler(samples, o.balanced);

  /** A fresh batch, noised at random timesteps. */
  const drawBatch = (): Record<string, Tensor> => {
    const size = shape.numbers;
    const z = new Float32Array(n * size);
    const wanted = new Float32Array(n * size);
    const t = new Float32Array(n);
    const states = new Float32Array(n * model.textLength * width);
    const drawn: TrainingSample[] = [];
    const kept = new Float32Array(n);
    const weight = new Float32Array(n);
    for (let row = 0; row < n; row++) {
      const sample = samples[draw(rng)];
      t[row] = rng.int(alphasCumprod.length);
      const signal = Math.sqrt(alphasCumprod[t[row]]);
      const spread = Math.sqrt(1 - alphasCumprod[t[row]]);
      if (o.minSnrGamma !== null)
        weight[row] = minSnrWeight(alphasCumprod[t[row]], o.minSnrGamma, prediction);
      for (let i = 0; i < size; i++) {
        const from = sample.latent * size + i;
        const at = row * size + i;
        const eps = Math.fround(rng.normal());
        const original = latents.mean[from] + latents.deviation[from] * rng.normal();
        z[at] = signal * original + spread * eps;
        wanted[at] = trainingTarget(prediction, original, eps, alphasCumprod[t[row]]);
      }
      drawn.push(sample);
      kept[row] = rng.uniform() < o.conditionDropout ? 0 : 1;
      const caption = rng.uniform() < o.textDropout ? captions.empty : captions.ofClass[sample.classIndex];
      states.set(caption, row * model.textLength * width);
    }
    return {
      noisy: { dims: noisy.shape, data: z },
      target: { dims: noisy.shape, data: wanted },
      timesteps: { dims: [n], data: t },
      text: { dims: text.shape, data: states },
      ...(weights && { weights: { dims: [n], data: weight } }),
      ...conditioned?.feeds(drawn, kept),
    };
  };

  return {
    state,
    rngState: () => rng.state(),
    restoreRng(stored) {
      rng = rngFromState(stored);
    },
    async step() {
      const { loss } = await compiled.run(state, Array.from({ length: o.accumulation ?? 1 }, drawBatch), {
        learningRate: o.loraLearningRate,
        rate: (name) => (name.startsWith('unet.') ? 1 : o.encoderLearningRate / o.loraLearningRate),
        maxNorm: 1,
        averageDecay: 0,
      });
      return loss;
    },
    weights() {
      const weights = (names: Iterable<string>, key: (name: string) => string) =>
        new Map(
          [...names].map((name) => {
            const p = state.parameters.get(key(name))!;
            return [name, { shape: p.shape, data: p.value.slice() }] as const;
          }),
        );
      return {
        loraWeights: weights(adapted.parameters.keys(), (name) => name),
        encoderWeights: weights(encoderSource.parameters.keys(), encoderName),
      };
    },
    close: () => compiled.close(),
  };
}

/** The difficulty encoder's tokens in a graph of `n` samples, and what it is fed. */
function difficultyInputs(source: ParameterSource, config: DifficultyEncoderConfig, n: number) {
  const label = input('label', [n, config.classes]);
  const difficulty = input('difficulty', [n, 1]);
  const keep = input('keep', [n, 1]);
  const tokens = difficultyEncoder(paramsOf(source), config, { label, difficulty, keep });
  return {
    place: (text: Value) => placeTokens(text, tokens, config.placement),
    /** @param kept 1 where the sample's own token is used, 0 where the null token is. */
    feeds(samples: readonly TrainingSample[], kept: Float32Array): Record<string, Tensor> {
      const labels = new Float32Array(n * config.classes);
      samples.forEach((sample, row) => {
        labels[row * config.classes + sample.classIndex] = 1;
      });
      const scores = Float32Array.from(samples, (sample) => sample.difficulty);
      return {
        label: { dims: label.shape, data: labels },
        difficulty: { dims: [n, 1], data: scores },
        keep: { dims: [n, 1], data: kept },
      };
    },
  };
}

/** LoRA starts as the base model: A is N(0, 1/rank), as diffusers' "gaussian", B is zero. The null token is zero. */
function initialLora(name: string, shape: Shape, rng: Rng): Float32Array | null {
  const n = shape.reduce((a, b) => a * b, 1);
  if (isLoraDown(name)) return Float32Array.from({ length: n }, () => rng.normal() / shape[0]);
  if (name.endsWith('.lora_B.weight') || name.endsWith('null_token')) return new Float32Array(n);
  return null;
}

/** Draws sample indices: as they occur, or first a non-empty difficulty level, then a sample of it. */
function sampler(samples: readonly TrainingSample[], balanced: boolean): (rng: Rng) => number {
  if (!balanced) return (rng) => rng.int(samples.length);
  const byLevel: number[][] = Array.from({ length: levels }, () => []);
  samples.forEach((s, i) => {
    byLevel[Math.min(levels - 1, Math.floor(s.difficulty * levels))].push(i);
  });
  const filled = byLevel.filter((level) => level.length > 0);
  return (rng) => {
    const level = filled[rng.int(filled.length)];
    return level[rng.int(level.length)];
  };
}
