/**
 * Owns writing a classifier that was trained here as a folder: config.json (network, picture size, class names; beside it
 * what the library it comes from keeps apart), model.safetensors, and what is known of its training: the figures of every epoch, and the dynamics of every sample.
 * The built-in encoder is such a folder without them; vision-folder.ts opens them.
 */
import { join } from 'node:path';
import type { TrainingDynamics } from '../../core/difficulty/dynamics.ts';
import { ownPreprocessing, type Preprocessing } from '../../core/images/preprocessing.ts';
import type { ResnetConfig } from '../../core/nn/resnet.ts';
import { writeSafetensors } from '../files/safetensors.ts';
import { makeFolder, writeWhole } from '../files/write-whole.ts';

/** config.json of a residual network from scratch. */
export interface ResnetFile extends ResnetConfig {
  /** Side of the square pictures, in pixels. */
  image_size: number;
  /** Class names, in the order of the logits. */
  labels: string[];
}

const half = [0.5, 0.5, 0.5];

/** What a residual network from scratch sees, in training as later: a square of the middle, in -1..1. */
export const cruxPreprocessing = (side: number): Preprocessing =>
  ownPreprocessing('cover', { width: side, height: side }, { mean: half, std: half });

export type Weights = Map<string, { shape: readonly number[]; data: Float32Array }>;

export interface EpochFigures {
  /** Mean over the epoch's batches, augmented and with the labels smoothed. */
  loss: number;
  /** Of the images held out: mean negative log-likelihood, and the share that is right. */
  validationLoss: number;
  validationAccuracy: number;
}

export interface TrainedClassifier {
  /** The JSON files that describe it, by name: config.json, and what is beside it. */
  description: Record<string, unknown>;
  weights: Weights;
  history: readonly EpochFigures[];
  dynamics: TrainingDynamics;
  /** What the dynamics are computed from, epoch by epoch: of each row, the probability of its label. */
  trueProbability: readonly Float32Array[];
  /** One for each row of the dynamics. */
  imageIds: readonly number[];
  /** Rows that only measured: nothing was learned from them. */
  heldOut: readonly number[];
}

export function writeClassifier(folder: string, o: TrainedClassifier): void {
  makeFolder(folder);
  const json = (name: string, value: unknown) =>
    writeWhole(join(folder, name), Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
  writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(o.weights), { format: 'pt' });
  for (const [name, value] of Object.entries(o.description)) json(name, value);
  json('history.json', o.history);
  const { dynamics: d } = o;
  const heldOut = new Set(o.heldOut);
  json(
    'dynamics.json',
    o.imageIds.map((imageId, i) => ({
      imageId,
      confidence: d.confidence[i],
      variability: d.variability[i],
      correctness: d.correctness[i],
      forgetting: d.forgetting[i],
      heldOut: heldOut.has(i),
      trueProbability: o.trueProbability.map((epoch) => Number(epoch[i].toFixed(4))),
    })),
  );
}
