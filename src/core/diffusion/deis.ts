/**
 * Owns DEIS, log-rho multistep of first to third order (Zhang & Chen 2023, "Fast Sampling of Diffusion Models with
 * Exponential Integrator"): eps is taken as a polynomial in log rho, rho = sigma_t / alpha_t, and integrated exactly.
 *
 * x_t / alpha_t = x_s / alpha_s + sum_j C_j eps_j, C_j = the integral over rho of the j-th Lagrange polynomial.
 */
import { levelAt } from './exponential-step.ts';
import { addNoiseAt, openLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { type Scheduler, type SchedulerOptions, schedulerOf } from './scheduler.ts';

export function deis(config: SchedulerConfig, steps: number, options: SchedulerOptions = {}): Scheduler {
  const who = 'deis';
  const order = config.solver_order ?? 2;
  if (order !== 1 && order !== 2 && order !== 3)
    throw new Error(`deis: solver_order ${order}, expected 1, 2 or 3`);
  // The reference always ends at the level of timestep 0: log rho has no zero.
  const { sigmas, timesteps } = openLevels(who, { ...config, final_sigmas_type: 'sigma_min' }, steps);
  const count = timesteps.length;
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, null);
  const lowerOrderFinal = (config.lower_order_final ?? true) && count < 15;

  return schedulerOf({
    name: who,
    timesteps,
    addNoise: (original, noise, i) => addNoiseAt(original, noise, sigmas[i]),
    step(modelOutput, i, sample, state) {
      const s = levelAt(sigmas[i]);
      const t = levelAt(sigmas[i + 1]);
      const { original } = predict(type, modelOutput, sample, s.alpha ** 2, { bounds, rows: options.rows });
      const epsilon = original.map((x0, k) => (sample[k] - s.alpha * x0) / s.sigma);
      const known = [...state.outputs, epsilon];
      const used = Math.min(order, lowerOrderFinal ? count - i : order, known.length);
      const outputs = known.slice(-used).reverse();
      const coefficients = integrals(
        outputs.map((_, j) => Math.log(sigmas[i - j])),
        sigmas[i],
        sigmas[i + 1],
      );
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) {
        let sum = sample[k] / s.alpha;
        for (let j = 0; j < used; j++) sum += coefficients[j] * outputs[j][k];
        next[k] = t.alpha * sum;
      }
      return { sample: next, keep: { outputs: known.slice(-Math.max(order - 1, 1)) } };
    },
  });
}

/** C_j: the integral from rho = `from` to `to` of prod_(k != j) (log rho - nodes_k) / (nodes_j - nodes_k). */
function integrals(nodes: readonly number[], from: number, to: number): number[] {
  // Antiderivatives of 1, log rho and (log rho)^2.
  const powers = [
    to - from,
    to * (Math.log(to) - 1) - from * (Math.log(from) - 1),
    to * ((Math.log(to) - 1) ** 2 + 1) - from * ((Math.log(from) - 1) ** 2 + 1),
  ];
  return nodes.map((own, j) => {
    const others = nodes.filter((_, k) => k !== j);
    const below = others.reduce((product, node) => product * (own - node), 1);
    if (others.length === 0) return powers[0];
    if (others.length === 1) return (powers[1] - others[0] * powers[0]) / below;
    const [a, b] = others;
    return (powers[2] - (a + b) * powers[1] + a * b * powers[0]) / below;
  });
}
