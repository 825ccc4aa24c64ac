/**
 * Owns UniPC, predictor and corrector, with x_0 prediction (Zhao et al. 2023, "UniPC: A Unified
 * Predictor-Corrector Framework", algorithms 1 and 2; multistep, B(h) of either kind).
 *
 * Symbols: s0 = the timestep a step leaves from, s_m = those before it, t = target; h = lambda_t - lambda_s0,
 * hh = -h (x_0 prediction); r_m = (lambda_sm - lambda_s0) / h; D_m = x_0(s_m) - x_0(s0); rho = the
 * coefficients that solve R rho = b; phi_1 = e^hh - 1 and so on, the exponential integrals.
 */
import { solveLinear } from '../linalg/solve.ts';
import { addNoise, type SchedulerConfig } from './noise-schedule.ts';
import { predict, predictionTypeOf } from './prediction.ts';
import { alphaAt, requireStep, type Scheduler } from './scheduler.ts';
import { type SolverTable, solverTable } from './solver-table.ts';

type Vector = Float32Array | Float64Array;

export function unipc(config: SchedulerConfig, steps: number): Scheduler {
  const table = solverTable('unipc', config, steps);
  const { alphasCumprod, timesteps } = table;
  const type = predictionTypeOf(config);
  const order = config.solver_order ?? 2;
  if (![1, 2, 3].includes(order)) throw new Error(`unipc: solver_order ${order}, wanted 1, 2 or 3`);
  const kind = config.solver_type ?? 'bh2';
  // The reference reads the names of other solvers as bh2, so that any checkpoint's config fits.
  const bh1 = kind === 'bh1';
  if (!['bh1', 'bh2', 'midpoint', 'heun', 'logrho'].includes(kind)) {
    throw new Error(`unipc: solver_type "${kind}", wanted bh1 or bh2`);
  }
  if (config.predict_x0 === false) throw new Error('unipc: predict_x0 false is not supported; set it true');
  if (config.thresholding) throw new Error('unipc: thresholding is not supported; set it false');
  const uncorrected = new Set(config.disable_corrector ?? []);
  const lowerOrderFinal = config.lower_order_final ?? true;

  return {
    name: 'unipc',
    timesteps,
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, t) => addNoise(original, noise, alphaAt('unipc', alphasCumprod, t)),
    step(modelOutput, i, sample, state) {
      requireStep('unipc', i, timesteps);
      const here = timesteps[i];
      const predicted = predict(type, modelOutput, sample, alphaAt('unipc', alphasCumprod, here)).original;

      // UniC: the step just taken is taken again, now that the x_0 it leads to is known.
      const correct = state.heldSample !== null && !uncorrected.has(i - 1);
      const corrected = correct
        ? solve(
            table,
            bh1,
            state.heldSample!,
            here,
            state.outputs,
            state.outputTimesteps,
            state.order,
            predicted,
          )
        : sample;

      // UniP: on to the next timestep.
      const outputs = [...state.outputs, predicted].slice(-order);
      const outputTimesteps = [...state.outputTimesteps, here].slice(-order);
      const allowed = lowerOrderFinal ? Math.min(order, timesteps.length - i) : order;
      const used = Math.min(allowed, outputs.length);
      return {
        sample: solve(table, bh1, corrected, table.target(i), outputs, outputTimesteps, used, null),
        state: { calls: state.calls + 1, outputs, outputTimesteps, heldSample: corrected, order: used },
      };
    },
  };
}

/** One update from the newest of `at` to t with `order` known x_0 (newest last), and `arrived` when correcting. */
function solve(
  { alpha, sigma, lambda }: SolverTable,
  bh1: boolean,
  from: Float32Array,
  t: number,
  outputs: readonly Vector[],
  at: readonly number[],
  order: number,
  arrived: Vector | null,
): Float32Array<ArrayBuffer> {
  const newest = outputs.length - 1;
  const s0 = at[newest];
  const m0 = outputs[newest];
  const h = lambda[t] - lambda[s0];
  const p = sigma[t] / sigma[s0];
  const phi1 = Math.expm1(-h);
  const next = new Float32Array(from.length);
  if (h === 0) {
    next.set(from);
    return next;
  }
  const others = Array.from({ length: order - 1 }, (_, m) => outputs[newest - 1 - m]);
  const r = others.map((_, m) => (lambda[at[newest - 1 - m]] - lambda[s0]) / h);
  const B = bh1 ? -h : phi1;
  // Order 1 of the corrector and order 2 of the predictor have the fixed coefficient 1/2, as the paper's code has it.
  const unknowns = arrived ? order : order - 1;
  const rho =
    unknowns === 0
      ? []
      : unknowns === 1
        ? [0.5]
        : coefficients([...r, 1].slice(0, unknowns), -h, B, unknowns);

  const q = -alpha[t] * phi1;
  for (let k = 0; k < next.length; k++) {
    let residual = 0;
    for (let m = 0; m < others.length; m++) residual += (rho[m] / r[m]) * (others[m][k] - m0[k]);
    if (arrived) residual += rho[order - 1] * (arrived[k] - m0[k]);
    next[k] = p * from[k] + q * m0[k] - alpha[t] * B * residual;
  }
  return next;
}

/** Solves R rho = b: R[j][m] = r_m^j, b_j = phi_(j+2)(hh) (j+1)! / B, j = 0..n-1. */
function coefficients(r: number[], hh: number, B: number, n: number): number[] {
  const R = Array.from({ length: n }, (_, j) => r.map((value) => value ** j));
  const b: number[] = [];
  let factorial = 1;
  let phi = Math.expm1(hh) / hh - 1;
  for (let j = 1; j <= n; j++) {
    b.push((phi * factorial) / B);
    factorial *= j + 1;
    phi = phi / hh - 1 / factorial;
  }
  return solveLinear(R, b);
}
