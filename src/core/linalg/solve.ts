/** Owns small dense systems of linear equations. */

/**
 * x of A x = b by Gaussian elimination with partial pivoting; n of a handful, n^3 operations.
 * @param rows A, n rows of n. @throws when A is singular to working precision.
 */
export function solveLinear(rows: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const a = rows.map((row, j) => [...row, right[j]]);
  const largest = Math.max(...a.flatMap((row) => row.slice(0, n).map(Math.abs)));
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let j = c + 1; j < n; j++) if (Math.abs(a[j][c]) > Math.abs(a[pivot][c])) pivot = j;
    [a[c], a[pivot]] = [a[pivot], a[c]];
    if (!(Math.abs(a[c][c]) > Number.EPSILON * largest * 1e-2)) {
      throw new Error(`linear system of ${n} equations: it is singular at column ${c}`);
    }
    for (let j = c + 1; j < n; j++) {
      const factor = a[j][c] / a[c][c];
      for (let k = c; k <= n; k++) a[j][k] -= factor * a[c][k];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let j = n - 1; j >= 0; j--) {
    let sum = a[j][n];
    for (let k = j + 1; k < n; k++) sum -= a[j][k] * x[k];
    x[j] = sum / a[j][j];
  }
  return x;
}
