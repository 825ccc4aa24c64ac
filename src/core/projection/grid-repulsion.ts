/**
 * Owns the repulsive term of t-SNE's gradient for many points, O(n + N^2 log N): points are spread onto a grid,
 * the grid is convolved with the kernel by FFT, and forces are read back (the idea of FIt-SNE: Linderman,
 * Rachh, Hoskins, Steinerberger, Kluger 2019).
 *
 * Differences from the paper, which make it both faster and more exact:
 * - cubic B-splines instead of Lagrange polynomials, as in smooth particle-mesh Ewald sums. The prefilter that
 *   turns B-splines into interpolation is folded into the kernel's spectrum and costs nothing;
 * - one charge instead of four. The force is a convolution of the point density w with the odd vector kernel
 *   V(d) = K(d)^2 d, whose two components ride as real and imaginary part of ONE inverse transform;
 * - Z = sum w (K * w) needs no inverse at all: by Parseval it is a sum over the spectrum;
 * - spacings are quantised, so that the kernel's spectrum is reused until the map has grown noticeably.
 */
import { type FourierPlan, fourierPlan, isSmooth } from './fft.ts';
import type { Repulsion } from './repulsion.ts';

/** Nodes that a point touches per dimension: a cubic B-spline. */
const STENCIL = 4;
/** Widest spacing of nodes, in map units (the kernel's width is 1). */
const WIDEST = 0.5;
/** Shortest transform; small maps get a finer spacing. */
const SMALLEST_SIZE = 120;
/** Nodes kept free between the grid and its periodic image, where the prefilter of the wrapped kernel rings. */
const GUARD = 8;
/** Signals per batch of the transform: N x 8 complex numbers fit the second-level cache. */
const BATCH = 8;
/** Kernel spectra are recomputed when the spacing changes by this factor. */
const QUANTUM = 2 ** 0.25;

/** Buffers and kernel for one grid; kept while grid size and spacing stay. */
interface Grid {
  size: number; // N, transform length, even
  half: number; // N / 2
  nodes: number; // per dimension, N / 2 - GUARD
  spacing: number; // of nodes, map units
  plan: FourierPlan;
  density: Float64Array; // [nodes, nodes], x first
  /** Spectra over kx 0..N/2 and all ky: K itself (real), and a, b with V^ = i a - b. */
  kernel: Float64Array;
  kernelX: Float64Array;
  kernelY: Float64Array;
  /** Prefiltered K between nodes p and q apart: what a point adds to Z by itself. */
  near: Float64Array; // [4,4]
  halfRe: Float64Array; // [N/2+1, nodes]
  halfIm: Float64Array;
  fieldRe: Float64Array; // [N, nodes]
  fieldIm: Float64Array;
}

/** A repulsion that keeps its grid between calls. Results depend on the positions only. */
export function gridRepulsion(): Repulsion {
  let grid: Grid | undefined;
  let weights = new Float64Array(0);
  let cells = new Int32Array(0);
  return (y, n, force) => {
    const { lowX, lowY, span } = bounds(y, n);
    const size = gridSize(span);
    const cellCount = size / 2 - GUARD - (STENCIL - 1); // cells whose whole stencil is on the grid
    const spacing = quantised(span / cellCount);
    if (!grid || grid.size !== size || grid.spacing !== spacing) grid = createGrid(size, spacing, grid);
    if (cells.length < n) {
      cells = new Int32Array(n);
      weights = new Float64Array(2 * STENCIL * n);
    }
    const margin = (cellCount * spacing - span) / 2;
    const self = spreadPoints(grid, y, n, lowX - margin, lowY - margin, cells, weights);
    const z = convolve(grid) - self;
    readForces(grid, n, cells, weights, force);
    return z;
  };
}

/** Smallest transform length at which the nodes are close enough. */
function gridSize(span: number): number {
  const cellCount = Math.ceil(span / WIDEST);
  let size = Math.max(SMALLEST_SIZE, 2 * (cellCount + GUARD + STENCIL - 1));
  while (!isSmooth(size)) size += 2;
  return size;
}

/** The next power of QUANTUM from below WIDEST, so that growing maps meet few different kernels. */
function quantised(spacing: number): number {
  const steps = Math.ceil(Math.log(Math.max(spacing, 1e-12) / WIDEST) / Math.log(QUANTUM) - 1e-9);
  return WIDEST * QUANTUM ** steps;
}

