/** Owns the drawings of trees, fish, cats and flowers, each with variants, in a box of about -1..1 (y down). */
import { ring } from './canvas.ts';
import { dark, light, oval, type Pen, patch, solid, solidPoints, spot, stroke, wood } from './pen.ts';

/** A fir, a full round crown, or a slender tall one. */
export function tree(p: Pen): void {
  solid(p, [-0.12, 0.95, -0.08, 0.1, 0.08, 0.1, 0.14, 0.95], wood, 0.03);
  const kind = p.rng.uniform();
  if (kind < 0.35) {
    for (let i = 0; i < 3; i++) {
      const [half, y] = [0.75 - 0.13 * i, 0.42 - 0.42 * i];
      solid(p, [-half, y, 0, y - 0.75 + 0.1 * i, half, y], p.main, 0.04);
    }
    return;
  }
  if (kind < 0.55) {
    solidPoints(p, ring(0, -0.28, 0.46, 0.7), p.main);
    for (const [x, y] of [
      [-0.14, -0.62],
      [0.12, -0.3],
      [-0.16, -0.05],
    ])
      spot(p, x, y, 0.13, 0.09, light(p.main, 0.22));
    return;
  }
  for (const [x, y, r] of [
    [-0.4, 0, 0.42],
    [0.4, 0.02, 0.4],
    [-0.22, -0.42, 0.42],
    [0.25, -0.4, 0.42],
    [0, -0.1, 0.5],
  ])
    oval(p, x, y, r, r * 0.92, p.main, 0.03);
  const fruit = p.rng.uniform() < 0.25;
  for (let i = 0; i < 6; i++) {
    const [x, y] = [1.1 * p.rng.uniform() - 0.55, 0.75 * p.rng.uniform() - 0.6];
    if (fruit) spot(p, x, y, 0.08, 0.08, [214, 60, 50], 0.3);
    else spot(p, x, y, 0.13, 0.09, light(p.main, 0.22));
  }
}

/** A slim one or a round one, plain or striped. */
export function fish(p: Pen): void {
  const round = p.rng.uniform() < 0.4;
  const [rx, ry] = round ? [0.64, 0.56] : [0.76, 0.4];
  solid(p, [-0.5, 0, -1, -0.46, -0.86, 0, -1, 0.46], p.accent);
  solid(p, [-0.3, -ry * 0.7, 0, -ry - 0.34, 0.36, -ry * 0.7], p.accent, 0.04);
  solid(p, [-0.12, ry * 0.75, -0.18, ry + 0.24, 0.22, ry * 0.75], p.accent, 0.04);
  oval(p, 0.1, 0, rx, ry, p.main);
  spot(p, 0.12, ry * 0.48, rx * 0.6, ry * 0.3, light(p.main, 0.4));
  if (p.rng.uniform() < 0.5)
    for (const x of [-0.26, 0.02]) spot(p, x, 0, 0.07, ry * 0.82, light(p.accent, 0.2));
  else solid(p, [0.04, 0.02, -0.3, 0.16, -0.02, 0.24], p.accent, 0.03);
  spot(p, 0.48, -0.12, 0.14, 0.14, [255, 255, 255]);
  spot(p, 0.52, -0.12, 0.075, 0.075, [20, 20, 20]);
  stroke(p, rx - 0.1, 0.18, rx + 0.02, 0.1, 0.05, dark(p.main, 0.7));
}

