/**
 * Owns t-SNE (van der Maaten and Hinton 2008): gradient descent on KL(P || Q) with early exaggeration,
 * momentum and adaptive gains, as a stepper whose state can be stored between any two iterations.
 */
import { type Rng, rngFromState } from '../rng.ts';
import { drain, type StepOptions, type Steps, within } from '../steps.ts';
import { type Affinities, affinitiesSteps } from './affinities.ts';
import { gridRepulsion } from './grid-repulsion.ts';
import { pcaSteps } from './pca.ts';
import { exactRepulsion, type Repulsion } from './repulsion.ts';

export interface TsneSettings {
  /** Iterations in all, early exaggeration included. */
  iterations: number;
  /** Factor on P during the early phase. */
  exaggeration: number;
  exaggerationIterations: number;
  /** Step length for the gradient without its factor 4, as FIt-SNE and openTSNE count it. */
  learningRate: number;
  /** Points from which the repulsion goes over the grid instead of over all pairs. */
  gridFrom: number;
}

/** Everything that changes from iteration to iteration. */
export interface TsneState {
  iteration: number;
  positions: Float64Array; // [n,2]
  velocity: Float64Array; // [n,2]
  gains: Float64Array; // [n,2]
}

export interface Tsne {
  readonly n: number;
  readonly settings: TsneSettings;
  readonly iteration: number;
  readonly done: boolean;
  /** One iteration. Throws when done. */
  step(): void;
  /** f32[n,2], centred. */
  positions(): Float32Array;
  /** A copy, to be given to `createTsne` later: the run then goes on to the very same result. */
  state(): TsneState;
  /** KL(P || Q) in nats without exaggeration, at the present positions; costs about one iteration. */
  divergence(): number;
  /** dKL/dy at the present positions, without exaggeration, with its factor 4. f64[n,2] */
  gradient(): Float64Array;
}

/** Beyond this the n^2 pairs take longer than the transforms (measured). */
const GRID_FROM = 4000;
const EARLY_MOMENTUM = 0.5;
const MOMENTUM = 0.8;
const SMALLEST_GAIN = 0.01;
/** Longest move of a point in one iteration, map units: keeps one bad step from flinging points away. */
const LONGEST_MOVE = 5;

export function defaultSettings(n: number, iterations = 1000): TsneSettings {
  return {
    iterations,
    exaggeration: 12,
    exaggerationIterations: Math.min(250, Math.floor(iterations / 4)),
    learningRate: Math.max(200, n / 12),
    gridFrom: GRID_FROM,
  };
}

/** start: f64[n,2] positions to begin with (see `initialPositions`), or the state of an earlier run. */
export function createTsne(
  affinities: Affinities,
  start: Float64Array | TsneState,
  settings: TsneSettings,
): Tsne {
  const { n } = affinities;
  const state: TsneState =
    start instanceof Float64Array
      ? {
          iteration: 0,
          positions: start.slice(),
          velocity: new Float64Array(2 * n),
          gains: new Float64Array(2 * n).fill(1),
        }
      : copyOf(start);
  for (const [name, array] of Object.entries(state)) {
    if (array instanceof Float64Array && array.length !== 2 * n) {
      throw new Error(
        `t-SNE: ${name} has ${array.length} numbers, wanted ${2 * n}; the state is of another run`,
      );
    }
  }
  const repulsion: Repulsion = n >= settings.gridFrom ? gridRepulsion() : exactRepulsion;
  const attraction = new Float64Array(2 * n);
  const repulsive = new Float64Array(2 * n);

  return {
    n,
    settings,
    get iteration() {
      return state.iteration;
    },
    get done() {
      return state.iteration >= settings.iterations;
    },
    step() {
      if (state.iteration >= settings.iterations)
        throw new Error('t-SNE: already done; ask `done` before a step');
      const early = state.iteration < settings.exaggerationIterations;
      const { positions, velocity, gains } = state;
      const z = repulsion(positions, n, repulsive);
      attract(affinities, positions, attraction);
      descend(
        positions,
        velocity,
        gains,
        attraction,
        repulsive,
        early ? settings.exaggeration : 1,
        1 / Math.max(z, 1e-300),
        early ? EARLY_MOMENTUM : MOMENTUM,
        settings.learningRate,
      );
      state.iteration++;
    },
    positions: () => Float32Array.from(state.positions),
    state: () => copyOf(state),
    divergence() {
      const z = repulsion(state.positions, n, repulsive);
      return divergenceOf(affinities, state.positions, z);
    },
    gradient() {
      const z = repulsion(state.positions, n, repulsive);
      attract(affinities, state.positions, attraction);
      return attraction.map((a, i) => 4 * (a - repulsive[i] / z));
    },
  };
}

/** force_i = sum_j p_ij K(y_i - y_j) (y_i - y_j), over the upper triangle of P. */
function attract(affinities: Affinities, y: Float64Array, force: Float64Array): void {
  const { n, starts, columns, values } = affinities;
  force.fill(0);
  for (let i = 0; i < n; i++) {
    const xi = y[2 * i];
    const yi = y[2 * i + 1];
    let fx = 0;
    let fy = 0;
    const end = starts[i + 1];
    for (let e = starts[i]; e < end; e++) {
      const j = 2 * columns[e];
      const dx = xi - y[j];
      const dy = yi - y[j + 1];
      const pull = values[e] / (1 + dx * dx + dy * dy);
      fx += pull * dx;
      fy += pull * dy;
      force[j] -= pull * dx;
      force[j + 1] -= pull * dy;
    }
    force[2 * i] += fx;
    force[2 * i + 1] += fy;
  }
}

