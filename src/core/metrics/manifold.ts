/**
 * Owns precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020): how far
 * synthetic features lie on the manifold of the real ones, and how much of it they reach.
 */

export interface ManifoldMetrics {
  /** Share of fake rows inside some real row's ball, [0,1]. */
  precision: number;
  /** Share of real rows inside some fake row's ball, [0,1]. */
  recall: number;
  /** Mean number of real balls a fake row lies in, over k; may exceed 1. */
  density: number;
  /** Share of real rows whose ball holds a fake row, [0,1]. */
  coverage: number;
}

/**
 * A row's ball reaches to its k-th nearest neighbour in its own set, itself not counted; inside is strict.
 * real: f32[n,d], fake: f32[m,d], k below n and m. Distances in float64; O((n + m)^2 d).
 */
export function manifoldMetrics(
  real: Float32Array,
  n: number,
  fake: Float32Array,
  m: number,
  d: number,
  k = 5,
): ManifoldMetrics {
  if (real.length !== n * d || fake.length !== m * d) {
    throw new Error(
      `manifold: ${real.length} and ${fake.length} numbers, wanted ${n} x ${d} and ${m} x ${d}`,
    );
  }
  if (!(k >= 1 && k < n && k < m)) {
    throw new Error(`manifold: k = ${k} for ${n} real and ${m} fake rows, wanted 1..${Math.min(n, m) - 1}`);
  }
  const realRadius = radii(real, n, d, k);
  const fakeRadius = radii(fake, m, d, k);
  const insideReal = new Int32Array(m); // real balls around each fake row
  const insideFake = new Uint8Array(n);
  const covered = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const distance = squaredDistance(real, i, fake, j, d);
      if (distance < realRadius[i]) {
        insideReal[j]++;
        covered[i] = 1;
      }
      if (distance < fakeRadius[j]) insideFake[i] = 1;
    }
  }
  const share = (flags: ArrayLike<number>) => {
    let hits = 0;
    for (let i = 0; i < flags.length; i++) if (flags[i]) hits++;
    return hits / flags.length;
  };
  return {
    precision: share(insideReal),
    recall: share(insideFake),
    density: insideReal.reduce((sum, v) => sum + v, 0) / (k * m),
    coverage: share(covered),
  };
}

/** Squared distance of each row to its k-th nearest other row. */
function radii(x: Float32Array, n: number, d: number, k: number): Float64Array {
  const out = new Float64Array(n);
  const distances = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) distances[j] = j === i ? Infinity : squaredDistance(x, i, x, j, d);
    out[i] = Float64Array.from(distances).sort()[k - 1];
  }
  return out;
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, d: number): number {
  let sum = 0;
  const p = i * d;
  const q = j * d;
  for (let k = 0; k < d; k++) {
    const delta = a[p + k] - b[q + k];
    sum += delta * delta;
  }
  return sum;
}
