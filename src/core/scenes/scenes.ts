/**
 * Owns the demo dataset's pictures: ten kinds of things in simple scenes, deterministic by seed, with the strength
 * of every difficulty factor known. Each stage has its own random stream, so that two scenes of one seed differ
 * only by their factors.
 */
import { type Rng, rngFromSeed } from '../rng.ts';
import { drawClutter, drawGround, drawShadow } from './background.ts';
import { type Affine, createCanvas, mix, reduce } from './canvas.ts';
import { blur, drawOcclusion, expose } from './degrade.ts';
import {
  drawFactors,
  type SceneDistribution,
  type SceneFactor,
  type SceneFactors,
  sceneFactors,
} from './factors.ts';
import { jitter } from './pen.ts';
import { type ColourName, type Ground, palette, things } from './things.ts';

export {
  classDominantFactors,
  drawFactors,
  type SceneDistribution,
  type SceneFactor,
  type SceneFactors,
  sceneClasses,
  sceneFactors,
} from './factors.ts';

export interface Scene {
  pixels: Uint8Array; // u8[size,size,3] RGB
  size: number;
  className: string;
  classIndex: number;
  factors: SceneFactors;
  /** "a photo of a CLASS", then now and then what is notable, such as ", red, in the dark". */
  caption: string;
}

/** Draws one picture of `size` (at least 8) pixels a side; factors are drawn from the seed where absent. */
export function renderScene(options: {
  classIndex: number;
  seed: number; // an integer
  size?: number;
  factors?: SceneFactors;
  /** How hard the drawn factors are; see factors.ts. */
  distribution?: SceneDistribution;
}): Scene {
  const { classIndex, seed, size = 64 } = options;
  const thing = things[classIndex];
  if (!thing) throw new Error(`scene: class ${classIndex}, wanted 0..${things.length - 1} (sceneClasses)`);
  if (!Number.isInteger(size) || size < 8)
    throw new Error(`scene: size ${size}, wanted a whole number from 8`);
  const stream = (stage: string) => rngFromSeed(seed, `${stage} ${thing.name}`);
  const factors = options.factors ?? drawFactors(stream('factors'), classIndex, options.distribution);
  for (const name of sceneFactors) {
    const strength = factors[name];
    if (!(strength >= 0 && strength <= 1)) throw new Error(`scene: ${name} ${strength}, wanted 0..1`);
  }

  const looks = stream('looks');
  const ground = thing.grounds[looks.int(thing.grounds.length)];
  const usual = thing.usual[looks.int(thing.usual.length)];
  const rare = thing.rare[looks.int(thing.rare.length)];
  const accent = thing.accents[looks.int(thing.accents.length)];
  const place = placement(factors.oddViewpoint, stream('place'));

  const canvas = createCanvas(size);
  const horizon = drawGround(canvas, ground, stream('ground'));
  drawClutter(canvas, factors.clutter, stream('behind'), horizon, ground, 'behind');
  if (thing.shadow) drawShadow(canvas, place.x, place.y, place.scale);
  thing.draw({
    canvas,
    map: place.map,
    rng: stream('thing'),
    main: jitter(mix(palette[usual], palette[rare], factors.rareColour), looks, 36),
    accent: jitter(palette[accent], looks),
  });
  drawClutter(canvas, factors.clutter, stream('front'), horizon, ground, 'front');
  const [top, bottom] = thing.extent.map((v) => place.y + v * place.scale);
  drawOcclusion(canvas, factors.occlusion, stream('occlusion'), { ...place, top, bottom });
  const pixels = expose(
    blur(reduce(canvas), size, factors.blur, stream('blur')),
    size,
    factors.lowLight,
    stream('light'),
  );
  const colour = factors.rareColour < 0.2 ? usual : factors.rareColour > 0.8 ? rare : null;
  const caption = describe(thing.name, factors, colour, ground, stream('caption'));
  return { pixels, size, className: thing.name, classIndex, factors, caption };
}

interface Placement {
  map: Affine; // the thing's box to the picture's 0..1
  x: number;
  y: number;
  scale: number; // half the width of the thing's box
}

/** Upright, about the middle and large; with `odd` turned, squashed and sheared, and small or cut off by the border. */
function placement(odd: number, rng: Rng): Placement {
  const sign = rng.uniform() < 0.5 ? -1 : 1;
  const angle = (rng.uniform() - 0.5) * 0.12 + odd * sign * (0.6 + 1.5 * rng.uniform());
  const squash = 1 - odd * (0.15 + 0.35 * rng.uniform());
  const shear = odd * (rng.uniform() - 0.5);
  const flip = rng.uniform() < 0.5 ? -1 : 1;
  const far = rng.uniform() < 0.5;
  const scale = (0.32 + 0.09 * rng.uniform()) * (1 + odd * (far ? -0.32 : 0.32));
  const x = 0.5 + (0.12 + 0.4 * odd) * (rng.uniform() - 0.5);
  const y = 0.54 + (0.08 + 0.3 * odd) * (rng.uniform() - 0.5);
  const [c, s] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const [cx, cy] = [c * shear - s * squash, s * shear + c * squash];
  return { map: [c * flip, s * flip, cx, cy, x, y], x, y, scale };
}

/** A factor is worth a word from this strength on. */
const notable = 0.35;
const factorWords: Record<SceneFactor, string> = {
  rareColour: 'in an unusual colour',
  lowLight: 'in the dark',
  oddViewpoint: 'seen at an odd angle',
  occlusion: 'partly hidden',
  clutter: 'in a cluttered scene',
  blur: 'blurry',
};
const groundWords: Record<Ground, string> = {
  street: 'on a street',
  meadow: 'in a meadow',
  sea: 'on the sea',
  underwater: 'under water',
  beach: 'on a beach',
  indoors: 'in a room',
};

/** The article stays "a" for every class, because prompts are made from the template "a photo of a [CLS]". */
function describe(
  name: string,
  factors: SceneFactors,
  colour: ColourName | null,
  ground: Ground,
  rng: Rng,
): string {
  const plain = rng.uniform() < 0.15;
  const parts = [`a photo of a ${name}`];
  if (colour !== null && rng.uniform() < 0.4 && !plain) parts.push(colour);
  if (rng.uniform() < 0.3 && !plain) parts.push(groundWords[ground]);
  for (const factor of Object.keys(factorWords) as SceneFactor[])
    if (rng.uniform() < 0.9 && factors[factor] >= notable && !plain) parts.push(factorWords[factor]);
  return parts.join(', ');
}
