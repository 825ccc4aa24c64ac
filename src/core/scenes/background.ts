/** Owns the places behind a thing, the clutter around it, and its shadow. */
import type { Rng } from '../rng.ts';
import {
  type Affine,
  type Canvas,
  type Colour,
  ellipse,
  identity,
  line,
  mix,
  paintRows,
  points,
  polygon,
  ring,
} from './canvas.ts';
import { box, dark, jitter, light, oval, type Pen, patch, solid, spot, stroke, wood } from './pen.ts';
import { type ColourName, type Ground, palette, things } from './things.ts';

const white: Colour = [255, 255, 255];
const walls: readonly Colour[] = [
  [222, 208, 186],
  [184, 204, 196],
  [216, 194, 198],
  [196, 200, 220],
];
const floors: Record<Ground, Colour> = {
  street: [126, 126, 130],
  meadow: [124, 176, 92],
  sea: [64, 130, 178],
  underwater: [40, 112, 166],
  beach: [228, 204, 150],
  indoors: [172, 126, 86],
};
const anyColour = (rng: Rng): Colour => {
  const names = Object.keys(palette) as ColourName[];
  return jitter(palette[names[rng.int(names.length)]], rng);
};

/** Paints the place. @returns the height of the horizon, 0..1 from the top. */
export function drawGround(canvas: Canvas, kind: Ground, rng: Rng): number {
  const horizon = 0.5 + 0.14 * rng.uniform();
  const skies: readonly Colour[] = [
    [150 + 40 * rng.uniform(), 200, 238],
    [236, 202, 172],
    [196, 212, 222],
  ];
  const u = rng.uniform();
  const above = kind === 'indoors' ? jitter(walls[rng.int(4)], rng) : skies[u < 0.6 ? 0 : u < 0.8 ? 1 : 2];
  const floor = jitter(floors[kind], rng, 18);
  if (kind === 'underwater') {
    paintRows(canvas, (y) => mix(light(floor, 0.4), dark(floor, 0.35), y));
    drawSeabed(canvas, floor, rng);
    return 0.86;
  }
  paintRows(canvas, (y) =>
    y < horizon
      ? mix(above, white, 0.4 * (y / horizon))
      : mix(floor, dark(floor, 0.4), (y - horizon) / (1 - horizon)),
  );
  if (kind === 'indoors') drawRoom(canvas, above, horizon, rng);
  else {
    if (rng.uniform() < 0.35)
      ellipse(canvas, identity, 0.1 + 0.8 * rng.uniform(), 0.14, 0.065, 0.065, [255, 240, 190], 0);
    for (let cloud = rng.int(3); cloud > 0; cloud--) {
      const [x, y] = [rng.uniform(), 0.08 + 0.14 * rng.uniform()];
      for (const dx of [0, 0.07, 0.14])
        ellipse(canvas, identity, x + dx, y - (dx === 0.07 ? 0.02 : 0), 0.08, 0.04, [250, 250, 252], 0.1);
    }
  }
  if (kind === 'street') drawStreet(canvas, above, horizon, rng);
  if (kind === 'meadow') drawHills(canvas, floor, horizon, rng);
  if (kind === 'sea') drawWaves(canvas, floor, horizon, 1, rng);
  if (kind === 'beach') {
    polygon(canvas, identity, points(box(0, horizon - 0.12, 1, horizon)), [70, 140, 186], 0.1);
    drawWaves(canvas, [70, 140, 186], horizon - 0.14, 0.14, rng);
  }
  return horizon;
}

function drawSeabed(canvas: Canvas, water: Colour, rng: Rng): void {
  for (let i = 0; i < 3; i++) {
    const x = rng.uniform();
    polygon(canvas, identity, points([x, 0, x + 0.08, 0, x - 0.12, 1, x - 0.3, 1]), white, 0, 0.07);
  }
  polygon(
    canvas,
    identity,
    points([0, 0.88, 0.3, 0.85, 0.7, 0.89, 1, 0.86, 1, 1, 0, 1]),
    mix([206, 186, 132], water, 0.35),
  );
  for (let i = 0; i < 4; i++) {
    const [x, height] = [rng.uniform(), 0.12 + 0.14 * rng.uniform()];
    polygon(
      canvas,
      identity,
      points([
        x,
        0.98,
        x + 0.02,
        0.94 - height / 2,
        x - 0.01,
        0.92 - height,
        x + 0.05,
        0.94 - height / 2,
        x + 0.04,
        0.98,
      ]),
      [46, 120, 84],
    );
  }
  for (let i = 0; i < 5; i++)
    ellipse(canvas, identity, rng.uniform(), 0.8 * rng.uniform(), 0.014, 0.014, white, 0, 0.45);
}

