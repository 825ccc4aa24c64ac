/**
 * Owns DPM-Solver++ multistep of first to third order, with x_0 prediction (Lu et al. 2022, "DPM-Solver++: Fast
 * Solver for Guided Sampling", algorithm 2; third order as in its appendix).
 *
 * Symbols: s0 = current timestep, s1, s2 = those before it, t = target; h = lambda_t - lambda_s0,
 * r0 = (lambda_s0 - lambda_s1) / h, r1 = (lambda_s1 - lambda_s2) / h; m0, m1, m2 = x_0 predicted at s0, s1, s2.
 */
import { addNoise, type SchedulerConfig } from './noise-schedule.ts';
import { predict, predictionTypeOf } from './prediction.ts';
import { alphaAt, requireStep, type Scheduler } from './scheduler.ts';
import { solverTable } from './solver-table.ts';

export function dpmSolver(config: SchedulerConfig, steps: number): Scheduler {
  const table = solverTable('dpm-solver++', config, steps);
  const { alphasCumprod, alpha, sigma, lambda, timesteps } = table;
  const type = predictionTypeOf(config);
  const algorithm = config.algorithm_type ?? 'dpmsolver++';
  if (algorithm !== 'dpmsolver++') {
    throw new Error(`dpm-solver++: algorithm_type "${algorithm}" is not supported, wanted dpmsolver++`);
  }
  const solverOrder = config.solver_order ?? 2;
  if (solverOrder !== 1 && solverOrder !== 2 && solverOrder !== 3) {
    throw new Error(`dpm-solver++: solver_order ${solverOrder}, wanted 1, 2 or 3`);
  }
  const heun = (config.solver_type ?? 'midpoint') === 'heun';
  if (!heun && (config.solver_type ?? 'midpoint') !== 'midpoint') {
    throw new Error(`dpm-solver++: solver_type "${config.solver_type}", wanted midpoint or heun`);
  }
  if (config.thresholding) throw new Error('dpm-solver++: thresholding is not supported; set it false');
  // With few steps the last ones are unstable at their full order; 15 is the reference's limit.
  const lowerOrderFinal = (config.lower_order_final ?? true) && timesteps.length < 15;

  return {
    name: 'dpm-solver++',
    timesteps,
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, t) => addNoise(original, noise, alphaAt('dpm-solver++', alphasCumprod, t)),
    step(modelOutput, i, sample, state) {
      requireStep('dpm-solver++', i, timesteps);
      const s0 = timesteps[i];
      const t = table.target(i);
      const m0 = predict(type, modelOutput, sample, alphaAt('dpm-solver++', alphasCumprod, s0)).original;
      const left = timesteps.length - i;
      const order = Math.min(solverOrder, state.outputs.length + 1, lowerOrderFinal ? left : solverOrder);

      const h = lambda[t] - lambda[s0];
      const p = sigma[t] / sigma[s0];
      const decay = Math.expm1(-h);
      const q = -alpha[t] * decay;
      const next = new Float32Array(sample.length);
      if (order === 1 || h === 0) {
        for (let k = 0; k < next.length; k++) next[k] = p * sample[k] + q * m0[k];
      } else {
        const [m1, s1] = [state.outputs.at(-1)!, state.outputTimesteps.at(-1)!];
        const r0 = (lambda[s0] - lambda[s1]) / h;
        if (order === 2) {
          const weight = (heun ? alpha[t] * (decay / h + 1) : q / 2) / r0;
          for (let k = 0; k < next.length; k++)
            next[k] = p * sample[k] + q * m0[k] + weight * (m0[k] - m1[k]);
        } else {
          const [m2, s2] = [state.outputs.at(-2)!, state.outputTimesteps.at(-2)!];
          const r1 = (lambda[s1] - lambda[s2]) / h;
          const first = alpha[t] * (decay / h + 1);
          const second = -alpha[t] * ((decay + h) / (h * h) - 0.5);
          for (let k = 0; k < next.length; k++) {
            const near = (m0[k] - m1[k]) / r0;
            const bend = (near - (m1[k] - m2[k]) / r1) / (r0 + r1);
            next[k] = p * sample[k] + q * m0[k] + first * (near + r0 * bend) + second * bend;
          }
        }
      }
      const kept = Math.max(solverOrder - 1, 1);
      return {
        sample: next,
        state: {
          ...state,
          calls: state.calls + 1,
          outputs: [...state.outputs, m0].slice(-kept),
          outputTimesteps: [...state.outputTimesteps, s0].slice(-kept),
        },
      };
    },
  };
}
