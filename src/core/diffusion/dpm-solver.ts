/**
 * Owns DPM-Solver++ multistep, first and second order, with x_0 prediction (Lu et al. 2022, "DPM-Solver++: Fast
 * Solver for Guided Sampling", algorithm 2).
 *
 * Symbols: s0 = current timestep, s1 = the one before it, t = target; h = lambda_t - lambda_s0,
 * r0 = (lambda_s0 - lambda_s1) / h; m0, m1 = x_0 predicted at s0, s1; D0 = m0, D1 = (m0 - m1) / r0.
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
  if (solverOrder !== 1 && solverOrder !== 2) {
    throw new Error(`dpm-solver++: solver_order ${solverOrder}, wanted 1 or 2`);
  }
  const heun = (config.solver_type ?? 'midpoint') === 'heun';
  if (!heun && (config.solver_type ?? 'midpoint') !== 'midpoint') {
    throw new Error(`dpm-solver++: solver_type "${config.solver_type}", wanted midpoint or heun`);
  }
  if (config.thresholding) throw new Error('dpm-solver++: thresholding is not supported; set it false');
  // With few steps a second-order last step is unstable; 15 is the reference's limit.
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
      const last = i === timesteps.length - 1;
      const first = solverOrder === 1 || state.outputs.length === 0 || (last && lowerOrderFinal);

      const h = lambda[t] - lambda[s0];
      const p = sigma[t] / sigma[s0];
      const decay = Math.expm1(-h);
      const q = -alpha[t] * decay;
      const next = new Float32Array(sample.length);
      if (first || h === 0) {
        for (let k = 0; k < next.length; k++) next[k] = p * sample[k] + q * m0[k];
      } else {
        const m1 = state.outputs[0];
        const r0 = (lambda[s0] - lambda[state.outputTimesteps[0]]) / h;
        const weight = (heun ? alpha[t] * (decay / h + 1) : q / 2) / r0;
        for (let k = 0; k < next.length; k++) next[k] = p * sample[k] + q * m0[k] + weight * (m0[k] - m1[k]);
      }
      return {
        sample: next,
        state: { ...state, calls: state.calls + 1, outputs: [m0], outputTimesteps: [s0] },
      };
    },
  };
}
