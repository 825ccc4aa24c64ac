/**
 * Owns the two inner loops that nearly all dense work in core comes down to: products of rows with a few
 * vectors, and their transpose. Four rows are taken at a time, so that each loaded number is used often and
 * the rows stay in the first-level cache between the two loops.
 */

/** Rows per block of `rowProducts` and `addOuterProducts`. */
export const BLOCK_ROWS = 4;

/**
 * out[r,c] = vectors[c] . x[row + r] + offset[c] for r in 0..3, c in 0..k-1.
 * x: f32[>= row+4, d]; vectors: f64[k, d+1], each vector followed by its offset; out: f64[4,k].
 */
export function rowProducts(
  x: Float32Array,
  row: number,
  d: number,
  vectors: Float64Array,
  k: number,
  out: Float64Array,
): void {
  const stride = d + 1;
  const x0 = row * d;
  const x1 = x0 + d;
  const x2 = x1 + d;
  const x3 = x2 + d;
  for (let c = 0; c < k; c += 2) {
    // An odd last vector is paired with itself: the second sum is computed and dropped.
    const e = c + 1 < k ? c + 1 : c;
    const wc = c * stride;
    const we = e * stride;
    let a0 = vectors[wc + d];
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = vectors[we + d];
    let b1 = b0;
    let b2 = b0;
    let b3 = b0;
    for (let j = 0; j < d; j++) {
      const p = vectors[wc + j];
      const q = vectors[we + j];
      const v0 = x[x0 + j];
      const v1 = x[x1 + j];
      const v2 = x[x2 + j];
      const v3 = x[x3 + j];
      a0 += p * v0;
      a1 += p * v1;
      a2 += p * v2;
      a3 += p * v3;
      b0 += q * v0;
      b1 += q * v1;
      b2 += q * v2;
      b3 += q * v3;
    }
    out[c] = a0;
    out[k + c] = a1;
    out[2 * k + c] = a2;
    out[3 * k + c] = a3;
    out[e] = b0;
    out[k + e] = b1;
    out[2 * k + e] = b2;
    out[3 * k + e] = b3;
  }
}

/**
 * target[c,:] += sum over r in 0..3 of factors[r,c] (x[row + r], 1).
 * x: f32[>= row+4, d]; factors: f64[4,k]; target: f64[k, d+1].
 */
export function addOuterProducts(
  x: Float32Array,
  row: number,
  d: number,
  factors: Float64Array,
  k: number,
  target: Float64Array,
): void {
  const stride = d + 1;
  const x0 = row * d;
  const x1 = x0 + d;
  const x2 = x1 + d;
  const x3 = x2 + d;
  for (let c = 0; c < k; c++) {
    const f0 = factors[c];
    const f1 = factors[k + c];
    const f2 = factors[2 * k + c];
    const f3 = factors[3 * k + c];
    const t = c * stride;
    for (let j = 0; j < d; j++) {
      target[t + j] += f0 * x[x0 + j] + f1 * x[x1 + j] + f2 * x[x2 + j] + f3 * x[x3 + j];
    }
    target[t + d] += f0 + f1 + f2 + f3;
  }
}

/**
 * Calls `visit` for blocks of four rows of f32[n,d], in order; `count` of them (1..4) are real, the rest of
 * the last block is zero. `block` and `row` are what `rowProducts` and `addOuterProducts` take.
 */
export function forRowBlocks(
  x: Float32Array,
  n: number,
  d: number,
  visit: (block: Float32Array, row: number, first: number, count: number) => void,
): void {
  const whole = n - (n % BLOCK_ROWS);
  for (let row = 0; row < whole; row += BLOCK_ROWS) visit(x, row, row, BLOCK_ROWS);
  if (whole === n) return;
  const tail = new Float32Array(BLOCK_ROWS * d);
  tail.set(x.subarray(whole * d, n * d));
  visit(tail, 0, whole, n - whole);
}
