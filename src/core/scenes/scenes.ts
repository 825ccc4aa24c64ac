/**
 * Owns the demo dataset's pictures: ten kinds of things in simple scenes, deterministic by seed, with the strength
 * of every difficulty factor known. A strength of 0 is absent, 1 is as hard as a person can still make out.
 */
import { type Rng, rngFromSeed } from '../rng.ts';
import {
  type Affine,
  type Canvas,
  type Colour,
  createCanvas,
  ellipse,
  line,
  paint,
  polygon,
  reduce,
} from './canvas.ts';
import { anyColours, mix, type Thing, things } from './objects.ts';

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
export type SceneFactors = Record<SceneFactor, number>; // each [0,1]

export interface Scene {
  pixels: Uint8Array; // u8[size,size,3] RGB
  size: number;
  className: string;
  classIndex: number;
  factors: SceneFactors;
  caption: string;
}

/** What makes each class hard when it is hard: the ground truth that hard-factor discovery is checked against. */
export const classDominantFactors: Readonly<Record<string, readonly [SceneFactor, SceneFactor]>> = {
  car: ['occlusion', 'lowLight'],
  house: ['lowLight', 'blur'],
  tree: ['blur', 'lowLight'],
  fish: ['lowLight', 'oddViewpoint'],
  cat: ['occlusion', 'clutter'],
  cup: ['clutter', 'occlusion'],
  boat: ['blur', 'oddViewpoint'],
  flower: ['clutter', 'blur'],
  umbrella: ['oddViewpoint', 'occlusion'],
  bicycle: ['lowLight', 'clutter'],
};

/** Most pictures are easy, a tail is hard, and then mostly through the class's two dominant factors. */
export function drawFactors(rng: Rng, classIndex: number): SceneFactors {
  const dominant = classDominantFactors[sceneClasses[classIndex]];
  const hardness = rng.uniform() ** 1.6;
  const factors = {} as SceneFactors;
  for (const factor of sceneFactors) {
    const weight = dominant.includes(factor) ? 1.15 : 0.35;
    factors[factor] = Math.min(1, weight * hardness * rng.uniform() ** 0.6);
  }
  return factors;
}

export function renderScene(options: {
  classIndex: number;
  seed: number;
  size?: number;
  factors?: SceneFactors;
}): Scene {
  const { classIndex, seed, size = 64 } = options;
  const thing = things[classIndex];
  if (!thing) throw new Error(`scene: class ${classIndex}, wanted 0..${things.length - 1}`);
  const factors = options.factors ?? drawFactors(rngFromSeed(seed, `factors ${thing.name}`), classIndex);
  const rng = rngFromSeed(seed, `scene ${thing.name}`);
  const canvas = createCanvas(size);
  const horizon = drawGround(canvas, thing.ground, rng);
  drawClutter(canvas, factors.clutter, rng, horizon);
  const place = placement(factors.oddViewpoint, rng);
  drawShadow(canvas, thing, place);
  const rare = rng.uniform() < factors.rareColour;
  const colours = rare ? thing.rare : thing.usual;
  const main = jitter(colours[rng.int(colours.length)], rng);
  thing.draw({
    canvas,
    map: place.map,
    rng,
    main,
    accent: jitter(thing.accents[rng.int(thing.accents.length)], rng),
  });
  drawOcclusion(canvas, factors.occlusion, rng, place);
  const pixels = finish(reduce(canvas), size, factors, rng);
  return {
    pixels,
    size,
    className: thing.name,
    classIndex,
    factors,
    caption: caption(thing.name, factors, rare, rng),
  };
}

const jitter = (c: Colour, rng: Rng): Colour => [
  c[0] + 24 * (rng.uniform() - 0.5),
  c[1] + 24 * (rng.uniform() - 0.5),
  c[2] + 24 * (rng.uniform() - 0.5),
];
const identity: Affine = [1, 0, 0, 1, 0, 0];

interface Placement {
  map: Affine;
  x: number;
  y: number;
  scale: number;
}

/** Upright, centred and large; with `odd` turned, squashed, and small or cut off by the border. */
function placement(odd: number, rng: Rng): Placement {
  const angle =
    (rng.uniform() - 0.5) * 0.12 + odd * (rng.uniform() < 0.5 ? -1 : 1) * (0.5 + 2 * rng.uniform());
  const squash = 1 - odd * 0.55 * rng.uniform();
  const flip = rng.uniform() < 0.5 ? -1 : 1;
  const far = rng.uniform() < 0.5;
  const scale = (0.34 + 0.08 * rng.uniform()) * (1 + odd * (far ? -0.45 : 0.35));
  const wander = 0.05 + 0.2 * odd;
  const x = 0.5 + wander * 2 * (rng.uniform() - 0.5);
  const y = 0.54 + wander * 1.6 * (rng.uniform() - 0.5);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return {
    map: [scale * c * flip, scale * s * flip, -scale * s * squash, scale * c * squash, x, y],
    x,
    y,
    scale,
  };
}

