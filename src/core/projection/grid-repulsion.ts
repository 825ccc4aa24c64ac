/**
 * Owns the repulsive term of t-SNE's gradient for many points, O(n + N^2 log N): points are spread onto a grid
 * by polynomial interpolation, the grid is convolved with the kernel by FFT, and forces are read back (the
 * idea of FIt-SNE: Linderman, Rachh, Hoskins, Steinerberger, Kluger 2019).
 *
 * Differences from the paper, which save most of its transforms:
 * - one charge instead of four. The force is a convolution of the point density w with the odd vector kernel
 *   V(d) = K(d)^2 d, whose two components ride as real and imaginary part of ONE inverse transform;
 * - Z = sum w (K * w) needs no inverse at all: by Parseval it is a sum over the spectrum;
 * - spacings are quantised, so that the kernel's spectrum is reused until the map has grown noticeably.
 */
import { type FourierPlan, fourierPlan, isSmooth } from './fft.ts';
import type { Repulsion } from './repulsion.ts';

/** Interpolation nodes per interval and dimension. */
const NODES = 3;
const FEWEST_INTERVALS = 50;
/** Widest interval, in map units (the kernel's width is 1). */
const WIDEST = 1;
/** Signals per batch of the transform: N x 8 complex numbers fit the second-level cache. */
const BATCH = 8;
/** Kernel spectra are recomputed when the spacing changes by this factor. */
const QUANTUM = 2 ** 0.25;

/** Buffers and kernel for one grid; kept while grid size and spacing stay. */
interface Grid {
  size: number; // N, transform length; the points use its first half
  nodes: number; // N / 2
  width: number; // of an interval
  plan: FourierPlan;
  density: Float64Array; // [nodes, nodes], x first
  /** Spectra over kx 0..N/2 and all ky: K itself (real), and a, b with V^ = i a - b. */
  kernel: Float64Array;
  kernelX: Float64Array;
  kernelY: Float64Array;
  /** K between nodes p and q apart, p, q in 0..2: what a point adds to Z by itself. */
  near: Float64Array; // [3,3]
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
    const intervals = size / 2 / NODES;
    const width = quantised(span / intervals);
    if (!grid || grid.size !== size || grid.width !== width) grid = createGrid(size, width, grid);
    if (cells.length < n) {
      cells = new Int32Array(n);
      weights = new Float64Array(6 * n);
    }
    const margin = (intervals * width - span) / 2;
    const self = spreadPoints(grid, y, n, lowX - margin, lowY - margin, cells, weights);
    const z = convolve(grid) - self;
    readForces(grid, n, cells, weights, force);
    return z;
  };
}

/** Smallest transform length whose intervals are narrow and numerous enough. */
function gridSize(span: number): number {
  const intervals = Math.max(FEWEST_INTERVALS, Math.ceil(span / WIDEST));
  let size = 2 * NODES * intervals;
  while (!isSmooth(size)) size += 2 * NODES;
  return size;
}

function quantised(width: number): number {
  const steps = Math.ceil(Math.log(Math.max(width, 1e-12)) / Math.log(QUANTUM) - 1e-9);
  return QUANTUM ** steps;
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

function createGrid(size: number, width: number, old: Grid | undefined): Grid {
  const nodes = size / 2;
  const half = nodes + 1;
  const reuse = old && old.size === size ? old : undefined;
  const grid: Grid = reuse
    ? { ...reuse, width }
    : {
        size,
        nodes,
        width,
        plan: fourierPlan(size),
        density: new Float64Array(nodes * nodes),
        kernel: new Float64Array(half * size),
        kernelX: new Float64Array(half * size),
        kernelY: new Float64Array(half * size),
        near: new Float64Array(NODES * NODES),
        halfRe: new Float64Array(half * nodes),
        halfIm: new Float64Array(half * nodes),
        fieldRe: new Float64Array(size * nodes),
        fieldIm: new Float64Array(size * nodes),
      };
  fillKernels(grid);
  return grid;
}

/** One real transform gives both: K is even and V_x odd, so K + V_x has the spectrum K^ + i a. */
function fillKernels(grid: Grid): void {
  const { size, nodes, width, plan } = grid;
  const spacing = width / NODES;
  const re = new Float64Array(size * size); // [x, y]
  const im = new Float64Array(size * size);
  for (let x = 0; x < size; x++) {
    const dx = (x < nodes ? x : x - size) * spacing;
    for (let y = 0; y < size; y++) {
      // Half-way round lies a distance that no two nodes have; zero keeps V_x odd.
      if (x === nodes || y === nodes) continue;
      const dy = (y < nodes ? y : y - size) * spacing;
      const k = 1 / (1 + dx * dx + dy * dy);
      re[x * size + y] = k + k * k * dx;
    }
  }
  for (let p = 0; p < NODES; p++) {
    for (let q = 0; q < NODES; q++) {
      grid.near[p * NODES + q] = 1 / (1 + (p * p + q * q) * spacing * spacing);
    }
  }
  plan.transform(re, im, size, false); // along x, all y at once
  const lineRe = new Float64Array(size * BATCH);
  const lineIm = new Float64Array(size * BATCH);
  const a = new Float64Array(size * size);
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
      const row = (first + b) * size;
      for (let t = 0; t < size; t++) {
        a[row + t] = lineIm[t * count + b];
        if (first + b <= nodes) grid.kernel[row + t] = lineRe[t * count + b];
      }
    }
  }
  for (let kx = 0; kx <= nodes; kx++) {
    for (let ky = 0; ky < size; ky++) {
      grid.kernelX[kx * size + ky] = a[kx * size + ky];
      grid.kernelY[kx * size + ky] = a[ky * size + kx]; // V_y is V_x with the axes exchanged
    }
  }
}

