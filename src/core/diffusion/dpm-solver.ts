/**
 * Owns DPM-Solver multistep of first to third order in its four forms: the ODE or the SDE, by x_0 or by eps (Lu et al.
 * 2022, "DPM-Solver++: Fast Solver for Guided Sampling", algorithm 2; third order as in its appendix).
 *
 * Symbols: s0 = current level, s1, s2 = those before it, t = target; h = lambda_t - lambda_s0,
 * r0 = (lambda_s0 - lambda_s1) / h, r1 = (lambda_s1 - lambda_s2) / h; m0, m1, m2 = the outputs at s0, s1, s2.
 */
import { type DpmAlgorithm, dpmAlgorithms, levelAt, stepWeights } from './exponential-step.ts';
import { addNoiseAt, type Levels, openLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { addDrawn, type Scheduler, type SchedulerOptions, schedulerOf, type Vector } from './scheduler.ts';

export function dpmSolver(config: SchedulerConfig, steps: number, options: SchedulerOptions = {}): Scheduler {
  const who = 'dpm-solver++';
  const { algorithm, order: solverOrder, heun } = dpmSettings(who, config);
  const { sigmas, timesteps } = dpmLevels(who, config, algorithm, steps, options.timesteps);
  const count = timesteps.length;
  const endsAtZero = sigmas[count] === 0;
  const outputOf = dpmOutput(config, algorithm, options.rows);
  // With few steps the last ones are unstable at their full order; 15 is the reference's limit.
  const lowerOrderFinal = (config.lower_order_final ?? true) && count < 15;
  const lowerAtEnd = lowerOrderFinal || (config.euler_at_final ?? false) || endsAtZero;
  const lambda = (i: number) => levelAt(sigmas[i]).lambda;

  return schedulerOf({
    name: who,
    timesteps,
    addNoise: (original, noise, i) => addNoiseAt(original, noise, sigmas[i]),
    step(modelOutput, i, sample, state, noise) {
      const m0 = outputOf(modelOutput, sample, sigmas[i]);
      const left = count - i;
      const allowed = left === 1 && lowerAtEnd ? 1 : left === 2 && lowerOrderFinal ? 2 : solverOrder;
      const order = Math.min(solverOrder, allowed, state.outputs.length + 1);
      const w = stepWeights(algorithm, sigmas[i], sigmas[i + 1]);
      const h = lambda(i + 1) - lambda(i);
      const first = heun ? w.d1 : w.midpoint;
      const next = new Float32Array(sample.length);
      if (order === 1 || h === 0) {
        for (let k = 0; k < next.length; k++) next[k] = w.sample * sample[k] + w.d0 * m0[k];
      } else {
        const m1 = state.outputs.at(-1)!;
        const r0 = (lambda(i) - lambda(i - 1)) / h;
        if (order === 2) {
          for (let k = 0; k < next.length; k++)
            next[k] = w.sample * sample[k] + w.d0 * m0[k] + (first * (m0[k] - m1[k])) / r0;
        } else {
          const m2 = state.outputs.at(-2)!;
          const r1 = (lambda(i - 1) - lambda(i - 2)) / h;
          for (let k = 0; k < next.length; k++) {
            const near = (m0[k] - m1[k]) / r0;
            const bend = (near - (m1[k] - m2[k]) / r1) / (r0 + r1);
            next[k] = w.sample * sample[k] + w.d0 * m0[k] + w.d1 * (near + r0 * bend) + w.d2 * bend;
          }
        }
      }
      addDrawn(who, next, w.noise, noise);
      const outputs = [...state.outputs, m0].slice(-Math.max(solverOrder - 1, 1));
      return { sample: next, keep: { outputs } };
    },
  });
}

/** What multistep and single-step DPM-Solver read of a config. @throws on what they do not do. */
export function dpmSettings(who: string, config: SchedulerConfig) {
  // A config may be that of another solver: DEIS and UniPC have names of their own for the same choices.
  const named = config.algorithm_type ?? 'dpmsolver++';
  const algorithm =
    dpmAlgorithms.find((known) => known === named) ?? (named === 'deis' ? 'dpmsolver++' : null);
  if (!algorithm) {
    throw new Error(`${who}: algorithm_type "${named}", expected one of ${dpmAlgorithms.join(', ')}`);
  }
  const order = config.solver_order ?? 2;
  if (order !== 1 && order !== 2 && order !== 3) {
    throw new Error(`${who}: solver_order ${order}, expected 1, 2 or 3`);
  }
  if (order === 3 && algorithm === 'sde-dpmsolver') {
    throw new Error(`${who}: algorithm_type "sde-dpmsolver" has no third order; set solver_order 2`);
  }
  const type = config.solver_type ?? 'midpoint';
  if (!['midpoint', 'heun', 'logrho', 'bh1', 'bh2'].includes(type)) {
    throw new Error(`${who}: solver_type "${type}", expected midpoint or heun`);
  }
  return { algorithm, order, heun: type === 'heun' };
}

/** The levels of a run. @throws where it would end without noise, which a step by eps cannot reach. */
export function dpmLevels(
  who: string,
  config: SchedulerConfig,
  algorithm: DpmAlgorithm,
  steps: number,
  timesteps?: readonly number[],
): Levels {
  const byOriginal = algorithm.endsWith('++');
  const levels = openLevels(who, config, steps, { final: byOriginal ? 'zero' : 'sigma_min', timesteps });
  if (levels.sigmas[levels.timesteps.length] === 0 && !byOriginal) {
    throw new Error(
      `${who}: final_sigmas_type "zero" does not go with algorithm_type "${algorithm}"; use sigma_min`,
    );
  }
  return levels;
}

/** The network's output as the algorithm integrates it: x_0 or eps. */
export function dpmOutput(config: SchedulerConfig, algorithm: DpmAlgorithm, rows?: number) {
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, null);
  return (output: Float32Array, sample: Float32Array, sigma: number): Vector => {
    const level = levelAt(sigma);
    const { original, epsilon } = predict(type, output, sample, level.alpha ** 2, { bounds, rows });
    if (algorithm.endsWith('++')) return original;
    // A bounded x_0 means another eps.
    return bounds.threshold
      ? epsilon.map((_, k) => (sample[k] - level.alpha * original[k]) / level.sigma)
      : epsilon;
  };
}
