/** Owns the way things are drawn: the pen a drawing holds, shapes with a darker rim, and the shared colours. */
import type { Rng } from '../rng.ts';
import {
  type Affine,
  type Canvas,
  type Colour,
  ellipse,
  line,
  mix,
  type Point,
  points,
  polygon,
  ring,
} from './canvas.ts';

export interface Pen {
  canvas: Canvas;
  map: Affine;
  rng: Rng;
  main: Colour; // the thing's main colour
  accent: Colour; // a second one that goes with it
}

export const dark = (c: Colour, t = 0.45) => mix(c, [20, 20, 30], t);
export const light = (c: Colour, t = 0.5) => mix(c, [255, 255, 255], t);
export const jitter = (c: Colour, rng: Rng, width = 24): Colour => [
  c[0] + width * (rng.uniform() - 0.5),
  c[1] + width * (rng.uniform() - 0.5),
  c[2] + width * (rng.uniform() - 0.5),
];

export const glass: Colour = [190, 222, 240];
export const tyre: Colour = [38, 38, 44];
export const wood: Colour = [126, 84, 52];

/** A filled shape with a darker rim, which keeps it legible on any ground. */
export function solidPoints(p: Pen, corners: readonly Point[], colour: Colour, rim = 0.05): void {
  const n = corners.length;
  const cx = corners.reduce((s, q) => s + q[0], 0) / n;
  const cy = corners.reduce((s, q) => s + q[1], 0) / n;
  const outer = corners.map(([x, y]): Point => {
    const d = Math.hypot(x - cx, y - cy) || 1;
    return [x + ((x - cx) / d) * rim, y + ((y - cy) / d) * rim];
  });
  polygon(p.canvas, p.map, outer, dark(colour, 0.6), 0);
  polygon(p.canvas, p.map, corners, colour);
}

/** `flat` is [x0, y0, x1, y1, ...]. */
export const solid = (p: Pen, flat: readonly number[], colour: Colour, rim = 0.05) =>
  solidPoints(p, points(flat), colour, rim);
/** A shape without a rim. */
export const patch = (p: Pen, flat: readonly number[], colour: Colour, shade = 0.25) =>
  polygon(p.canvas, p.map, points(flat), colour, shade);
export const oval = (p: Pen, cx: number, cy: number, rx: number, ry: number, colour: Colour, rim = 0.05) =>
  solidPoints(p, ring(cx, cy, rx, ry), colour, rim);
/** An ellipse without a rim. */
export const spot = (p: Pen, cx: number, cy: number, rx: number, ry: number, colour: Colour, shade = 0) =>
  ellipse(p.canvas, p.map, cx, cy, rx, ry, colour, shade);
export const stroke = (
  p: Pen,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  width: number,
  colour: Colour,
) => line(p.canvas, p.map, x0, y0, x1, y1, width, colour);
export const box = (x0: number, y0: number, x1: number, y1: number) => [x0, y0, x1, y0, x1, y1, x0, y1];
