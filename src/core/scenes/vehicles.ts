/** Owns the drawings of cars, boats and bicycles, each with variants, in a box of about -1..1 (y down). */
import { points } from './canvas.ts';
import { box, dark, glass, light, oval, type Pen, patch, solid, spot, stroke, tyre, wood } from './pen.ts';

function carWheel(p: Pen, x: number, y: number, r: number): void {
  spot(p, x, y, r, r, tyre);
  spot(p, x, y, r * 0.5, r * 0.5, [205, 205, 210], 0.3);
}

/** A saloon, a van or a pick-up. */
export function car(p: Pen): void {
  const kind = p.rng.uniform();
  const roof =
    kind < 0.5
      ? [-0.62, 0.1, -0.38, -0.42, 0.3, -0.42, 0.62, 0.1]
      : kind < 0.8
        ? [-0.9, 0.1, -0.86, -0.55, 0.45, -0.55, 0.75, 0.1]
        : [-0.12, 0.1, -0.06, -0.46, 0.36, -0.46, 0.64, 0.1];
  solid(p, roof, p.main);
  const cx = points(roof).reduce((s, q) => s + q[0] / 4, 0);
  patch(
    p,
    roof.map((v, i) => (i % 2 === 0 ? cx + (v - cx) * 0.82 : v * 0.8 - 0.03)),
    glass,
  );
  if (kind < 0.8) stroke(p, -0.04, -0.45, -0.04, 0.1, 0.08, p.main);
  else solid(p, box(-0.98, -0.08, -0.14, 0.2), p.main);
  solid(p, [-1, 0.15, -0.92, 0.02, 0.85, 0.02, 1, 0.2, 1, 0.45, -1, 0.45], p.main);
  patch(p, box(-0.98, 0.34, 0.98, 0.43), dark(p.main, 0.3));
  spot(p, 0.9, 0.2, 0.08, 0.07, [255, 240, 170]);
  spot(p, -0.93, 0.2, 0.06, 0.06, [220, 40, 40]);
  carWheel(p, -0.55, 0.45, 0.23);
  carWheel(p, 0.55, 0.45, 0.23);
}

/** A sailing boat, or a steamer with a funnel. */
export function boat(p: Pen): void {
  if (p.rng.uniform() < 0.65) {
    stroke(p, 0, 0.3, 0, -0.95, 0.07, wood);
    const jib = p.rng.uniform() < 0.7;
    solid(p, [0.08, -0.9, 0.8, 0.15, 0.08, 0.15], light(p.accent, 0.6), 0.04);
    if (jib) solid(p, [-0.08, -0.7, -0.62, 0.15, -0.08, 0.15], p.accent, 0.04);
    patch(p, [0.04, -0.95, 0.04, -0.82, -0.22, -0.88], p.main);
  } else {
    solid(p, box(-0.3, -0.68, -0.02, -0.2), p.accent);
    patch(p, box(-0.3, -0.68, -0.02, -0.56), dark(p.accent, 0.6));
    solid(p, box(-0.55, -0.2, 0.45, 0.3), light(p.accent, 0.55));
    for (const x of [-0.34, -0.04, 0.26]) spot(p, x, 0.04, 0.1, 0.1, dark(glass, 0.35));
  }
  solid(p, [-1, 0.28, 1, 0.28, 0.68, 0.75, -0.7, 0.75], p.main);
  stroke(p, -0.92, 0.38, 0.92, 0.38, 0.08, [245, 245, 245]);
  stroke(p, -1.1, 0.76, 1.05, 0.76, 0.05, [214, 234, 244]);
}

/** A diamond frame or a step-through one, with or without a basket. */
export function bicycle(p: Pen): void {
  for (const x of [-0.58, 0.58]) {
    // Tyre as a ring, so that the ground is seen between the spokes.
    const n = 24;
    for (let i = 0; i < n; i++) {
      const [t, u] = [(2 * Math.PI * i) / n, (2 * Math.PI * (i + 1.15)) / n];
      const [c, s] = [Math.cos, Math.sin];
      stroke(p, x + 0.38 * c(t), 0.35 + 0.38 * s(t), x + 0.38 * c(u), 0.35 + 0.38 * s(u), 0.1, tyre);
    }
    for (let i = 0; i < 4; i++) {
      const t = (Math.PI * i) / 4 + 0.3;
      const [dx, dy] = [0.35 * Math.cos(t), 0.35 * Math.sin(t)];
      stroke(p, x - dx, 0.35 - dy, x + dx, 0.35 + dy, 0.028, [205, 205, 210]);
    }
    spot(p, x, 0.35, 0.07, 0.07, tyre);
  }
  const stepThrough = p.rng.uniform() < 0.4;
  const top = stepThrough ? [-0.06, 0.12, 0.42, -0.2] : [-0.2, -0.28, 0.4, -0.3];
  const bars = [
    [-0.58, 0.35, -0.2, -0.28],
    top,
    [0.42, -0.26, 0.02, 0.36],
    [0.02, 0.36, -0.58, 0.35],
    [-0.24, -0.4, 0.02, 0.36],
    [0.58, 0.35, 0.36, -0.52],
  ];
  for (const [a, b, c, d] of bars) stroke(p, a, b, c, d, 0.15, dark(p.main, 0.55));
  for (const [a, b, c, d] of bars) stroke(p, a, b, c, d, 0.1, p.main);
  oval(p, 0.02, 0.36, 0.09, 0.09, [170, 170, 176], 0.03);
  stroke(p, 0.2, -0.58, 0.5, -0.54, 0.1, tyre);
  if (p.rng.uniform() < 0.35) solid(p, [0.46, -0.5, 0.88, -0.5, 0.82, -0.18, 0.52, -0.18], p.accent, 0.04);
  solid(p, [-0.48, -0.48, -0.08, -0.48, -0.12, -0.36, -0.38, -0.36], tyre, 0.03);
}