function bounds(y: Float64Array, n: number) {
  let lowX = Infinity;
  let highX = -Infinity;
  let lowY = Infinity;
  let highY = -Infinity;
  for (let i = 0; i < n; i++) {
    const a = y[2 * i];
    const b = y[2 * i + 1];
    if (a < lowX) lowX = a;
    if (a > highX) highX = a;
    if (b < lowY) lowY = b;
    if (b > highY) highY = b;
  }
  const span = Math.max(highX - lowX, highY - lowY);
  if (!Number.isFinite(span))
    throw new Error('t-SNE: positions are no longer finite; lower the learning rate');
  // A square box about the middle of the points.
  return { lowX: (lowX + highX - span) / 2, lowY: (lowY + highY - span) / 2, span };
}

function createGrid(size: number, spacing: number, old: Grid | undefined): Grid {
  const half = size / 2;
  const nodes = half - GUARD;
  const grid: Grid =
    old && old.size === size
      ? { ...old, spacing }
      : {
          size,
          half,
          nodes,
          spacing,
          plan: fourierPlan(size),
          density: new Float64Array(nodes * nodes),
          kernel: new Float64Array((half + 1) * size),
          kernelX: new Float64Array((half + 1) * size),
          kernelY: new Float64Array((half + 1) * size),
          near: new Float64Array(STENCIL * STENCIL),
          halfRe: new Float64Array((half + 1) * nodes),
          halfIm: new Float64Array((half + 1) * nodes),
          fieldRe: new Float64Array(size * nodes),
          fieldIm: new Float64Array(size * nodes),
        };
  fillKernels(grid);
  return grid;
}

/** One real transform gives both: K is even and V_x odd, so K + V_x has the spectrum K^ + i a. */
function fillKernels(grid: Grid): void {
  const { size, half, spacing, plan, kernel } = grid;
  const re = new Float64Array(size * size); // [x, y]
  const im = new Float64Array(size * size);
  for (let x = 0; x < size; x++) {
    const dx = (x <= half ? x : x - size) * spacing;
    for (let y = 0; y < size; y++) {
      const dy = (y <= half ? y : y - size) * spacing;
      const k = 1 / (1 + dx * dx + dy * dy);
      // Half-way round, +dx and -dx are one place: zero keeps V_x odd.
      re[x * size + y] = x === half ? k : k + k * k * dx;
    }
  }
  plan.transform(re, im, size, false); // along x, all y at once
  const lineRe = new Float64Array(size * BATCH);
  const lineIm = new Float64Array(size * BATCH);
  const a = new Float64Array(size * size);
  const prefilter = Float64Array.from({ length: size }, (_, k) => {
    // The B-spline sampled at nodes is (1, 4, 1) / 6; once for spreading, once for reading.
    const sampled = (4 + 2 * Math.cos((2 * Math.PI * k) / size)) / 6;
    return 1 / (sampled * sampled);
  });
  for (let first = 0; first < size; first += BATCH) {
    const count = Math.min(BATCH, size - first);
    for (let b = 0; b < count; b++) {
      for (let t = 0; t < size; t++) {
        lineRe[t * count + b] = re[(first + b) * size + t];
        lineIm[t * count + b] = im[(first + b) * size + t];
      }
    }
    plan.transform(lineRe, lineIm, count, false);
    for (let b = 0; b < count; b++) {
      const kx = first + b;
      for (let ky = 0; ky < size; ky++) {
        const scale = prefilter[kx] * prefilter[ky];
        a[kx * size + ky] = lineIm[ky * count + b] * scale;
        if (kx <= half) kernel[kx * size + ky] = lineRe[ky * count + b] * scale;
      }
    }
  }
  for (let kx = 0; kx <= half; kx++) {
    for (let ky = 0; ky < size; ky++) {
      grid.kernelX[kx * size + ky] = a[kx * size + ky];
      grid.kernelY[kx * size + ky] = a[ky * size + kx]; // V_y is V_x with the axes exchanged
    }
  }
  fillNear(grid);
}

/** The prefiltered kernel back in space, only at the few offsets within one stencil. */
function fillNear(grid: Grid): void {
  const { size, half, kernel, near } = grid;
  const cos = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size));
  near.fill(0);
  for (let kx = 0; kx <= half; kx++) {
    const share = (kx === 0 || kx === half ? 1 : 2) / (size * size);
    for (let q = 0; q < STENCIL; q++) {
      let sum = 0;
      for (let ky = 0; ky < size; ky++) sum += kernel[kx * size + ky] * cos[(q * ky) % size];
      for (let p = 0; p < STENCIL; p++) near[p * STENCIL + q] += share * sum * cos[(p * kx) % size];
    }
  }
}

