/**
 * Owns the density curve of difficulties: a Gaussian kernel estimate on [0,1]. Difficulties crowd at both
 * borders, so mass that the kernel would put outside is reflected back; without it the curve sinks at 0 and 1.
 */

export interface DensityOptions {
  /** Number of grid points, >= 2. */
  points?: number;
  /** Kernel's standard deviation; given, it overrides `rule`. */
  bandwidth?: number;
  rule?: 'scott' | 'silverman';
  /** Reflect at 0 and 1 (default), so that the curve integrates to 1 over [0,1]. */
  reflect?: boolean;
}

export interface Density {
  x: Float64Array;
  y: Float64Array;
  bandwidth: number;
  /** Samples used: those that are not NaN. */
  count: number;
}

/** Below this the curve would be a comb of spikes (or infinite, where all samples are equal). */
const SMALLEST_BANDWIDTH = 1e-3;

/**
 * Rule-of-thumb bandwidth of 1-D samples. Scott (scipy's default): sd n^(-1/5), sd with n-1.
 * Silverman: 0.9 min(sd, IQR / 1.34) n^(-1/5). Never below 1e-3; NaN are left out.
 */
export function bandwidthOf(samples: ArrayLike<number>, rule: 'scott' | 'silverman' = 'scott'): number {
  const values = finite(samples);
  const n = values.length;
  if (n < 2) return 0.1; // one sample says nothing of spread: a visible bump
  let mean = 0;
  for (const v of values) mean += v / n;
  let sum = 0;
  for (const v of values) sum += (v - mean) * (v - mean);
  const sd = Math.sqrt(sum / (n - 1));
  if (rule === 'scott') return Math.max(SMALLEST_BANDWIDTH, sd * n ** -0.2);
  const sorted = values.sort();
  const iqr = (quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)) / 1.34;
  const spread = iqr > 0 ? Math.min(sd, iqr) : sd;
  return Math.max(SMALLEST_BANDWIDTH, 0.9 * spread * n ** -0.2);
}

/** Density of `samples` in [0,1] at `points` evenly spaced places of [0,1]. No samples: a curve of zeros. */
export function densityCurve(samples: ArrayLike<number>, options: DensityOptions = {}): Density {
  const points = options.points ?? 128;
  if (!Number.isInteger(points) || points < 2) throw new Error(`density: ${points} points, wanted 2 or more`);
  const x = Float64Array.from({ length: points }, (_, i) => i / (points - 1));
  return densityAt(samples, x, options);
}

/** Density of `samples` at the places `x`. */
export function densityAt(
  samples: ArrayLike<number>,
  x: Float64Array,
  options: DensityOptions = {},
): Density {
  const values = finite(samples);
  const bandwidth = options.bandwidth ?? bandwidthOf(values, options.rule ?? 'scott');
  if (!(bandwidth > 0)) throw new Error(`density: bandwidth ${bandwidth}, wanted a positive number`);
  const reflect = options.reflect ?? true;
  const y = new Float64Array(x.length);
  const scale = values.length ? 1 / (values.length * bandwidth * Math.sqrt(2 * Math.PI)) : 0;
  const kernel = (u: number) => Math.exp((-0.5 * u * u) / (bandwidth * bandwidth));
  for (let i = 0; i < x.length; i++) {
    let sum = 0;
    for (const v of values) {
      sum += kernel(x[i] - v);
      if (reflect) sum += kernel(x[i] + v) + kernel(2 - x[i] - v);
    }
    y[i] = sum * scale;
  }
  return { x, y, bandwidth, count: values.length };
}

/** Linear-interpolation quantile (numpy's default) of ascending values; q in [0,1]. Empty: NaN. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

function finite(samples: ArrayLike<number>): Float64Array {
  return Float64Array.from(samples).filter((v) => !Number.isNaN(v));
}
