/**
 * Owns the minimiser of smooth functions: limited-memory BFGS (Nocedal and Wright, algorithm 7.5) with a
 * backtracking line search. Deterministic; one yield per iteration.
 */

export interface LbfgsOptions {
  /** Iterations at most. */
  iterations: number;
  /** Stops when the largest gradient entry falls below this. */
  tolerance: number;
  /** Pairs of steps remembered. */
  memory?: number;
}

export interface LbfgsResult {
  value: number;
  iterations: number;
  /** Whether the gradient fell below the tolerance. */
  converged: boolean;
}

/** Returns f(x) and writes its gradient. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** Minimises `objective` from `x`, in place. Yields the number of iterations done. */
export function* minimise(
  objective: Objective,
  x: Float64Array,
  options: LbfgsOptions,
): Generator<number, LbfgsResult, void> {
  const size = x.length;
  const memory = options.memory ?? 10;
  let gradient: Float64Array = new Float64Array(size);
  let nextGradient: Float64Array = new Float64Array(size);
  let trial: Float64Array = new Float64Array(size);
  const direction = new Float64Array(size);
  const history: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  let current: Float64Array = x;
  let value = objective(current, gradient);
  let iteration = 0;
  let converged = largest(gradient) < options.tolerance;

  while (!converged && iteration < options.iterations) {
    twoLoop(gradient, history, direction);
    let slope = dot(gradient, direction);
    if (!(slope < 0)) {
      // Rounding has spoilt the curvature pairs: start over from steepest descent.
      history.length = 0;
      for (let i = 0; i < size; i++) direction[i] = -gradient[i];
      slope = dot(gradient, direction);
    }
    let step = history.length ? 1 : Math.min(1, 1 / Math.sqrt(-slope));
    let nextValue = value;
    let accepted = false;
    for (let attempt = 0; attempt < 30; attempt++, step *= 0.5) {
      for (let i = 0; i < size; i++) trial[i] = current[i] + step * direction[i];
      nextValue = objective(trial, nextGradient);
      if (nextValue <= value + 1e-4 * step * slope) {
        accepted = true;
        break;
      }
    }
    if (!accepted) break; // no descent left within rounding
    remember(history, memory, current, trial, gradient, nextGradient);
    [current, trial] = [trial, current];
    [gradient, nextGradient] = [nextGradient, gradient];
    value = nextValue;
    iteration++;
    converged = largest(gradient) < options.tolerance;
    yield iteration;
  }
  if (current !== x) x.set(current);
  return { value, iterations: iteration, converged };
}

/** direction = -H gradient, H the inverse Hessian that the remembered pairs describe. */
function twoLoop(
  gradient: Float64Array,
  history: { s: Float64Array; y: Float64Array; rho: number }[],
  direction: Float64Array,
): void {
  for (let i = 0; i < direction.length; i++) direction[i] = -gradient[i];
  const alpha = new Float64Array(history.length);
  for (let h = history.length - 1; h >= 0; h--) {
    const { s, y, rho } = history[h];
    alpha[h] = rho * dot(s, direction);
    addScaled(direction, -alpha[h], y);
  }
  const last = history.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (let h = 0; h < history.length; h++) {
    const { s, y, rho } = history[h];
    addScaled(direction, alpha[h] - rho * dot(y, direction), s);
  }
}

function remember(
  history: { s: Float64Array; y: Float64Array; rho: number }[],
  memory: number,
  from: Float64Array,
  to: Float64Array,
  gradientFrom: Float64Array,
  gradientTo: Float64Array,
): void {
  const recycled = history.length >= memory ? history.shift() : undefined;
  const s = recycled?.s ?? new Float64Array(from.length);
  const y = recycled?.y ?? new Float64Array(from.length);
  for (let i = 0; i < from.length; i++) {
    s[i] = to[i] - from[i];
    y[i] = gradientTo[i] - gradientFrom[i];
  }
  const sy = dot(s, y);
  if (sy > 1e-12 * dot(y, y)) history.push({ s, y, rho: 1 / sy });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

function largest(values: Float64Array): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) max = Math.max(max, Math.abs(values[i]));
  return max;
}
