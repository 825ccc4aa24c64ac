/**
 * Owns DPM-Solver single-step: groups of one, two or three calls make one step of that order, each group from the
 * level that its first call began at (Lu et al. 2022, "DPM-Solver++", algorithm 1, and "DPM-Solver", appendix B).
 *
 * Symbols: m0, m1, m2 = outputs at the current call and those before it in the group; s = where the group began,
 * r = how far each call is on the way from s to t in lambda.
 */
import { dpmLevels, dpmOutput, dpmSettings } from './dpm-solver.ts';
import { levelAt, stepWeights } from './exponential-step.ts';
import { addNoiseAt } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { addDrawn, type Scheduler, type SchedulerOptions, schedulerOf } from './scheduler.ts';

export function dpmSolverSingle(
  config: SchedulerConfig,
  steps: number,
  options: SchedulerOptions = {},
): Scheduler {
  const who = 'dpm-solver-single';
  const { algorithm, order: solverOrder, heun } = dpmSettings(who, config);
  // The method knows no other spacing: its groups are laid out by it.
  const spaced = { ...config, timestep_spacing: 'linspace' };
  const { sigmas, timesteps } = dpmLevels(who, spaced, algorithm, steps);
  const count = timesteps.length;
  const outputOf = dpmOutput(config, algorithm, options.rows);
  // What does not come out even, or ends without noise, needs lower orders at its end.
  const lower = (config.lower_order_final ?? false) || count % solverOrder !== 0 || sigmas[count] === 0;
  const orders = ordersOf(solverOrder, count, lower, sigmas[count] === 0);
  const lambda = (i: number) => levelAt(sigmas[i]).lambda;

  return schedulerOf({
    name: who,
    timesteps,
    addNoise: (original, noise, i) => addNoiseAt(original, noise, sigmas[i]),
    step(modelOutput, i, sample, state, noise) {
      const m0 = outputOf(modelOutput, sample, sigmas[i]);
      // A run that enters within a group has not made its first calls.
      const order = Math.min(orders[i], state.outputs.length + 1);
      const from = order === 1 ? sample : (state.heldSample ?? sample);
      const s = i - order + 1;
      const w = stepWeights(algorithm, sigmas[s], sigmas[i + 1]);
      const h = lambda(i + 1) - lambda(s);
      const share = (of: number) => (lambda(of) - lambda(s)) / h;
      const next = new Float32Array(sample.length);
      if (order === 1) {
        for (let k = 0; k < next.length; k++) next[k] = w.sample * from[k] + w.d0 * m0[k];
      } else if (order === 2) {
        const m1 = state.outputs.at(-1)!;
        const slope = (heun ? w.d1 : w.midpoint) / share(i);
        for (let k = 0; k < next.length; k++)
          next[k] = w.sample * from[k] + w.d0 * m1[k] + slope * (m0[k] - m1[k]);
      } else {
        const [m2, m1] = state.outputs.slice(-2);
        const r0 = share(i);
        const r1 = share(i - 1);
        for (let k = 0; k < next.length; k++) {
          const near = (m1[k] - m2[k]) / r1;
          const far = (m0[k] - m2[k]) / r0;
          const slope = heun ? (r0 * near - r1 * far) / (r0 - r1) : far;
          const bend = heun ? (2 * (far - near)) / (r0 - r1) : 0;
          next[k] = w.sample * from[k] + w.d0 * m2[k] + w.d1 * slope + (heun ? w.d2 * bend : 0);
        }
      }
      addDrawn(who, next, w.noise, noise);
      const outputs = [...state.outputs, m0].slice(-Math.max(solverOrder - 1, 1));
      return { sample: next, keep: { outputs, heldSample: from } };
    },
  });
}

/**
 * The order of every call: 1, 2, 3 within a group. `lower`: the last groups are shorter, so that the end is stable;
 * `endsAtZero`: the last call is of first order, which alone is exact where the step is infinite in lambda.
 */
function ordersOf(order: number, count: number, lower: boolean, endsAtZero: boolean): number[] {
  const group = Array.from({ length: order }, (_, k) => k + 1);
  const groups = (n: number) => Array.from({ length: Math.max(n, 0) }, () => group).flat();
  const whole = Math.floor(count / order);
  const rest = count % order;
  const ends = order === 3 ? [[1, 2, 1], [1], [1, 2]] : [[1, 1], [1]];
  const all = lower && order > 1 ? [...groups(rest === 0 ? whole - 1 : whole), ...ends[rest]] : groups(whole);
  const orders = all.slice(0, count);
  if (endsAtZero) orders[count - 1] = 1;
  return orders;
}