function catHead(p: Pen, cx: number, cy: number, size: number): void {
  const at = (flat: readonly number[]) => flat.map((v, i) => (i % 2 === 0 ? cx : cy) + v * size);
  for (const s of [-1, 1]) {
    solid(p, at([s * 0.64, -0.1, s * 0.62, -0.86, s * 0.1, -0.45]), p.main, 0.04);
    patch(p, at([s * 0.54, -0.3, s * 0.54, -0.68, s * 0.28, -0.46]), [236, 160, 160], 0);
  }
  oval(p, cx, cy, 0.68 * size, 0.56 * size, p.main);
  spot(p, cx, cy + 0.25 * size, 0.3 * size, 0.21 * size, light(p.main, 0.6));
  for (const s of [-1, 1]) {
    spot(p, cx + s * 0.28 * size, cy - 0.06 * size, 0.15 * size, 0.16 * size, p.accent);
    spot(p, cx + s * 0.28 * size, cy - 0.06 * size, 0.06 * size, 0.14 * size, [15, 15, 15]);
    for (const y of [0.16, 0.3])
      stroke(
        p,
        cx + s * 0.24 * size,
        cy + 0.22 * size,
        cx + s * 0.88 * size,
        cy + y * size,
        0.03,
        [250, 250, 250],
      );
  }
  patch(p, at([-0.09, 0.12, 0.09, 0.12, 0, 0.24]), [230, 110, 120], 0);
}

/** Sitting and looking at us, or standing side-on with the tail up; some are tabby. */
export function cat(p: Pen): void {
  const tabby = p.rng.uniform() < 0.45;
  const stripe = dark(p.main, 0.4);
  if (p.rng.uniform() < 0.6) {
    stroke(p, 0.4, 0.85, 0.8, 0.7, 0.2, dark(p.main, 0.25));
    stroke(p, 0.78, 0.76, 0.9, 0.25, 0.18, dark(p.main, 0.25));
    oval(p, 0, 0.62, 0.52, 0.46, p.main);
    if (tabby) for (const s of [-1, 1]) stroke(p, s * 0.48, 0.55, s * 0.28, 0.6, 0.08, stripe);
    spot(p, 0, 0.68, 0.24, 0.32, light(p.main, 0.55));
    for (const s of [-1, 1]) oval(p, s * 0.2, 1, 0.17, 0.1, p.main, 0.035);
    catHead(p, 0, -0.2, 0.95);
    if (tabby) for (const x of [-0.14, 0, 0.14]) stroke(p, x, -0.7, x * 0.8, -0.48, 0.06, stripe);
    return;
  }
  stroke(p, -0.72, 0.25, -0.92, -0.2, 0.16, dark(p.main, 0.2));
  stroke(p, -0.92, -0.16, -0.72, -0.6, 0.15, dark(p.main, 0.2));
  for (const x of [-0.6, -0.34, 0.2, 0.44])
    solid(p, [x - 0.1, 0.3, x + 0.1, 0.3, x + 0.1, 0.9, x - 0.1, 0.9], p.main);
  oval(p, -0.12, 0.28, 0.7, 0.34, p.main);
  if (tabby) for (const x of [-0.5, -0.28, -0.06]) stroke(p, x, 0, x + 0.04, 0.28, 0.08, stripe);
  catHead(p, 0.5, -0.18, 0.66);
}

/** A daisy-like bloom with 6-9 petals, or a tulip. */
export function flower(p: Pen): void {
  const leaf = [72, 150, 60] as const;
  stroke(p, 0, 0, 0.05, 1, 0.11, [58, 128, 52]);
  solid(p, [0.04, 0.75, 0.5, 0.34, 0.46, 0.68], leaf, 0.03);
  solid(p, [0.04, 0.9, -0.48, 0.52, -0.4, 0.86], leaf, 0.03);
  if (p.rng.uniform() < 0.25) {
    solid(
      p,
      [
        -0.5, -0.75, -0.2, -0.42, 0, -0.85, 0.2, -0.42, 0.5, -0.75, 0.46, -0.15, 0.2, 0.14, -0.2, 0.14, -0.46,
        -0.15,
      ],
      p.main,
    );
    solid(p, [-0.22, -0.4, 0, -0.86, 0.22, -0.4, 0.14, 0.12, -0.14, 0.12], light(p.main, 0.2), 0.04);
    return;
  }
  const petals = 6 + p.rng.int(4);
  for (let i = 0; i < petals; i++) {
    const t = (2 * Math.PI * i) / petals;
    oval(p, 0.42 * Math.cos(t), -0.3 + 0.42 * Math.sin(t), 0.27, 0.27, p.main, 0.035);
  }
  oval(p, 0, -0.3, 0.26, 0.26, p.accent, 0.03);
}