const walls: readonly Colour[] = [
  [214, 200, 178],
  [178, 196, 190],
  [206, 184, 190],
  [190, 192, 210],
];

/** @returns the height of the horizon, 0..1 from the top. */
function drawGround(canvas: Canvas, kind: Thing['ground'], rng: Rng): number {
  const horizon = 0.5 + 0.14 * rng.uniform();
  const sky: Colour = rng.uniform() < 0.7 ? [158 + 40 * rng.uniform(), 204, 236] : [236, 206, 176];
  const wall = jitter(walls[rng.int(walls.length)], rng);
  const floors: Record<Thing['ground'], Colour> = {
    street: [126, 126, 130],
    meadow: [128, 176, 96],
    water: [70, 132, 178],
    indoors: [164, 120, 82],
  };
  const floor = jitter(floors[kind], rng);
  const above = kind === 'indoors' ? wall : sky;
  paint(canvas, (_, y) =>
    y < horizon
      ? mix(above, [255, 255, 255], 0.45 * (y / horizon))
      : mix(floor, [30, 30, 40], 0.35 * ((y - horizon) / (1 - horizon))),
  );
  if (kind === 'water')
    for (let i = 0; i < 7; i++)
      line(
        canvas,
        identity,
        rng.uniform(),
        horizon + 0.04 + 0.4 * rng.uniform(),
        rng.uniform(),
        horizon + 0.05 + 0.4 * rng.uniform(),
        0.008,
        mix(floor, [255, 255, 255], 0.35),
      );
  if (kind === 'meadow')
    for (let i = 0; i < 3; i++)
      ellipse(
        canvas,
        identity,
        rng.uniform(),
        horizon + 0.02,
        0.25,
        0.06 + 0.06 * rng.uniform(),
        mix(floor, [60, 120, 90], 0.4),
        0.1,
      );
  if (kind === 'meadow' || kind === 'water')
    polygon(
      canvas,
      identity,
      [
        [0, horizon + 0.005],
        [1, horizon + 0.005],
        [1, 1],
        [0, 1],
      ],
      floor,
      0.4,
    );
  if (kind === 'street')
    for (let i = 0; i < 4; i++)
      line(canvas, identity, 0.05 + 0.28 * i, 0.92, 0.18 + 0.28 * i, 0.92, 0.025, [232, 228, 200]);
  if (kind === 'indoors') line(canvas, identity, 0, horizon, 1, horizon, 0.02, mix(wall, [80, 60, 50], 0.5));
  if ((kind === 'meadow' || kind === 'street') && rng.uniform() < 0.6)
    for (const dx of [0, 0.07, 0.14])
      ellipse(canvas, identity, 0.2 + 0.5 * rng.uniform() + dx, 0.12, 0.09, 0.045, [250, 250, 252], 0.1);
  return horizon;
}

/** Other things and patches behind: more, larger and more colourful with strength. */
function drawClutter(canvas: Canvas, strength: number, rng: Rng, horizon: number): void {
  const count = Math.round(strength * 16);
  for (let i = 0; i < count; i++) {
    const colour = jitter(anyColours[rng.int(anyColours.length)], rng);
    const [x, y] = [rng.uniform(), 0.15 + 0.8 * rng.uniform()];
    const r = 0.04 + 0.08 * strength * rng.uniform() + 0.03 * (y > horizon ? 1 : 0);
    const t = rng.uniform() * 6.28;
    const map: Affine = [r * Math.cos(t), r * Math.sin(t), -r * Math.sin(t), r * Math.cos(t), x, y];
    const kind = rng.int(4);
    if (kind === 0) ellipse(canvas, map, 0, 0, 1, 0.8, colour);
    else if (kind === 1)
      polygon(
        canvas,
        map,
        [
          [-1, -0.7],
          [1, -0.7],
          [1, 0.7],
          [-1, 0.7],
        ],
        colour,
      );
    else if (kind === 2)
      polygon(
        canvas,
        map,
        [
          [-1, 0.8],
          [0, -1],
          [1, 0.8],
        ],
        colour,
      );
    else {
      const other = things[rng.int(things.length)];
      other.draw({
        canvas,
        map: [r * 1.2, 0, 0, r * 1.2, x, y],
        rng,
        main: colour,
        accent: anyColours[rng.int(anyColours.length)],
      });
    }
  }
}

