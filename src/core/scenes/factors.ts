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

type Pairs = Readonly<Record<string, readonly [SceneFactor, SceneFactor]>>;

/**
 * What makes each class of the demo dataset hard: the ground truth that hard-factor discovery is checked against. Of
 * the factors, each class has two that the built-in encoder is troubled by in it; strength alone makes nothing hard.
 */
export const classDominantFactors: Pairs = {
  car: ['oddViewpoint', 'lowLight'],
  house: ['oddViewpoint', 'occlusion'],
  tree: ['lowLight', 'clutter'],
  fish: ['lowLight', 'occlusion'],
  cat: ['oddViewpoint', 'clutter'],
  cup: ['oddViewpoint', 'clutter'],
  boat: ['oddViewpoint', 'occlusion'],
  flower: ['lowLight', 'occlusion'],
  umbrella: ['lowLight', 'occlusion'],
  bicycle: ['blur', 'clutter'],
};

/** What is drawn strongest in the scenes that the built-in models are trained on. */
export const trainedDominantFactors: Pairs = {
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

/** How strong factors are: a picture has one hardness, u^exponent, and a dominant factor follows it. */
interface Distribution {
  pairs: Pairs;
  exponent: number;
  dominant: number; // weight of the class's two dominant factors
  each: number; // a factor's own draw, v^each: smaller keeps it nearer to the hardness
  /** Weight by which the other four follow the hardness too; or how strong each is at most, in easy and hard alike. */
  other: number | SceneFactors;
}

/**
 * `mild` and `wide` train the built-in models: in `mild` most pictures are easy, a tenth has a hardness above 0.8;
 * `wide` shows all that is hard. `demo` is the demo dataset's: hard enough that the built-in encoder's scores spread over
 * all of [0,1] (out-of-fold accuracy 84 %, 27 % of the scores above a third), and by each class's own factors, so that there is
 * something to find. Where all factors follow one hardness, all correlate with difficulty alike. The others vary, or the
 * scorer would take every picture that a diffusion model draws a little soft or pale for a hard one; less so those of
 * composition, which are on or off and would decide over the picture.
 */
const distributions = {
  mild: { pairs: trainedDominantFactors, exponent: 2, dominant: 1.2, each: 0.6, other: 0.35 },
  wide: { pairs: trainedDominantFactors, exponent: 0.55, dominant: 1.5, each: 0.4, other: 0.7 },
  demo: {
    pairs: classDominantFactors,
    exponent: 2,
    dominant: 1.5,
    each: 0.3,
    other: { clutter: 0.4, occlusion: 0.1, oddViewpoint: 0.4, lowLight: 0.6, rareColour: 0.6, blur: 0.6 },
  },
} satisfies Record<string, Distribution>;
export type SceneDistribution = keyof typeof distributions;

/** Factor strengths of one picture. @throws for a class that is none. */
export function drawFactors(
  rng: Rng,
  classIndex: number,
  distribution: SceneDistribution = 'mild',
): SceneFactors {
  const { pairs, exponent, dominant, each, other }: Distribution = distributions[distribution];
  const own = pairs[sceneClasses[classIndex]];
  if (!own)
    throw new Error(
      `scene factors: class ${classIndex}, wanted 0..${sceneClasses.length - 1} (sceneClasses)`,
    );
  const hardness = rng.uniform() ** exponent;
  const factors = {} as SceneFactors;
  for (const factor of sceneFactors) {
    const draw = rng.uniform();
    const follow = (weight: number) => Math.min(1, weight * hardness * draw ** each);
    if (own.includes(factor)) factors[factor] = follow(dominant);
    else factors[factor] = typeof other === 'number' ? follow(other) : other[factor] * draw;
  }
  return factors;
}
