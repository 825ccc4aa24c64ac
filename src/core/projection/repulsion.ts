/**
 * Owns the exact repulsive term of t-SNE's gradient, for few points, and the shape both ways of computing it
 * share. The kernel is K(d) = 1 / (1 + |d|^2).
 */

/**
 * positions: f64[n,2] -> writes force: f64[n,2], force_i = sum_j K(y_i - y_j)^2 (y_i - y_j); returns
 * Z = sum over i != j of K(y_i - y_j).
 */
export type Repulsion = (positions: Float64Array, n: number, force: Float64Array) => number;

/** All pairs, O(n^2): about 2 ms for 1,000 points. */
export const exactRepulsion: Repulsion = (y, n, force) => {
  force.fill(0, 0, 2 * n);
  let z = 0;
  for (let i = 0; i < n; i++) {
    const xi = y[2 * i];
    const yi = y[2 * i + 1];
    let fx = 0;
    let fy = 0;
    for (let j = i + 1; j < n; j++) {
      const dx = xi - y[2 * j];
      const dy = yi - y[2 * j + 1];
      const k = 1 / (1 + dx * dx + dy * dy);
      z += k;
      const kk = k * k;
      fx += kk * dx;
      fy += kk * dy;
      force[2 * j] -= kk * dx;
      force[2 * j + 1] -= kk * dy;
    }
    force[2 * i] += fx;
    force[2 * i + 1] += fy;
  }
  return 2 * z;
};
