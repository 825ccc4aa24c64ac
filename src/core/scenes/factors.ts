/** Owns the difficulty factors of scenes: their names, and how strong they are in each class of the dataset. */
import type { Rng } from '../rng.ts';
import { things } from './things.ts';

export const sceneClasses: readonly string[] = things.map((t) => t.name);
export const sceneFactors = [
  'clutter',
  'occlusion',
  'lowLight',
  'oddViewpoint',
  'rareColour',
  'blur',
] as const;
export type SceneFactor = (typeof sceneFactors)[number];
export type SceneFactors = Record<SceneFactor, number>; // each [0,1]: 0 absent, 1 as hard as it gets

/** What makes each class hard when it is hard: the ground truth that hard-factor discovery is checked against. */
export const classDominantFactors: Readonly<Record<string, readonly [SceneFactor, SceneFactor]>> = {
  car: ['occlusion', 'blur'],
  house: ['lowLight', 'clutter'],
  tree: ['lowLight', 'rareColour'],
  fish: ['oddViewpoint', 'rareColour'],
  cat: ['occlusion', 'lowLight'],
  cup: ['clutter', 'occlusion'],
  boat: ['lowLight', 'blur'],
  flower: ['rareColour', 'blur'],
  umbrella: ['oddViewpoint', 'clutter'],
  bicycle: ['oddViewpoint', 'blur'],
};

/**
 * One hardness per picture (median 0.25, a tenth above 0.8), which the class's two dominant factors follow and the
 * other four follow at a third: most pictures are easy, a long tail is hard.
 */
export function drawFactors(rng: Rng, classIndex: number): SceneFactors {
  const dominant = classDominantFactors[sceneClasses[classIndex]];
  if (!dominant)
    throw new Error(
      `scene factors: class ${classIndex}, wanted 0..${sceneClasses.length - 1} (sceneClasses)`,
    );
  const hardness = rng.uniform() ** 2;
  const factors = {} as SceneFactors;
  for (const factor of sceneFactors) {
    const weight = dominant.includes(factor) ? 1.2 : 0.35;
    factors[factor] = Math.min(1, weight * hardness * rng.uniform() ** 0.6);
  }
  return factors;
}
