/**
 * Owns the eigendecomposition of real symmetric matrices: Householder reduction to tridiagonal form, then
 * implicit QL with Wilkinson shifts (Golub and Van Loan, sections 8.3.1 and 8.3.3). O(n^3), float64.
 */

export interface Eigen {
  /** f64[n], descending. */
  values: Float64Array;
  /** f64[n,n]: row i is the unit eigenvector of values[i]. */
  vectors: Float64Array;
}

/** matrix: f64[n,n], symmetric (only the lower triangle is read); left as it is. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  if (matrix.length !== n * n) throw new Error(`eigen: ${matrix.length} numbers, wanted ${n} x ${n}`);
  const { diagonal, off, basis } = tridiagonalise(matrix, n);
  diagonaliseQL(diagonal, off, basis, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => diagonal[b] - diagonal[a]);
  const values = Float64Array.from(order, (i) => diagonal[i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(basis.subarray(from * n, from * n + n), to * n);
  });
  return { values, vectors };
}

/** matrix = B^T T B with T tridiagonal; `basis` holds B by rows, `off[i]` couples i and i + 1. */
function tridiagonalise(matrix: Float64Array, n: number) {
  const a = Float64Array.from(matrix);
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i];
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  const reflectors: { v: Float64Array; beta: number; from: number }[] = [];
  const w = new Float64Array(n);

  for (let k = 0; k + 2 < n; k++) {
    // Reflect column k below the diagonal onto its first entry.
    const v = new Float64Array(n);
    let norm = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k];
      norm += v[i] * v[i];
    }
    const tail = norm - v[k + 1] * v[k + 1];
    if (tail === 0) {
      off[k] = v[k + 1];
      continue;
    }
    const alpha = v[k + 1] > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
    off[k] = alpha;
    v[k + 1] -= alpha;
    const beta = 2 / (tail + v[k + 1] * v[k + 1]);
    reflectors.push({ v, beta, from: k + 1 });
    // A <- H A H on the trailing block, as the rank-2 update A - v w^T - w v^T.
    let vw = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      const row = i * n;
      for (let j = k + 1; j < n; j++) sum += a[row + j] * v[j];
      w[i] = beta * sum;
      vw += v[i] * w[i];
    }
    for (let i = k + 1; i < n; i++) w[i] -= 0.5 * beta * vw * v[i];
    for (let i = k + 1; i < n; i++) {
      const vi = v[i];
      const wi = w[i];
      const row = i * n;
      for (let j = k + 1; j < n; j++) a[row + j] -= vi * w[j] + wi * v[j];
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i];
  if (n > 1) off[n - 2] = a[(n - 1) * n + n - 2];
  // Backward accumulation: H_0 ... H_last applied to the identity touches only the trailing block each time.
  for (let at = reflectors.length - 1; at >= 0; at--) {
    const { v, beta, from } = reflectors[at];
    for (let i = from; i < n; i++) {
      let sum = 0;
      const row = i * n;
      for (let j = from; j < n; j++) sum += basis[row + j] * v[j];
      sum *= beta;
      for (let j = from; j < n; j++) basis[row + j] -= sum * v[j];
    }
  }
  return { diagonal, off, basis };
}

/** Implicit QL on the tridiagonal matrix; the rows of `basis` are rotated along and become eigenvectors. */
function diagonaliseQL(d: Float64Array, e: Float64Array, basis: Float64Array, n: number): void {
  if (n > 0) e[n - 1] = 0;
  // What is rounding against the whole matrix is zero: in a rank-deficient one, neighbours may both vanish, and an
  // off-diagonal measured against them alone would never be small enough.
  let size = 0;
  for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(d[i]), Math.abs(e[i]));
  const negligible = (i: number) =>
    Math.abs(e[i]) <= 2.3e-16 * Math.max(Math.abs(d[i]) + Math.abs(d[i + 1]), 0.1 * size);
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high + 1 < n && !negligible(high)) high++;
      if (high === low) break;
      if (sweep === 60)
        throw new Error(`eigen: no convergence at value ${low} of ${n}; is every entry finite?`);
      let g = (d[low + 1] - d[low]) / (2 * e[low]);
      let r = Math.hypot(g, 1);
      g = d[high] - d[low] + e[low] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = high - 1;
      for (; i >= low; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          // The matrix has split early: undo the pending shift and look again.
          d[i + 1] -= p;
          e[high] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        const upper = i * n;
        const lower = upper + n;
        for (let k = 0; k < n; k++) {
          const t = basis[lower + k];
          basis[lower + k] = s * basis[upper + k] + c * t;
          basis[upper + k] = c * basis[upper + k] - s * t;
        }
      }
      if (r === 0 && i >= low) continue;
      d[low] -= p;
      e[low] = g;
      e[high] = 0;
    }
  }
}
