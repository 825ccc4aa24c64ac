/** Owns the drawings of houses, cups and umbrellas, each with variants, in a box of about -1..1 (y down). */
import { type Point, ring } from './canvas.ts';
import { box, dark, glass, light, oval, type Pen, patch, solid, solidPoints, spot, stroke } from './pen.ts';

function pane(p: Pen, x: number, y: number): void {
  solid(p, box(x - 0.14, y - 0.15, x + 0.14, y + 0.15), glass, 0.04);
  stroke(p, x, y - 0.15, x, y + 0.15, 0.04, [250, 250, 250]);
  stroke(p, x - 0.14, y, x + 0.14, y, 0.04, [250, 250, 250]);
}

/** One storey with a gable, or two storeys; with or without a chimney. */
export function house(p: Pen): void {
  const tall = p.rng.uniform() < 0.4;
  const eaves = tall ? -0.35 : -0.12;
  const half = tall ? 0.6 : 0.72;
  if (p.rng.uniform() < 0.65) {
    solid(p, box(0.26, eaves - 0.68, 0.46, eaves - 0.2), dark(p.accent, 0.2));
    patch(p, box(0.24, eaves - 0.7, 0.48, eaves - 0.6), dark(p.accent, 0.5));
  }
  solid(p, box(-half, eaves - 0.03, half, 0.78), light(p.main, 0.25));
  solid(p, [-half - 0.2, eaves, 0, eaves - 0.68, half + 0.2, eaves], p.accent);
  solid(p, box(-0.15, 0.28, 0.17, 0.78), dark(p.accent, 0.3), 0.03);
  spot(p, 0.1, 0.54, 0.035, 0.035, [240, 220, 120]);
  for (const x of [-half + 0.26, half - 0.26]) {
    pane(p, x, 0.33);
    if (tall) pane(p, x, -0.08);
  }
  if (tall) pane(p, 0, -0.08);
}

/** A mug, a wide tea cup on its saucer; banded or plain, steaming or not. */
export function cup(p: Pen): void {
  const side = p.rng.uniform() < 0.5 ? 1 : -1;
  const teacup = p.rng.uniform() < 0.35;
  const handle = dark(p.main, 0.15);
  if (teacup) {
    oval(p, 0, 0.72, 0.92, 0.17, light(p.main, 0.15));
    spot(p, 0, 0.7, 0.5, 0.08, dark(p.main, 0.25));
  }
  const [hx, hy, hr] = teacup ? [0.66, -0.02, 0.22] : [0.6, 0.1, 0.3];
  const n = 14;
  for (const [width, colour] of [
    [0.22, dark(handle, 0.6)],
    [0.13, handle],
  ] as const) {
    for (let i = 0; i < n; i++) {
      const [t, u] = [-1.9 + (3.8 * i) / n, -1.9 + (3.8 * (i + 1.2)) / n];
      const x = (v: number) => side * (hx + hr * Math.cos(v));
      const y = (v: number) => hy + hr * Math.sin(v);
      stroke(p, x(t), y(t), x(u), y(u), width, colour);
    }
  }
  if (teacup) {
    solidPoints(p, [...ring(0, -0.3, 0.72, 1, 18, 0, Math.PI)], p.main);
    if (p.rng.uniform() < 0.6) for (const x of [-0.3, 0, 0.3]) spot(p, x, 0.12, 0.1, 0.1, p.accent);
  } else {
    solid(p, [-0.6, -0.45, 0.6, -0.45, 0.5, 0.74, -0.5, 0.74], p.main);
    if (p.rng.uniform() < 0.6) patch(p, [-0.56, -0.02, 0.56, -0.02, 0.54, 0.26, -0.54, 0.26], p.accent);
  }
  const [rim, half] = teacup ? [-0.3, 0.72] : [-0.45, 0.6];
  oval(p, 0, rim, half, 0.17, light(p.main, 0.3), 0.04);
  spot(p, 0, rim + 0.03, half - 0.1, 0.11, [92, 58, 36]);
  if (p.rng.uniform() < 0.5)
    for (const x of [-0.22, 0.12]) {
      stroke(p, x, rim - 0.18, x + 0.08, rim - 0.34, 0.055, [238, 238, 240]);
      stroke(p, x + 0.08, rim - 0.32, x + 0.02, rim - 0.5, 0.055, [238, 238, 240]);
    }
}

/** Open over a curved handle: plain, or with every other panel in the second colour. */
export function umbrella(p: Pen): void {
  const metal = [70, 60, 60] as const;
  stroke(p, 0, -0.6, 0, 0.82, 0.08, metal);
  for (const [a, b, c, d] of [
    [0, 0.8, 0.08, 0.92],
    [0.07, 0.91, 0.22, 0.92],
    [0.21, 0.92, 0.29, 0.76],
  ])
    stroke(p, a, b, c, d, 0.09, metal);
  stroke(p, 0, -0.78, 0, -0.97, 0.07, metal);
  const [rx, ry] = p.rng.uniform() < 0.5 ? [0.98, 0.8] : [0.9, 0.62];
  const wave: Point[] = [];
  for (let i = 0; i <= 20; i++)
    wave.push([rx - (2 * rx * i) / 20, -0.12 * Math.abs(Math.sin((Math.PI * 4 * i) / 20))]);
  const lift = 0.8 - ry;
  const at = (corners: readonly Point[]) => corners.map(([x, y]): Point => [x, y - lift]);
  solidPoints(p, at([...ring(0, 0, rx, ry, 24, Math.PI, 2 * Math.PI), ...wave]), p.main);
  if (p.rng.uniform() < 0.7) {
    // Panels between ribs that meet at the tip: ribs are ellipses of the same height, ever narrower.
    for (const [outer, inner] of [
      [-0.5, 0],
      [0.5, 1],
    ]) {
      const left = ring(0, 0, Math.abs(outer) * rx, ry * 0.97, 10, Math.PI, 1.5 * Math.PI);
      const right = ring(0, 0, Math.abs(inner) * rx * 0.98, ry * 0.97, 10, Math.PI, 1.5 * Math.PI);
      const s = outer < 0 ? 1 : -1;
      const rib = (q: Point): Point => [s * q[0], Math.min(q[1], -0.02)];
      solidPoints(p, at([...left.map(rib), ...right.reverse().map(rib)]), p.accent, 0);
    }
  }
}