function drawRoom(canvas: Canvas, wall: Colour, horizon: number, rng: Rng): void {
  line(canvas, identity, 0, horizon, 1, horizon, 0.025, mix(wall, [80, 60, 50], 0.5));
  const x = rng.uniform() < 0.5 ? 0.16 : 0.84;
  const u = rng.uniform();
  if (u < 0.35) {
    polygon(canvas, identity, points(box(x - 0.12, 0.08, x + 0.12, 0.36)), [246, 244, 238], 0.05);
    polygon(canvas, identity, points(box(x - 0.1, 0.1, x + 0.1, 0.34)), [176, 214, 240], 0.2);
    line(canvas, identity, x, 0.1, x, 0.34, 0.015, [246, 244, 238]);
  } else if (u < 0.65) {
    polygon(canvas, identity, points(box(x - 0.09, 0.1, x + 0.09, 0.28)), dark(wood, 0.1), 0.1);
    polygon(
      canvas,
      identity,
      points(box(x - 0.065, 0.125, x + 0.065, 0.255)),
      mix(anyColour(rng), wall, 0.4),
      0.5,
    );
  }
  for (let i = 1; i < 4; i++)
    line(
      canvas,
      identity,
      0,
      horizon + (1 - horizon) * (i / 4) ** 1.3,
      1,
      horizon + (1 - horizon) * (i / 4) ** 1.3,
      0.006,
      [120, 84, 56],
    );
}

function drawStreet(canvas: Canvas, sky: Colour, horizon: number, rng: Rng): void {
  if (rng.uniform() < 0.7)
    for (let x = -0.05; x < 1; ) {
      const [w, h] = [0.1 + 0.12 * rng.uniform(), 0.08 + 0.22 * rng.uniform()];
      const colour = mix([128, 134, 152], sky, 0.35 + 0.25 * rng.uniform());
      polygon(canvas, identity, points(box(x, horizon - h, x + w, horizon)), colour, 0.1);
      for (let y = horizon - h + 0.03; y < horizon - 0.03; y += 0.055)
        for (let wx = x + 0.025; wx < x + w - 0.03; wx += 0.045)
          polygon(canvas, identity, points(box(wx, y, wx + 0.02, y + 0.025)), light(colour, 0.4), 0);
      x += w;
    }
  polygon(canvas, identity, points(box(0, horizon, 1, horizon + 0.05)), [176, 172, 166], 0.1);
  for (let i = -1; i < 4; i++)
    line(canvas, identity, 0.05 + 0.28 * i, 0.93, 0.18 + 0.28 * i, 0.93, 0.025, [232, 228, 200]);
}

function drawHills(canvas: Canvas, floor: Colour, horizon: number, rng: Rng): void {
  for (let i = 0; i < 3; i++)
    ellipse(
      canvas,
      identity,
      rng.uniform(),
      horizon + 0.03,
      0.28,
      0.07 + 0.09 * rng.uniform(),
      mix(floor, [70, 130, 110], 0.35 + 0.2 * rng.uniform()),
      0.1,
    );
  paintBelow(canvas, floor, horizon);
  for (let i = 0; i < 10; i++) {
    const [x, y] = [rng.uniform(), horizon + 0.05 + (0.95 - horizon) * rng.uniform()];
    line(canvas, identity, x, y, x + 0.012, y - 0.03, 0.01, dark(floor, 0.3));
  }
}

const paintBelow = (canvas: Canvas, floor: Colour, horizon: number) =>
  polygon(canvas, identity, points(box(0, horizon, 1, 1)), floor, 0.35);

function drawWaves(canvas: Canvas, water: Colour, horizon: number, depth: number, rng: Rng): void {
  for (let i = 0; i < 8; i++) {
    const [x, y, w] = [
      rng.uniform(),
      horizon + 0.03 + 0.42 * depth * rng.uniform(),
      0.04 + 0.1 * rng.uniform(),
    ];
    line(canvas, identity, x - w, y, x + w, y, 0.01, light(water, 0.4));
  }
}