function drawShadow(canvas: Canvas, thing: Thing, p: Placement): void {
  if (thing.ground !== 'water')
    ellipse(
      canvas,
      identity,
      p.x + 0.02,
      p.y + p.scale * 0.85,
      p.scale * 0.95,
      p.scale * 0.16,
      [30, 34, 40],
      0,
      0.3,
    );
}

/** Something in front: posts, a hedge, or leaves, covering more with strength. */
function drawOcclusion(canvas: Canvas, strength: number, rng: Rng, p: Placement): void {
  if (strength < 0.12) return;
  const colour = jitter(anyColours[rng.int(anyColours.length)], rng);
  const kind = rng.int(3);
  const side = rng.uniform() < 0.5 ? -1 : 1;
  const reach = 1.35 * strength * p.scale;
  if (kind === 0) {
    const x0 = p.x + side * p.scale * 1.15;
    const x1 = x0 - side * reach;
    polygon(
      canvas,
      identity,
      [
        [x0, 0],
        [x1, 0],
        [x1, 1],
        [x0, 1],
      ],
      colour,
      0.3,
    );
    line(canvas, identity, x1, 0, x1, 1, 0.015, mix(colour, [20, 20, 20], 0.5));
  } else if (kind === 1) {
    const top = p.y + p.scale * 1.05 - reach;
    for (let i = 0; i < 12; i++)
      ellipse(canvas, identity, i / 11, top + 0.05 + 0.03 * rng.uniform(), 0.08, 0.07, [52, 108, 56], 0.4);
    polygon(
      canvas,
      identity,
      [
        [0, top + 0.05],
        [1, top + 0.05],
        [1, 1],
        [0, 1],
      ],
      [52, 108, 56],
      0.5,
    );
  } else {
    const posts = 1 + Math.round(3 * strength);
    const width = (reach * 0.62) / posts;
    for (let i = 0; i < posts; i++) {
      const x = p.x + p.scale * ((2 * (i + 0.5)) / posts - 1) * 0.8;
      polygon(
        canvas,
        identity,
        [
          [x - width / 1.6, 0],
          [x + width / 1.6, 0],
          [x + width / 1.6, 1],
          [x - width / 1.6, 1],
        ],
        colour,
        0.3,
      );
    }
  }
}

/** Blur, then darkness with its noise. */
function finish(rgb: Float32Array, size: number, factors: SceneFactors, rng: Rng): Uint8Array {
  const blurred = blur(rgb, size, (factors.blur * 4.2 * size) / 64);
  const gain = 1 - 0.8 * factors.lowLight;
  const noise = 2 + 13 * factors.lowLight;
  const tint: Colour = [1 - 0.12 * factors.lowLight, 1 - 0.06 * factors.lowLight, 1 + 0.1 * factors.lowLight];
  return Uint8Array.from(blurred, (v, i) =>
    Math.max(0, Math.min(255, Math.round(v * gain * tint[i % 3] + noise * rng.normal()))),
  );
}

/** Gaussian, sigma in pixels, separable, borders repeated. */
function blur(rgb: Float32Array, size: number, sigma: number): Float32Array {
  if (sigma < 0.15) return rgb;
  const radius = Math.ceil(2.5 * sigma);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  const clamp = (v: number) => Math.max(0, Math.min(size - 1, v));
  const pass = (from: Float32Array, dx: number, dy: number) => {
    const out = new Float32Array(from.length);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let k = -radius; k <= radius; k++) {
          const at = (clamp(y + k * dy) * size + clamp(x + k * dx)) * 3;
          const w = kernel[k + radius] / total;
          for (let c = 0; c < 3; c++) out[(y * size + x) * 3 + c] += w * from[at + c];
        }
      }
    }
    return out;
  };
  return pass(pass(rgb, 1, 0), 0, 1);
}

/** Words for the factors that show; now and then the plain sentence alone. */
function caption(name: string, factors: SceneFactors, rare: boolean, rng: Rng): string {
  const words: [boolean, string][] = [
    [factors.lowLight > 0.35, 'in the dark'],
    [factors.blur > 0.3, 'blurry'],
    [factors.occlusion > 0.3, 'partly hidden'],
    [factors.clutter > 0.35, 'in a cluttered scene'],
    [factors.oddViewpoint > 0.35, 'seen at an odd angle'],
    [rare, 'in an unusual colour'],
  ];
  const said = words.filter(([applies]) => applies && rng.uniform() < 0.9).map(([, text]) => text);
  return [
    `a photo of a ${name}`,
    ...(said.length > 0 ? said : rng.uniform() < 0.3 ? ['clear view'] : []),
  ].join(', ');
}
