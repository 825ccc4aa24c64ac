/**
 * Owns the linear multistep method in Karras' variables, of up to fourth order (Adams-Bashforth with steps of unequal
 * size, as k-diffusion has it): the slopes known so far as a polynomial in sigma, integrated over the step.
 */
import { karrasScheduler, slopeOf } from './karras-form.ts';
import { closedLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import type { Scheduler } from './scheduler.ts';

const ORDER = 4;

export function lms(config: SchedulerConfig, steps: number): Scheduler {
  const { sigmas, timesteps, initNoiseSigma } = closedLevels('lms', config, steps);
  const slope = slopeOf('lms', config);
  return karrasScheduler({
    name: 'lms',
    timesteps,
    initNoiseSigma,
    sigmaOf: (i) => sigmas[i],
    step(modelOutput, i, sample, state) {
      const outputs = [...state.outputs, slope(modelOutput, sample, sigmas[i])].slice(-ORDER);
      const weights = integrals(
        Array.from(outputs, (_, j) => sigmas[i - j]),
        sigmas[i],
        sigmas[i + 1],
      );
      const newestFirst = [...outputs].reverse();
      const next = Float32Array.from(sample, (x, k) =>
        newestFirst.reduce((sum, output, j) => sum + weights[j] * output[k], x),
      );
      return { sample: next, keep: { outputs } };
    },
  });
}

/** The integral from `from` to `to` of each Lagrange polynomial on at most four nodes. */
function integrals(nodes: readonly number[], from: number, to: number): number[] {
  // Gauss-Legendre with two points is exact for the cubics that these are at most.
  const half = (to - from) / 2;
  const points = [-1, 1].map((side) => from + half * (1 + side / Math.sqrt(3)));
  return nodes.map((own, j) => {
    const at = (x: number) =>
      nodes.reduce((product, node, k) => (k === j ? product : (product * (x - node)) / (own - node)), 1);
    return half * (at(points[0]) + at(points[1]));
  });
}