/** Strength 0 draws nothing; 1 fills the place with other things and puts some of them in front of the edges. */
export function drawClutter(
  canvas: Canvas,
  strength: number,
  rng: Rng,
  horizon: number,
  ground: Ground,
  layer: 'behind' | 'front',
): void {
  const most = layer === 'behind' ? 22 : 6;
  const count =
    layer === 'behind' ? Math.round(strength * most) : Math.round(Math.max(0, strength - 0.4) * 10);
  for (let i = 0; i < most; i++) {
    // Every item draws from the stream whether it shows or not, so that strength only adds.
    const x = (i * 0.618 + rng.uniform() * 0.2) % 1;
    const high = layer === 'behind' && rng.uniform() < 0.4;
    const y = high
      ? 0.08 + (horizon - 0.16) * rng.uniform()
      : layer === 'front'
        ? 0.84 + 0.1 * rng.uniform()
        : horizon - 0.04 + (0.9 - horizon) * rng.uniform();
    const r = (0.075 + 0.06 * rng.uniform()) * (0.6 + 0.5 * strength) * (layer === 'front' ? 0.95 : 1);
    const map: Affine = [r, 0, 0, r, x, y];
    const pen: Pen = { canvas, map, rng, main: anyColour(rng), accent: anyColour(rng) };
    const kind = rng.int(high ? 3 : lowItems.length + 3);
    if (i >= count) continue;
    if (high) highItems[ground === 'indoors' && kind === 2 ? 3 : kind](pen);
    else if (kind < lowItems.length) lowItems[kind](pen);
    else things[Math.floor(rng.uniform() * things.length)].draw(pen);
  }
}

/** Balloon, bunting, kite (outdoors) or picture (indoors). */
const highItems: readonly ((p: Pen) => void)[] = [
  (p) => {
    stroke(p, 0, 0.6, 0.1, 1.8, 0.08, dark(p.main));
    oval(p, 0, 0, 0.75, 0.9, p.main, 0.08); // a balloon
    spot(p, -0.25, -0.35, 0.16, 0.2, light(p.main, 0.6));
  },
  (p) => {
    stroke(p, -1.4, -0.6, 1.4, -0.6, 0.07, dark(wood)); // bunting
    for (const [i, x] of [-1, -0.33, 0.33, 1].entries())
      solid(p, [x - 0.3, -0.58, x + 0.3, -0.58, x, 0.2], i % 2 === 0 ? p.main : p.accent, 0.04);
  },
  (p) => {
    solid(p, [0, -1, 0.7, 0, 0, 1.1, -0.7, 0], p.main, 0.08); // a kite
    patch(p, [0, -1, 0.7, 0, 0, 0], p.accent);
    stroke(p, 0, 1.1, 0.3, 1.9, 0.08, dark(p.main));
  },
  (p) => {
    solid(p, box(-0.9, -0.75, 0.9, 0.75), wood, 0.06); // a picture or a sign
    patch(p, box(-0.68, -0.53, 0.68, 0.53), p.main, 0.6);
    patch(p, [-0.6, 0.5, 0, -0.3, 0.6, 0.5], p.accent);
  },
];

const lowItems: readonly ((p: Pen) => void)[] = [
  (p) => {
    solid(p, box(-0.85, -0.8, 0.85, 0.8), p.main, 0.08); // a crate
    stroke(p, -0.85, -0.2, 0.85, -0.2, 0.09, dark(p.main));
    stroke(p, -0.85, 0.35, 0.85, 0.35, 0.09, dark(p.main));
  },
  (p) => {
    oval(p, 0, 0, 0.85, 0.85, p.main, 0.08); // a ball
    solid(p, [-0.8, -0.2, 0.8, -0.2, 0.8, 0.2, -0.8, 0.2], p.accent, 0.02);
    spot(p, -0.3, -0.42, 0.18, 0.14, [255, 255, 255]);
  },
  (p) => {
    for (const [x, y] of [
      [-0.55, 0.2],
      [0.55, 0.2],
      [0, -0.3],
      [0, 0.3],
    ])
      oval(p, x, y, 0.55, 0.5, mix(p.main, [60, 132, 66], 0.75), 0.06); // a bush
  },
  (p) => {
    solid(p, box(-0.2, -1.2, 0.2, -0.4), p.main, 0.06); // a bottle
    solid(p, [-0.45, -0.4, 0.45, -0.4, 0.45, 0.9, -0.45, 0.9], p.main, 0.06);
    patch(p, box(-0.43, 0, 0.43, 0.5), light(p.accent, 0.5));
  },
  (p) => {
    for (let i = 0; i < 3; i++)
      solid(
        p,
        box(-0.95 + 0.1 * i, 0.5 - 0.42 * i, 0.8 + 0.08 * i, 0.86 - 0.42 * i),
        i % 2 === 0 ? p.main : p.accent,
        0.06,
      ); // books
  },
];

/** A soft shadow under a thing at (x, y) whose box has half-width `scale`, all in 0..1. */
export function drawShadow(canvas: Canvas, x: number, y: number, scale: number): void {
  for (const grow of [1.05, 0.85]) {
    const corners = ring(x + 0.02, y + scale * 0.86, scale * grow, scale * 0.16 * grow);
    polygon(canvas, identity, corners, [30, 34, 40], 0, 0.2);
  }
}
