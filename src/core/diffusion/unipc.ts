/**
 * Owns UniPC, predictor and corrector (Zhao et al. 2023, "UniPC: A Unified Predictor-Corrector Framework",
 * algorithms 1 and 2; multistep, B(h) of either kind), with x_0 or eps prediction.
 *
 * Symbols: s0 = the level a step leaves from, s_m = those before it, t = target; h = lambda_t - lambda_s0,
 * hh = -h of x_0 prediction, h of eps; r_m = (lambda_sm - lambda_s0) / h; D_m = output(s_m) - output(s0); rho = the
 * coefficients that solve R rho = b; phi_1 = e^hh - 1 and so on, the exponential integrals.
 */
import { solveLinear } from '../linalg/solve.ts';
import { levelAt } from './exponential-step.ts';
import { addNoiseAt, openLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { type Scheduler, type SchedulerOptions, schedulerOf, type Vector } from './scheduler.ts';

interface Solver {
  /** Karras' sigma of every level. */
  sigmas: Float64Array;
  bh1: boolean;
  predictsOriginal: boolean;
}

export function unipc(config: SchedulerConfig, steps: number, options: SchedulerOptions = {}): Scheduler {
  const who = 'unipc';
  const predictsOriginal = config.predict_x0 ?? true;
  const { sigmas, timesteps } = openLevels(who, config, steps, {
    final: predictsOriginal ? 'zero' : 'sigma_min',
    timesteps: options.timesteps,
  });
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, null);
  const order = config.solver_order ?? 2;
  if (![1, 2, 3].includes(order)) throw new Error(`unipc: solver_order ${order}, expected 1, 2 or 3`);
  const kind = config.solver_type ?? 'bh2';
  // The reference reads the names of other solvers as bh2, so that any checkpoint's config fits.
  if (!['bh1', 'bh2', 'midpoint', 'heun', 'logrho'].includes(kind)) {
    throw new Error(`unipc: solver_type "${kind}", expected bh1 or bh2`);
  }
  const solver: Solver = { sigmas, bh1: kind === 'bh1', predictsOriginal };
  const uncorrected = new Set(config.disable_corrector ?? []);
  // Without noise at its end, a run's last step has no h to divide by: first order is exact there.
  const lowerOrderFinal = (config.lower_order_final ?? true) || sigmas[timesteps.length] === 0;

  return schedulerOf({
    name: who,
    timesteps,
    addNoise: (original, noise, i) => addNoiseAt(original, noise, sigmas[i]),
    step(modelOutput, i, sample, state) {
      const { alpha } = levelAt(sigmas[i]);
      const both = predict(type, modelOutput, sample, alpha ** 2, { bounds, rows: options.rows });
      const predicted = predictsOriginal ? both.original : both.epsilon;

      // UniC: the step just taken is taken again, now that what it leads to is known.
      const correct = state.heldSample !== null && !uncorrected.has(i - 1);
      const corrected = correct
        ? solve(solver, state.heldSample!, i, state.outputs, state.order, predicted)
        : sample;

      // UniP: on to the next level.
      const outputs = [...state.outputs, predicted].slice(-order);
      const allowed = lowerOrderFinal ? Math.min(order, timesteps.length - i) : order;
      const used = Math.min(allowed, outputs.length);
      return {
        sample: solve(solver, corrected, i + 1, outputs, used, null),
        keep: { outputs, heldSample: corrected, order: used },
      };
    },
  });
}

/**
 * One update from level `to` - 1 to `to` with `order` known outputs (newest last, of that level and those before),
 * and `arrived` when correcting.
 */
function solve(
  { sigmas, bh1, predictsOriginal }: Solver,
  from: Float32Array,
  to: number,
  outputs: readonly Vector[],
  order: number,
  arrived: Vector | null,
): Float32Array<ArrayBuffer> {
  const m0 = outputs[outputs.length - 1];
  const s0 = levelAt(sigmas[to - 1]);
  const t = levelAt(sigmas[to]);
  const h = t.lambda - s0.lambda;
  const next = new Float32Array(from.length);
  if (h === 0) {
    next.set(from);
    return next;
  }
  const hh = predictsOriginal ? -h : h;
  const [p, scale] = predictsOriginal ? [t.sigma / s0.sigma, t.alpha] : [t.alpha / s0.alpha, t.sigma];
  const phi1 = Math.expm1(hh);
  const others = Array.from({ length: order - 1 }, (_, m) => outputs[outputs.length - 2 - m]);
  const r = others.map((_, m) => (levelAt(sigmas[to - 2 - m]).lambda - s0.lambda) / h);
  const B = bh1 ? hh : phi1;
  // Order 1 of the corrector and order 2 of the predictor have the fixed coefficient 1/2, as the paper's code has it.
  const unknowns = arrived ? order : order - 1;
  const rho =
    unknowns === 0
      ? []
      : unknowns === 1
        ? [0.5]
        : coefficients([...r, 1].slice(0, unknowns), hh, B, unknowns);

  const q = -scale * phi1;
  for (let k = 0; k < next.length; k++) {
    let residual = 0;
    for (let m = 0; m < others.length; m++) residual += (rho[m] / r[m]) * (others[m][k] - m0[k]);
    if (arrived) residual += rho[order - 1] * (arrived[k] - m0[k]);
    // B is infinite at the end without noise, where there is no residual either.
    next[k] = p * from[k] + q * m0[k] - (residual === 0 ? 0 : scale * B * residual);
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
