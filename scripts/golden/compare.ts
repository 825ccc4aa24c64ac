/** Owns the comparison of computed numbers with an oracle's: what a check is, and when it passes. */

/** As oracle folders give it. A missing or null field bounds nothing. */
export interface Tolerance {
  max_abs?: number | null;
  rel_l2?: number | null;
}

/** Must be equal, number by number. */
export const EXACT: Tolerance = { max_abs: 0, rel_l2: 0 };

export interface Check {
  check: string;
  /** Largest absolute difference; null where nothing could be compared. */
  maxAbs: number | null;
  /** ||got - want|| / ||want||; null where the reference is all zeros or nothing could be compared. */
  relL2: number | null;
  tolerance: Tolerance | null;
  pass: boolean;
  /** Why it failed, where figures do not say. */
  error?: string;
}

export interface Numbers {
  shape?: readonly number[];
  data: ArrayLike<number>;
}

/**
 * A check passes when the largest and the relative L2 difference are both within tolerance. A NaN on either side
 * fails, and so does another shape, even where the numbers are the same.
 */
export function compare(check: string, got: Numbers, want: Numbers, tolerance: Tolerance): Check {
  const shapes = got.shape && want.shape;
  if (got.data.length !== want.data.length || (shapes && `${got.shape}` !== `${want.shape}`)) {
    const is = got.shape ?? [got.data.length];
    return failure(check, `shape [${is}], wanted [${want.shape ?? want.data.length}]`, tolerance);
  }
  if (tolerance.max_abs == null && tolerance.rel_l2 == null) {
    return failure(check, 'the tolerance bounds nothing', tolerance);
  }
  let maxAbs = 0;
  let square = 0;
  let norm = 0;
  for (let i = 0; i < want.data.length; i++) {
    const d = Math.abs(got.data[i] - want.data[i]);
    if (!(d <= maxAbs)) maxAbs = d; // a NaN stays: no later difference is smaller than or equal to it
    if (Number.isNaN(d)) break;
    square += d * d;
    norm += want.data[i] ** 2;
  }
  if (!Number.isFinite(maxAbs)) return failure(check, 'not a number, or not finite', tolerance);
  const relL2 = norm > 0 ? Math.sqrt(square / norm) : null;
  const within = (value: number | null, bound: number | null | undefined) =>
    bound == null || value === null || value <= bound;
  return {
    check,
    maxAbs,
    relL2,
    tolerance,
    pass: within(maxAbs, tolerance.max_abs) && within(relL2, tolerance.rel_l2),
  };
}

/** Numbers that must be the same, such as token ids. */
export const same = (check: string, got: ArrayLike<number>, want: ArrayLike<number>): Check =>
  compare(check, { data: got }, { data: want }, EXACT);

/** A statement that holds or does not; `wrong` says what does not hold. */
export function statement(check: string, wrong: readonly string[]): Check {
  const pass = wrong.length === 0;
  const base = { check, maxAbs: wrong.length, relL2: null, tolerance: EXACT, pass };
  return pass ? base : { ...base, error: listed(wrong) };
}

export const failure = (check: string, error: string, tolerance: Tolerance | null = null): Check => ({
  check,
  maxAbs: null,
  relL2: null,
  tolerance,
  pass: false,
  error,
});

/** The first few of a list, and how many more there are. */
export function listed(items: readonly string[], most = 5): string {
  const more = items.length - most;
  return items.slice(0, most).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