/** Fills the density; per point keeps its first node and 3 + 3 weights. Returns the points' own share of Z. */
function spreadPoints(
  grid: Grid,
  y: Float64Array,
  n: number,
  originX: number,
  originY: number,
  cells: Int32Array,
  weights: Float64Array,
): number {
  const { nodes, width, density, near } = grid;
  const last = nodes / NODES - 1;
  density.fill(0);
  let self = 0;
  for (let i = 0; i < n; i++) {
    const u = (y[2 * i] - originX) / width;
    const v = (y[2 * i + 1] - originY) / width;
    const cx = Math.max(0, Math.min(last, Math.floor(u)));
    const cy = Math.max(0, Math.min(last, Math.floor(v)));
    const s = u - cx;
    const t = v - cy;
    // Lagrange polynomials on the nodes 1/6, 1/2, 5/6 of the interval.
    const x0 = 4.5 * (s - 1 / 2) * (s - 5 / 6);
    const x1 = -9 * (s - 1 / 6) * (s - 5 / 6);
    const x2 = 4.5 * (s - 1 / 6) * (s - 1 / 2);
    const y0 = 4.5 * (t - 1 / 2) * (t - 5 / 6);
    const y1 = -9 * (t - 1 / 6) * (t - 5 / 6);
    const y2 = 4.5 * (t - 1 / 6) * (t - 1 / 2);
    const w = 6 * i;
    weights[w] = x0;
    weights[w + 1] = x1;
    weights[w + 2] = x2;
    weights[w + 3] = y0;
    weights[w + 4] = y1;
    weights[w + 5] = y2;
    let at = NODES * cx * nodes + NODES * cy;
    cells[i] = at;
    for (let k = 0; k < NODES; k++, at += nodes) {
      const wx = weights[w + k];
      density[at] += wx * y0;
      density[at + 1] += wx * y1;
      density[at + 2] += wx * y2;
    }
    const px0 = x0 * x0 + x1 * x1 + x2 * x2;
    const px1 = 2 * (x0 * x1 + x1 * x2);
    const px2 = 2 * x0 * x2;
    const py0 = y0 * y0 + y1 * y1 + y2 * y2;
    const py1 = 2 * (y0 * y1 + y1 * y2);
    const py2 = 2 * y0 * y2;
    self +=
      px0 * (py0 * near[0] + py1 * near[1] + py2 * near[2]) +
      px1 * (py0 * near[3] + py1 * near[4] + py2 * near[5]) +
      px2 * (py0 * near[6] + py1 * near[7] + py2 * near[8]);
  }
  return self;
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
  const { size, nodes, plan, density, halfRe, halfIm } = grid;
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
    for (let k = 0; k <= nodes; k++) {
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
  const { size, nodes, plan, kernel, kernelX, kernelY, halfRe, halfIm, fieldRe, fieldIm } = grid;
  const wr = new Float64Array(size * BATCH);
  const wi = new Float64Array(size * BATCH);
  const plusRe = new Float64Array(size * BATCH);
  const plusIm = new Float64Array(size * BATCH);
  const minusRe = new Float64Array(size * BATCH);
  const minusIm = new Float64Array(size * BATCH);
  let z = 0;
  for (let first = 0; first <= nodes; first += BATCH) {
    const count = Math.min(BATCH, nodes + 1 - first);
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
      const share = kx === 0 || kx === nodes ? 1 : 2;
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
      const both = kx > 0 && kx < nodes;
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

/** Back along x, in place; only the first half, where the nodes are, is kept. */
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
    const w = 6 * i;
    const y0 = weights[w + 3];
    const y1 = weights[w + 4];
    const y2 = weights[w + 5];
    let fx = 0;
    let fy = 0;
    let at = cells[i];
    for (let k = 0; k < NODES; k++, at += nodes) {
      const wx = weights[w + k];
      fx += wx * (y0 * fieldRe[at] + y1 * fieldRe[at + 1] + y2 * fieldRe[at + 2]);
      fy += wx * (y0 * fieldIm[at] + y1 * fieldIm[at + 1] + y2 * fieldIm[at + 2]);
    }
    force[2 * i] = fx * scale;
    force[2 * i + 1] = fy * scale;
  }
}
