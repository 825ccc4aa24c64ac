/** Owns the ground-truth check of the demo: do the factors that were drawn explain the measured difficulty? */
import { ranks, spearman } from '../difficulty/rank.ts';
import type { FactorCell, ReportFactors } from './data.ts';

export interface FactorSample {
  className: string;
  difficulty: number; // [0,1]
  /** Strength per factor, in the order of the names. */
  strengths: readonly number[];
}

/** Fewer images than this give no rank correlation worth printing. */
const fewest = 8;

/**
 * Spearman's rho of every factor with the difficulty, per class, and of all factors together (their sum).
 * `dominant`: by class, the factors that make it hard above all, as far as that is known.
 */
export function factorCorrelations(
  samples: readonly FactorSample[],
  names: readonly string[],
  dominant: ReadonlyMap<string, readonly string[]> = new Map(),
): ReportFactors {
  const classes = new Map<string, FactorSample[]>();
  for (const s of samples) {
    if (s.strengths.length !== names.length)
      throw new Error(`factors: ${s.strengths.length} strengths in ${s.className}, wanted ${names.length}`);
    const list = classes.get(s.className);
    if (list) list.push(s);
    else classes.set(s.className, [s]);
  }
  const columns: ((s: FactorSample) => number)[] = [
    ...names.map((_, f) => (s: FactorSample) => s.strengths[f]),
    (s) => s.strengths.reduce((sum, v) => sum + v, 0),
  ];
  const rows = [...classes].map(([className, list]) => ({
    className,
    count: list.length,
    cells: columns.map((of, f): FactorCell | null => {
      if (list.length < fewest) return null;
      const c = spearman(
        list.map(of),
        list.map((s) => s.difficulty),
      );
      return Number.isNaN(c.rho)
        ? null
        : {
            rho: c.rho,
            certain: c.low > 0 || c.high < 0,
            dominant: dominant.get(className)?.includes(names[f]) === true,
          };
    }),
  }));
  const mean = columns.map((_, f) => {
    const values = rows.map((r) => r.cells[f]?.rho).filter((v) => v !== undefined);
    return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null;
  });
  return {
    names: [...names, 'all together'],
    rows,
    mean,
    own: [...ownShares([...classes.values()], names.length), null],
  };
}

/**
 * Standardised coefficients of difficulty on all factors at once (least squares on ranks within each class, so that
 * classes of different difficulty may be pooled). Factors that come together do not borrow from each other here.
 */
function ownShares(classes: readonly (readonly FactorSample[])[], k: number): (number | null)[] {
  const columns = Array.from({ length: k + 1 }, (_, f) =>
    classes
      .filter((list) => list.length >= fewest)
      .flatMap((list) => standardised(ranks(list.map((s) => (f < k ? s.strengths[f] : s.difficulty))))),
  );
  const n = columns[k].length;
  // A constant factor says nothing and would make the system singular.
  const used = Array.from({ length: k }, (_, f) => f).filter((f) => columns[f].some((v) => v !== 0));
  if (n <= used.length + 1) return Array.from({ length: k }, () => null);
  const dot = (a: number, b: number) => columns[a].reduce((sum, v, i) => sum + v * columns[b][i], 0) / n;
  const rows = used.map((a) => [...used.map((b) => dot(a, b)), dot(a, k)]);
  const solved = solve(rows);
  return Array.from({ length: k }, (_, f) => (used.includes(f) && solved ? solved[used.indexOf(f)] : null));
}

/** Zero mean, unit (population) variance; zeros where the values are constant. */
function standardised(values: ArrayLike<number>): number[] {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  const sd = Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / list.length);
  return list.map((v) => (sd > 1e-12 ? (v - mean) / sd : 0));
}

/** Gauss-Jordan with pivots on [A | b], in place; null where A is singular. */
function solve(rows: number[][]): number[] | null {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let j = i + 1; j < n; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[pivot][i])) pivot = j;
    if (Math.abs(rows[pivot][i]) < 1e-9) return null;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j][i] / rows[i][i];
      for (let c = i; c <= n; c++) rows[j][c] -= factor * rows[i][c];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}
