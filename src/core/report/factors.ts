/** Owns the ground-truth check of the demo: do the factors that were drawn explain the measured difficulty? */
import { spearman } from '../difficulty/rank.ts';
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
  dominant: Readonly<Record<string, readonly string[]>> = {},
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
            dominant: dominant[className]?.includes(names[f]) === true,
          };
    }),
  }));
  const mean = columns.map((_, f) => {
    const values = rows.map((r) => r.cells[f]?.rho).filter((v) => v !== undefined);
    return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null;
  });
  return { names: [...names, 'all together'], rows, mean };
}
