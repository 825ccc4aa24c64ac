/** Owns what is the same of image networks of any library: how they are trained further, and their classes' names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Shape } from '../../core/graph/value.ts';
import type { Preprocessing } from '../../core/images/preprocessing.ts';
import type { ClipText } from './clip-text-tower.ts';
import { readLabels } from './labels.ts';
import type { ImageNetwork } from './network-encoder.ts';

/** The parts of a network. Parameters have the names of the file. */
export interface Stages {
  /** Path of the last layer, which gives the logits. */
  head: string;
  /** Parts that can be trained from a certain one on: what pictures meet first is 0. */
  stages: number;
  stageOf(parameter: string): number;
}

/** How a network is trained further. */
export interface Trainable extends Stages {
  /** The JSON files of the network with other classes, on pictures of this size: config.json, and what is beside it. */
  filesFor(labels: readonly string[], size: number): Record<string, unknown>;
  /** How those files say that pictures are prepared: what is trained sees them as what is then read does. */
  preprocessingAt(size: number): Preprocessing;
  /** What a parameter is called in the trained network's file, null: it is not kept. Absent: as it is called here. */
  nameInFile?(parameter: string): string | null;
}

/** A network that config.json names. */
export interface VisionKind {
  what: string;
  network: ImageNetwork;
  /** Of a CLIP, what reads texts into the space of its features, or why nothing does. */
  text?: ClipText | string;
  /** Why, where it cannot be trained further. */
  trainable: Trainable | string;
  /** Parameters of the file that belong to parts of the model that pictures do not pass. */
  unused?: RegExp;
  /** Why nothing but the library's defaults says how pictures are prepared; absent: a file says it. */
  assumed?: string;
}

export type Shapes = ReadonlyMap<string, Shape>;

/** A folder as a library saved it. */
export interface SavedNetwork {
  /** Of config.json. */
  json: unknown;
  shapes: Shapes;
  folder: string;
}

/** How many there are of `name(0)`, `name(1)` ... among the parameters. */
export function countIn(shapes: Shapes, name: (i: number) => string): number {
  let n = 0;
  while (shapes.has(name(n))) n++;
  return n;
}

/** @throws where the file has no such parameter. */
export function shapeIn(shapes: Shapes, name: string): Shape {
  const found = shapes.get(name);
  if (!found) throw new Error(`${name} is missing among the parameters`);
  return found;
}

/** The stem, then a stage for each size of the maps. @param stage its number in a parameter's name, from `first` on */
export const resnetStages = (depths: readonly number[], head: string, stage: RegExp, first: 0 | 1) => ({
  head,
  stages: 1 + depths.length,
  stageOf(parameter: string): number {
    const found = stage.exec(parameter);
    return found ? 1 + Number(found[1]) - first : 0;
  },
});

/**
 * Patches and positions, then four quarters of the blocks, the last with the norm behind them.
 * @param block its number in a parameter's name
 */
export const vitStages = (depth: number, head: string, block: RegExp, lastNorm: RegExp) => ({
  head,
  stages: 5,
  stageOf(parameter: string): number {
    const found = block.exec(parameter);
    if (found) return 1 + Math.floor((4 * Number(found[1])) / depth);
    return lastNorm.test(parameter) ? 4 : 0;
  },
});

/**
 * Class names in the order of the logits: those that the config holds, else labels.txt beside it, one a line; null:
 * they have no names.
 */
export function labelsOf(
  told: { names: string[] | null; field: string },
  classes: number,
  folder: string,
): string[] | null {
  const file = join(folder, 'labels.txt');
  const labels = told.names ?? (existsSync(file) ? readLabels(file) : null);
  if (labels && labels.length !== classes) {
    throw new Error(`${labels.length} labels for ${classes} classes; check ${told.field} or labels.txt`);
  }
  return labels;
}