/** Fills the density; per point keeps its first node and 4 + 4 weights. Returns the points' own share of Z. */
function spreadPoints(
  grid: Grid,
  y: Float64Array,
  n: number,
  originX: number,
  originY: number,
  cells: Int32Array,
  weights: Float64Array,
): number {
  const { nodes, spacing, density, near } = grid;
  const last = nodes - STENCIL;
  const alike = new Float64Array(2 * STENCIL); // per dimension: weights of the offsets 0..3 to itself
  density.fill(0);
  let self = 0;
  for (let i = 0; i < n; i++) {
    const u = (y[2 * i] - originX) / spacing;
    const v = (y[2 * i + 1] - originY) / spacing;
    const cx = Math.max(0, Math.min(last, Math.floor(u)));
    const cy = Math.max(0, Math.min(last, Math.floor(v)));
    const w = 2 * STENCIL * i;
    splineWeights(u - cx, weights, w, alike, 0);
    splineWeights(v - cy, weights, w + STENCIL, alike, STENCIL);
    const y0 = weights[w + 4];
    const y1 = weights[w + 5];
    const y2 = weights[w + 6];
    const y3 = weights[w + 7];
    let at = cx * nodes + cy;
    cells[i] = at;
    for (let k = 0; k < STENCIL; k++, at += nodes) {
      const wx = weights[w + k];
      density[at] += wx * y0;
      density[at + 1] += wx * y1;
      density[at + 2] += wx * y2;
      density[at + 3] += wx * y3;
      let sum = 0;
      for (let q = 0; q < STENCIL; q++) sum += alike[STENCIL + q] * near[k * STENCIL + q];
      self += alike[k] * sum;
    }
  }
  return self;
}

/** Cubic B-spline weights of a place t in [0,1] of a cell, and their autocorrelation at offsets 0..3. */
function splineWeights(
  t: number,
  weights: Float64Array,
  at: number,
  alike: Float64Array,
  alikeAt: number,
): void {
  const r = 1 - t;
  const a = (r * r * r) / 6;
  const d = (t * t * t) / 6;
  const b = 2 / 3 - t * t + 3 * d;
  const c = 2 / 3 - r * r + 3 * a;
  weights[at] = a;
  weights[at + 1] = b;
  weights[at + 2] = c;
  weights[at + 3] = d;
  alike[alikeAt] = a * a + b * b + c * c + d * d;
  alike[alikeAt + 1] = 2 * (a * b + b * c + c * d);
  alike[alikeAt + 2] = 2 * (a * c + b * d);
  alike[alikeAt + 3] = 2 * a * d;
}

/** Convolves the density with V into `field` (unscaled, at the nodes); returns sum of density x (K * density). */
function convolve(grid: Grid): number {
  transformRows(grid);
  const z = transformColumns(grid);
  inverseRows(grid);
  return z;
}

/** Along x, two real columns of the density as one complex signal: half the work, and half the spectrum. */
function transformRows(grid: Grid): void {
  const { size, half, nodes, plan, density, halfRe, halfIm } = grid;
  const lineRe = new Float64Array(size * BATCH);
  const lineIm = new Float64Array(size * BATCH);
  for (let first = 0; first < nodes; first += 2 * BATCH) {
    const count = Math.min(BATCH, Math.ceil((nodes - first) / 2));
    const odd = first + 2 * count > nodes; // the last signal carries one column only
    for (let t = 0; t < nodes; t++) {
      const from = t * nodes + first;
      const to = t * count;
      for (let b = 0; b < count; b++) {
        lineRe[to + b] = density[from + 2 * b];
        lineIm[to + b] = odd && b === count - 1 ? 0 : density[from + 2 * b + 1];
      }
    }
    lineRe.fill(0, nodes * count, size * count);
    lineIm.fill(0, nodes * count, size * count);
    plan.transform(lineRe, lineIm, count, false);
    for (let k = 0; k <= half; k++) {
      const p = k * count;
      const m = k === 0 ? 0 : (size - k) * count;
      const to = k * nodes + first;
      for (let b = 0; b < count; b++) {
        const zr = lineRe[p + b];
        const zi = lineIm[p + b];
        const cr = lineRe[m + b];
        const ci = lineIm[m + b];
        halfRe[to + 2 * b] = 0.5 * (zr + cr);
        halfIm[to + 2 * b] = 0.5 * (zi - ci);
        if (odd && b === count - 1) continue;
        halfRe[to + 2 * b + 1] = 0.5 * (zi + ci);
        halfIm[to + 2 * b + 1] = 0.5 * (cr - zr);
      }
    }
  }
}

