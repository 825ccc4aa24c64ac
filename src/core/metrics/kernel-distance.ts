/** Owns the kernel distance between two sets of features (KID: Binkowski et al. 2018). */

/**
 * Unbiased MMD^2 with k(x,y) = (x.y / d + 1)^3 on all rows; may be slightly negative for equal distributions.
 * a: f32[n,d], b: f32[m,d], n and m >= 2. O((n + m)^2 d).
 */
export function kid(a: Float32Array, n: number, b: Float32Array, m: number, d: number): number {
  if (a.length !== n * d || b.length !== m * d) {
    throw new Error(`KID: ${a.length} and ${b.length} numbers, wanted ${n} x ${d} and ${m} x ${d}`);
  }
  if (n < 2 || m < 2) throw new Error(`KID: ${n} and ${m} rows, wanted 2 or more on both sides`);
  const within = (x: Float32Array, rows: number) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) for (let j = 0; j < i; j++) sum += kernel(x, i, x, j, d);
    return (2 * sum) / (rows * (rows - 1));
  };
  let across = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) across += kernel(a, i, b, j, d);
  return within(a, n) + within(b, m) - (2 * across) / (n * m);
}

function kernel(a: Float32Array, i: number, b: Float32Array, j: number, d: number): number {
  let product = 0;
  const p = i * d;
  const q = j * d;
  for (let k = 0; k < d; k++) product += a[p + k] * b[q + k];
  return (product / d + 1) ** 3;
}
