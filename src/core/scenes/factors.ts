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

/** How hardness is spread over pictures: hardness = u^exponent, and how far factors follow it. */
interface Distribution {
  exponent: number;
  dominant: number; // weight of the class's two dominant factors
  other: number; // weight of the other four
  each: number; // a factor's own draw, v^each: smaller keeps it nearer to the hardness
}

/**
 * `mild` trains the built-in models: most pictures are easy, a tenth has a hardness above 0.8. `wide` is the demo
 * dataset's: hard enough that the built-in encoder's scores spread over all of [0,1] (out-of-fold accuracy 84 %,
 * median difficulty 0.10, three in ten above 0.31).
 */
const distributions = {
  mild: { exponent: 2, dominant: 1.2, other: 0.35, each: 0.6 },
  wide: { exponent: 0.55, dominant: 1.5, other: 0.7, each: 0.4 },
} satisfies Record<string, Distribution>;

/** Factor strengths of one picture: one hardness, followed by the dominant factors most. */
export function drawFactors(
  rng: Rng,
  classIndex: number,
  distribution: keyof typeof distributions = 'mild',
): SceneFactors {
  const dominantFactors = classDominantFactors[sceneClasses[classIndex]];
  if (!dominantFactors)
    throw new Error(
      `scene factors: class ${classIndex}, wanted 0..${sceneClasses.length - 1} (sceneClasses)`,
    );
  const { exponent, dominant, other, each } = distributions[distribution];
  const hardness = rng.uniform() ** exponent;
  const factors = {} as SceneFactors;
  for (const factor of sceneFactors) {
    const weight = dominantFactors.includes(factor) ? dominant : other;
    factors[factor] = Math.min(1, weight * hardness * rng.uniform() ** each);
  }
  return factors;
}
