/** Owns what stands before the thing and what the camera does to it: occluders, blur, and low light with noise. */
import type { Rng } from '../rng.ts';
import { type Canvas, type Colour, ellipse, identity, line, mix, points, polygon } from './canvas.ts';
import { box, dark, jitter, light } from './pen.ts';

/** Share of the thing's box that is covered at strength 1. */
const mostCovered = 0.6;

/** Covers the thing at (x, y), `2 scale` wide, from `top` to `bottom` (all 0..1 of the picture): by a brick wall, a hedge, a fence, or hanging leaves. */
export function drawOcclusion(
  canvas: Canvas,
  strength: number,
  rng: Rng,
  { x, y, scale, top, bottom }: { x: number; y: number; scale: number; top: number; bottom: number },
): void {
  const kind = rng.int(4);
  const side = rng.uniform() < 0.5 ? -1 : 1;
  const reach = 2 * scale * mostCovered * strength;
  if (strength < 0.05) return;
  const rect = (x0: number, y0: number, x1: number, y1: number, colour: Colour, shade = 0.2) =>
    polygon(canvas, identity, points(box(x0, y0, x1, y1)), colour, shade);
  const leaves = (edge: number, inward: number) => {
    const green = jitter([58, 116, 60], rng);
    if (inward > 0) rect(0, -0.1, 1, edge - 0.04, green);
    else rect(0, edge + 0.04, 1, 1.1, green);
    for (let i = 0; i < 44; i++) {
      const d = i < 14 ? 0.04 : 0.06 + 0.5 * rng.uniform();
      const tone = mix(dark(green, 0.25), light(green, 0.25), rng.uniform());
      ellipse(canvas, identity, i < 14 ? i / 13 : rng.uniform(), edge - inward * d, 0.06, 0.045, tone, 0.3);
    }
  };
  if (kind === 0) {
    const brick = jitter([172, 96, 76], rng);
    const edge = x - side * (scale - reach);
    const [x0, x1] = side < 0 ? [edge, 1.1] : [-0.1, edge];
    rect(x0, 0, x1, 1, mix(brick, [220, 210, 200], 0.5), 0.1);
    for (let row = 0; row < 12; row++)
      for (let bx = -0.2 + (row % 2) * 0.1; bx < 1.1; bx += 0.2) {
        const [a, b] = [Math.max(x0, bx), Math.min(x1, bx + 0.185)];
        if (b > a) rect(a, row / 12, b, (row + 0.84) / 12, mix(brick, [120, 60, 50], 0.35 * rng.uniform()));
      }
    line(canvas, identity, edge, 0, edge, 1, 0.015, dark(brick, 0.5));
  } else if (kind === 1) leaves(bottom - (bottom - top) * mostCovered * strength, -1);
  else if (kind === 2) leaves(top + (bottom - top) * mostCovered * strength, 1);
  else {
    const colour = jitter(rng.uniform() < 0.5 ? [232, 228, 218] : [140, 98, 64], rng);
    const boards = 4;
    const width = (reach / boards) * 1.02;
    for (const rail of [y - scale * 0.25, y + scale * 0.6])
      rect(-0.1, rail, 1.1, rail + 0.025 + 0.02 * strength, dark(colour, 0.2));
    const pitch = (2 * scale) / boards;
    const first = x - scale + pitch * (0.5 + 0.3 * (rng.uniform() - 0.5));
    for (let bx = first - 4 * pitch; bx < 1.1; bx += pitch) {
      const [a, b] = [bx - width / 2, bx + width / 2];
      const top = y - scale * 1.02;
      polygon(
        canvas,
        identity,
        points([a - 0.008, 1.1, a - 0.008, top, bx, top - 0.05, b + 0.008, top, b + 0.008, 1.1]),
        dark(colour, 0.6),
        0,
      );
      polygon(canvas, identity, points([a, 1.1, a, top, bx, top - 0.04, b, top, b, 1.1]), colour, 0.2);
    }
  }
}

/** f32[size,size,3] -> the same: out of focus, or (one time in three) moved along a line while exposed. */
export function blur(rgb: Float32Array, size: number, strength: number, rng: Rng): Float32Array {
  const moved = rng.uniform() < 1 / 3;
  const angle = Math.PI * rng.uniform();
  if (!moved) {
    const kernel = gaussian((3.6 * strength * size) / 64);
    return along(along(rgb, size, kernel, 1, 0), size, kernel, 0, 1);
  }
  const reach = Math.round((8 * strength * size) / 64);
  const kernel = new Float64Array(2 * reach + 1).fill(1 / (2 * reach + 1));
  return along(rgb, size, kernel, Math.cos(angle), Math.sin(angle));
}

/** Weights of a Gaussian of `sigma` pixels, which sum to 1. */
function gaussian(sigma: number): Float64Array {
  if (sigma < 0.15) return Float64Array.of(1);
  const radius = Math.ceil(2.5 * sigma);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((v) => v / total);
}

/** Weighted sum of the pixels at steps of (dx, dy); borders are repeated. */
function along(from: Float32Array, size: number, kernel: Float64Array, dx: number, dy: number): Float32Array {
  const radius = (kernel.length - 1) / 2;
  if (radius === 0) return from;
  const out = new Float32Array(from.length);
  for (let k = -radius; k <= radius; k++) {
    const w = kernel[k + radius];
    const [sx, sy] = [Math.round(k * dx), Math.round(k * dy)];
    for (let y = 0; y < size; y++) {
      const row = Math.max(0, Math.min(size - 1, y + sy)) * size;
      for (let x = 0; x < size; x++) {
        const at = (row + Math.max(0, Math.min(size - 1, x + sx))) * 3;
        const to = (y * size + x) * 3;
        out[to] += w * from[at];
        out[to + 1] += w * from[at + 1];
        out[to + 2] += w * from[at + 2];
      }
    }
  }
  return out;
}

/** f32[size,size,3] -> u8: night falls with a pool of dim light somewhere, colours go blue, the sensor's noise shows. */
export function expose(rgb: Float32Array, size: number, lowLight: number, rng: Rng): Uint8Array {
  const [lx, ly] = [0.2 + 0.6 * rng.uniform(), 0.2 + 0.6 * rng.uniform()];
  const gain = 1 - 0.8 * lowLight;
  const noise = 1.5 + 7 * lowLight;
  const tint = [1 - 0.2 * lowLight, 1 - 0.08 * lowLight, 1 + 0.15 * lowLight];
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const d2 = (x / size - lx) ** 2 + (y / size - ly) ** 2;
      const g = gain + 0.1 * lowLight * Math.exp(-d2 / 0.08);
      const at = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) {
        const v = rgb[at + c] * g * tint[c] + noise * rng.normal();
        out[at + c] = Math.max(0, Math.min(255, Math.round(v)));
      }
    }
  }
  return out;
}