/** One update with momentum and per-coordinate gains (Jacobs 1988); recentres the map. */
function descend(
  y: Float64Array,
  velocity: Float64Array,
  gains: Float64Array,
  attraction: Float64Array,
  repulsive: Float64Array,
  exaggeration: number,
  perZ: number,
  momentum: number,
  rate: number,
): void {
  const n = y.length / 2;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < n; i++) {
    for (let c = 2 * i; c <= 2 * i + 1; c++) {
      const gradient = exaggeration * attraction[c] - perZ * repulsive[c];
      const v = velocity[c];
      // Still going downhill: speed up. Overshot: slow down.
      const gain = Math.max(SMALLEST_GAIN, gradient * v < 0 || v === 0 ? gains[c] + 0.2 : gains[c] * 0.8);
      gains[c] = gain;
      velocity[c] = momentum * v - rate * gain * gradient;
    }
    const length = Math.hypot(velocity[2 * i], velocity[2 * i + 1]);
    if (length > LONGEST_MOVE) {
      velocity[2 * i] *= LONGEST_MOVE / length;
      velocity[2 * i + 1] *= LONGEST_MOVE / length;
    }
    y[2 * i] += velocity[2 * i];
    y[2 * i + 1] += velocity[2 * i + 1];
    meanX += y[2 * i];
    meanY += y[2 * i + 1];
  }
  meanX /= n;
  meanY /= n;
  for (let i = 0; i < n; i++) {
    y[2 * i] -= meanX;
    y[2 * i + 1] -= meanY;
  }
}

/** sum over pairs of p ln(p / q), q = K / Z. */
function divergenceOf(affinities: Affinities, y: Float64Array, z: number): number {
  const { n, starts, columns, values } = affinities;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let e = starts[i]; e < starts[i + 1]; e++) {
      const p = values[e];
      if (p <= 0) continue;
      const dx = y[2 * i] - y[2 * columns[e]];
      const dy = y[2 * i + 1] - y[2 * columns[e] + 1];
      sum += 2 * p * Math.log(p * z * (1 + dx * dx + dy * dy));
    }
  }
  return sum;
}

function copyOf(state: TsneState): TsneState {
  return {
    iteration: state.iteration,
    positions: state.positions.slice(),
    velocity: state.velocity.slice(),
    gains: state.gains.slice(),
  };
}

export interface TsneOptions extends StepOptions {
  rng: Rng;
  perplexity?: number;
  iterations?: number;
  /** Principal components that neighbours are sought in; more dimensions are reduced to these first. */
  dimensions?: number;
}

/** What a run needs before its first iteration; a function of features, perplexity and rng state alone. */
export interface PreparedTsne {
  affinities: Affinities;
  /** f64[n,2]: first two principal components, standard deviation 1e-4, with a trace of noise. */
  initial: Float64Array;
}

/** features: f32[n,d]. Reduces them by PCA, finds neighbours, fits P and the starting positions. */
export function* prepareTsneSteps(
  features: Float32Array,
  n: number,
  d: number,
  options: Omit<TsneOptions, keyof StepOptions | 'iterations'>,
): Steps<PreparedTsne> {
  if (n < 4) throw new Error(`t-SNE: ${n} rows, wanted 4 or more`);
  const dimensions = options.dimensions ?? 50;
  const reduced = yield* within(pcaSteps(features, n, d, Math.max(2, dimensions), options), 0, 0.4);
  const { r, scores } = reduced;
  // Rows that are all alike have no components; one zero column stands for them.
  const rows = r > 0 ? scores : new Float32Array(n);
  const affinities = yield* within(
    affinitiesSteps(rows, n, Math.max(1, r), options.perplexity ?? 30),
    0.4,
    1,
  );
  const scale = reduced.variances[0] > 0 ? 1e-4 / Math.sqrt(reduced.variances[0]) : 0;
  const initial = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 2; c++) {
      // The noise parts equal rows, which would otherwise move as one for ever.
      initial[2 * i + c] = (c < r ? scores[i * r + c] * scale : 0) + 1e-6 * options.rng.normal();
    }
  }
  return { affinities, initial };
}

/** features: f32[n,d] -> positions f32[n,2]. For 1 to 3 rows: fixed places 1 apart. */
export function tsne(features: Float32Array, n: number, d: number, options: TsneOptions): Float32Array {
  return drain(tsneSteps(features, n, d, options), options);
}

/** `tsne` in pieces: one yield per iteration. */
export function* tsneSteps(
  features: Float32Array,
  n: number,
  d: number,
  options: Omit<TsneOptions, keyof StepOptions>,
): Steps<Float32Array> {
  if (features.length !== n * d) throw new Error(`t-SNE: ${features.length} features, wanted ${n} x ${d}`);
  if (n < 4) return fewPositions(n);
  const rng = rngFromState(options.rng.state());
  const { affinities, initial } = yield* within(
    prepareTsneSteps(features, n, d, { ...options, rng }),
    0,
    0.1,
  );
  const run = createTsne(affinities, initial, defaultSettings(n, options.iterations));
  while (!run.done) {
    run.step();
    yield 0.1 + (0.9 * run.iteration) / run.settings.iterations;
  }
  return run.positions();
}

/** f32[n,2] for n < 4, where neighbourhoods mean nothing: a point, a pair, a triangle of side 1. */
export function fewPositions(n: number): Float32Array {
  if (n >= 4) throw new Error(`t-SNE: ${n} rows are enough for a map`);
  const height = Math.sqrt(3) / 2;
  if (n === 3) return Float32Array.from([-0.5, -height / 3, 0.5, -height / 3, 0, (2 * height) / 3]);
  return Float32Array.from(n === 2 ? [-0.5, 0, 0.5, 0] : new Array(2 * n).fill(0));
}
