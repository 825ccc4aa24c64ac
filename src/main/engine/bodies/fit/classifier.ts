/**
 * Owns the training of a classifier over epochs: order, targets and learning rate of every step. All that a step
 * depends on is in the network's state and the place within the epoch, so that a training that is stopped after any
 * step and restored takes the very steps that it would have taken.
 */
import { permutation, rngFromSeed, rngFromState } from '../../../../core/rng.ts';
import { learningRateFactor } from '../../../../core/training/schedule.ts';
import { mapOrdered } from '../../../files/ordered.ts';
import type { TrainedNetwork } from './network.ts';
import type { Samples } from './samples.ts';

export interface ClassifierOptions {
  epochs: number;
  learningRate: number;
  labelSmoothing: number; // [0,1)
  seed: number;
}

/** Where within an epoch a training is. */
export interface EpochPlace {
  /** Batches done. */
  batch: number;
  /** Sum of their losses. */
  lossSum: number;
  /** State of the generator that augments. */
  rng: number[];
}

export interface ClassifierTrainer {
  /**
   * One pass over `rows`, shuffled by seed and epoch (counted from 0), or what is left of it after `from`.
   * @returns the mean loss.
   */
  trainEpoch(
    rows: readonly number[],
    epoch: number,
    from: EpochPlace | null,
    onStep: (place: EpochPlace, batches: number) => void,
  ): Promise<number>;
  /** Probabilities f32[rows,classes], without augmentation. */
  predict(rows: readonly number[], onBatch: (done: number, batches: number) => void): Promise<Float32Array>;
}

/** Batches that are read before their turn. */
const ahead = 2;

/** @param labels class of each row, 0..classes-1 */
export function classifierTrainer(
  network: TrainedNetwork,
  samples: Samples,
  labels: Int32Array,
  o: ClassifierOptions,
): ClassifierTrainer {
  const { batchSize, classes } = network;

  /** Batches are of one size: the last is filled up from the front. */
  const batchesOf = (rows: readonly number[]) =>
    Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, b) =>
      Array.from({ length: batchSize }, (_, i) => rows[(b * batchSize + i) % rows.length]),
    );
  const read = (batches: readonly (readonly number[])[]) =>
    mapOrdered(batches, ahead, async (rows) => ({ rows, loaded: await samples.load(rows) }));

  const targetsOf = (rows: readonly number[]) => {
    const targets = new Float32Array(batchSize * classes).fill(o.labelSmoothing / classes);
    rows.forEach((row, i) => {
      targets[i * classes + labels[row]] += 1 - o.labelSmoothing;
    });
    return targets;
  };

  return {
    async trainEpoch(rows, epoch, from, onStep) {
      let rng = rngFromSeed(o.seed, `classifier epoch ${epoch}`);
      const batches = batchesOf(Array.from(permutation(rows.length, rng), (i) => rows[i]));
      if (from) rng = rngFromState(from.rng);
      const place: EpochPlace = { batch: from?.batch ?? 0, lossSum: from?.lossSum ?? 0, rng: rng.state() };
      const totalSteps = o.epochs * batches.length;
      for await (const batch of read(batches.slice(place.batch))) {
        const rate = learningRateFactor(epoch * batches.length + place.batch, {
          kind: 'cosine',
          warmupSteps: Math.min(batches.length, Math.ceil(totalSteps / 10)),
          totalSteps,
          floor: 0.02,
        });
        place.lossSum += await network.step(
          batch.loaded.augmented(rng),
          targetsOf(batch.rows),
          o.learningRate * rate,
        );
        place.batch++;
        place.rng = rng.state();
        onStep(place, batches.length);
      }
      return place.lossSum / batches.length;
    },
    async predict(rows, onBatch) {
      const out = new Float32Array(rows.length * classes);
      const batches = batchesOf(rows);
      let done = 0;
      for await (const { loaded } of read(batches)) {
        const found = await network.probabilities(loaded.plain());
        const count = Math.min(batchSize, rows.length - done * batchSize);
        out.set(found.subarray(0, count * classes), done * batchSize * classes);
        onBatch(++done, batches.length);
      }
      return out;
    },
  };
}