/** Along y: forward, times the kernel, and back, for kx and -kx together (the density's spectrum is Hermitian). */
function transformColumns(grid: Grid): number {
  const { size, half, nodes, plan, kernel, kernelX, kernelY, halfRe, halfIm, fieldRe, fieldIm } = grid;
  const wr = new Float64Array(size * BATCH);
  const wi = new Float64Array(size * BATCH);
  const plusRe = new Float64Array(size * BATCH);
  const plusIm = new Float64Array(size * BATCH);
  const minusRe = new Float64Array(size * BATCH);
  const minusIm = new Float64Array(size * BATCH);
  let z = 0;
  for (let first = 0; first <= half; first += BATCH) {
    const count = Math.min(BATCH, half + 1 - first);
    for (let b = 0; b < count; b++) {
      const from = (first + b) * nodes;
      for (let t = 0; t < nodes; t++) {
        wr[t * count + b] = halfRe[from + t];
        wi[t * count + b] = halfIm[from + t];
      }
    }
    wr.fill(0, nodes * count, size * count);
    wi.fill(0, nodes * count, size * count);
    plan.transform(wr, wi, count, false);
    for (let b = 0; b < count; b++) {
      const kx = first + b;
      const share = kx === 0 || kx === half ? 1 : 2;
      const row = kx * size;
      for (let ky = 0; ky < size; ky++) {
        const at = ky * count + b;
        const other = (ky === 0 ? 0 : size - ky) * count + b;
        const ar = wr[at];
        const ai = wi[at];
        const a = kernelX[row + ky];
        const c = kernelY[row + ky];
        z += share * kernel[row + ky] * (ar * ar + ai * ai);
        // (ar + i ai) (i a - c)
        plusRe[at] = -ar * c - ai * a;
        plusIm[at] = ar * a - ai * c;
        // At -kx the density's spectrum is the conjugate of the one at (kx, -ky); a changes its sign, c does not.
        const br = wr[other];
        const bi = -wi[other];
        minusRe[at] = -br * c + bi * a;
        minusIm[at] = -br * a - bi * c;
      }
    }
    plan.transform(plusRe, plusIm, count, true);
    plan.transform(minusRe, minusIm, count, true);
    for (let b = 0; b < count; b++) {
      const kx = first + b;
      const to = kx * nodes;
      const mirrored = (size - kx) * nodes;
      const both = kx > 0 && kx < half;
      for (let t = 0; t < nodes; t++) {
        fieldRe[to + t] = plusRe[t * count + b];
        fieldIm[to + t] = plusIm[t * count + b];
        if (!both) continue;
        fieldRe[mirrored + t] = minusRe[t * count + b];
        fieldIm[mirrored + t] = minusIm[t * count + b];
      }
    }
  }
  return z / (size * size);
}

/** Back along x, in place; only the part where the nodes are is kept. */
function inverseRows(grid: Grid): void {
  const { size, nodes, plan, fieldRe, fieldIm } = grid;
  const lineRe = new Float64Array(size * BATCH);
  const lineIm = new Float64Array(size * BATCH);
  for (let first = 0; first < nodes; first += BATCH) {
    const count = Math.min(BATCH, nodes - first);
    for (let t = 0; t < size; t++) {
      for (let b = 0; b < count; b++) {
        lineRe[t * count + b] = fieldRe[t * nodes + first + b];
        lineIm[t * count + b] = fieldIm[t * nodes + first + b];
      }
    }
    plan.transform(lineRe, lineIm, count, true);
    for (let t = 0; t < nodes; t++) {
      for (let b = 0; b < count; b++) {
        fieldRe[t * nodes + first + b] = lineRe[t * count + b];
        fieldIm[t * nodes + first + b] = lineIm[t * count + b];
      }
    }
  }
}

function readForces(
  grid: Grid,
  n: number,
  cells: Int32Array,
  weights: Float64Array,
  force: Float64Array,
): void {
  const { nodes, size, fieldRe, fieldIm } = grid;
  const scale = 1 / (size * size);
  for (let i = 0; i < n; i++) {
    const w = 2 * STENCIL * i;
    const y0 = weights[w + 4];
    const y1 = weights[w + 5];
    const y2 = weights[w + 6];
    const y3 = weights[w + 7];
    let fx = 0;
    let fy = 0;
    let at = cells[i];
    for (let k = 0; k < STENCIL; k++, at += nodes) {
      const wx = weights[w + k];
      fx += wx * (y0 * fieldRe[at] + y1 * fieldRe[at + 1] + y2 * fieldRe[at + 2] + y3 * fieldRe[at + 3]);
      fy += wx * (y0 * fieldIm[at] + y1 * fieldIm[at + 1] + y2 * fieldIm[at + 2] + y3 * fieldIm[at + 3]);
    }
    force[2 * i] = fx * scale;
    force[2 * i + 1] = fy * scale;
  }
}
