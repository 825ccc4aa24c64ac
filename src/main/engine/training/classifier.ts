/**
 * Owns the training of a residual classifier from scratch on small pictures, epoch by epoch, with everything that a
 * later epoch depends on in one state: stopped after any epoch and restored, it goes on to the same numbers.
 */
import * as f from '../../../core/graph/functions.ts';
import { input, type Value } from '../../../core/graph/value.ts';
import { paramsOf, trainableSource } from '../../../core/nn/params.ts';
import { type ResnetConfig, resnet } from '../../../core/nn/resnet.ts';
import { permutation, type Rng, rngFromSeed } from '../../../core/rng.ts';
import { adamW } from '../../../core/training/adamw.ts';
import { type Augmentation, noAugmentation, pictureBatch } from '../../../core/training/augment.ts';
import { initialState, type TrainingState } from '../../../core/training/parameters.ts';
import { learningRateFactor } from '../../../core/training/schedule.ts';
import { openGraph } from '../open-graph.ts';
import type { RuntimeOptions } from '../runtime.ts';
import { compileStep } from './step.ts';

export interface ClassifierData {
  /** u8[count,size,size,3] RGB */
  pictures: Uint8Array;
  size: number;
  /** Class of each picture, 0..classes-1. */
  labels: Int32Array;
}

export interface ClassifierOptions {
  network: ResnetConfig;
  epochs: number;
  batchSize: number;
  learningRate: number;
  weightDecay: number;
  labelSmoothing: number; // [0,1)
  augmentation: Augmentation;
  seed: number;
}

/** Parameters with their moments, and the running statistics of the normalisation layers. */
export interface ClassifierState {
  training: TrainingState;
  statistics: Map<string, Float32Array>;
}

export interface ClassifierTrainer {
  readonly state: ClassifierState;
  /** One pass over `rows`, shuffled by seed and epoch (counted from 0). @returns the mean loss. */
  trainEpoch(
    rows: readonly number[],
    epoch: number,
    onStep?: (done: number, total: number) => void,
  ): Promise<number>;
  /** Probabilities f32[rows,classes] with the running statistics, without augmentation. */
  predict(rows: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

const momentum = 0.1; // of the running statistics, as PyTorch's

export async function openClassifierTrainer(
  data: ClassifierData,
  o: ClassifierOptions,
  runtime: RuntimeOptions,
): Promise<ClassifierTrainer> {
  const { size } = data;
  const classes = o.network.num_classes;
  const image = input('image', [o.batchSize, 3, size, size]);
  const targets = input('targets', [o.batchSize, classes]);

  const source = trainableSource('parameter ');
  const training = resnet(paramsOf(source), o.network, image, true);
  const extra: Record<string, Value> = {};
  for (const s of training.statistics) {
    extra[`${s.path}.running_mean`] = s.mean;
    extra[`${s.path}.running_var`] = s.variance;
  }
  const step = await compileStep(f.crossEntropy(training.logits, targets), source.parameters, runtime, {
    extra,
  });
  const inference = trainableSource('parameter ');
  const { logits } = resnet(paramsOf(inference), o.network, image, false);
  const predictor = await openGraph({ probabilities: f.softmax(logits) }, runtime);

  const state: ClassifierState = {
    training: initialState(source.parameters, rngFromSeed(o.seed, 'classifier'), {
      average: false,
      optimiser: adamW({ weightDecay: o.weightDecay }),
    }),
    statistics: new Map(
      Object.entries(extra).map(([name, v]) => [
        name,
        new Float32Array(v.shape[0]).fill(name.endsWith('var') ? 1 : 0),
      ]),
    ),
  };

  /** Batches are of one size: the last is filled up from the front. */
  const batchesOf = (rows: readonly number[]) =>
    Array.from({ length: Math.ceil(rows.length / o.batchSize) }, (_, b) =>
      Array.from({ length: o.batchSize }, (_, i) => rows[(b * o.batchSize + i) % rows.length]),
    );

  const trainBatch = async (rows: readonly number[], rate: number, rng: Rng) => {
    const goal = new Float32Array(o.batchSize * classes).fill(o.labelSmoothing / classes);
    rows.forEach((row, i) => {
      goal[i * classes + data.labels[row]] += 1 - o.labelSmoothing;
    });
    const pixels = pictureBatch(data.pictures, size, rows, o.augmentation, rng);
    const result = await step.run(
      state.training,
      { image: { dims: image.shape, data: pixels }, targets: { dims: targets.shape, data: goal } },
      {
        learningRate: o.learningRate * rate,
        maxNorm: 5,
        averageDecay: 0,
      },
    );
    for (const { path, positions } of training.statistics) {
      const count = o.batchSize * positions;
      const blend = (name: string, scale: number) => {
        const running = state.statistics.get(name)!;
        result.extra[name].forEach((v, c) => {
          running[c] += momentum * (v * scale - running[c]);
        });
      };
      blend(`${path}.running_mean`, 1);
      blend(`${path}.running_var`, count / (count - 1)); // the running one is unbiased, as PyTorch's
    }
    return result.loss;
  };

  return {
    state,
    async trainEpoch(rows, epoch, onStep) {
      const rng = rngFromSeed(o.seed, `classifier epoch ${epoch}`);
      const order = Array.from(permutation(rows.length, rng), (i) => rows[i]);
      const batches = batchesOf(order);
      let sum = 0;
      for (const [i, batch] of batches.entries()) {
        const rate = learningRateFactor(epoch * batches.length + i, {
          kind: 'cosine',
          warmupSteps: batches.length,
          totalSteps: o.epochs * batches.length,
          floor: 0.02,
        });
        sum += await trainBatch(batch, rate, rng);
        onStep?.(i + 1, batches.length);
      }
      return sum / batches.length;
    },
    async predict(rows) {
      const out = new Float32Array(rows.length * classes);
      const constants = Object.fromEntries([
        ...[...state.training.parameters].map(
          ([name, p]) => [`parameter ${name}`, { dims: p.shape, data: p.value }] as const,
        ),
        ...[...state.statistics].map(
          ([name, data]) => [`parameter ${name}`, { dims: [data.length], data }] as const,
        ),
      ]);
      const rng = rngFromSeed(0); // drawn from, but without effect
      for (const [b, batch] of batchesOf(rows).entries()) {
        const pixels = pictureBatch(data.pictures, size, batch, noAugmentation, rng);
        const result = await predictor.run({
          ...constants,
          image: { dims: image.shape, data: pixels },
        });
        const at = b * o.batchSize;
        const count = Math.min(o.batchSize, rows.length - at);
        out.set((result.probabilities.data as Float32Array).subarray(0, count * classes), at * classes);
      }
      return out;
    },
    async close() {
      await step.close();
      await predictor.close();
    },
  };
}
