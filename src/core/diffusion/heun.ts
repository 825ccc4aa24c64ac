/**
 * Owns Heun's method in Karras' variables (Karras et al. 2022, algorithm 1): a step of Euler, then the step again with
 * the mean of the slopes at its two ends. The last step, which ends without noise, is Euler's alone.
 *
 * n steps make 2n - 1 calls: call 2j begins step j, call 2j + 1 corrects it at the level it led to.
 */
import { karrasScheduler, moved, slopeOf } from './karras-form.ts';
import { closedLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import type { Scheduler } from './scheduler.ts';

export function heun(config: SchedulerConfig, steps: number): Scheduler {
  const { sigmas, timesteps: levels, initNoiseSigma } = closedLevels('heun', config, steps);
  const timesteps = levels.flatMap((t, j) => (j === 0 ? [t] : [t, t]));
  const slope = slopeOf('heun', config);
  const sigmaOf = (i: number) => sigmas[Math.ceil(i / 2)];
  return karrasScheduler({
    name: 'heun',
    timesteps,
    callOf: (step) => 2 * step,
    initNoiseSigma,
    sigmaOf,
    step(modelOutput, i, sample, state) {
      const here = slope(modelOutput, sample, sigmaOf(i));
      const j = i >> 1;
      const by = sigmas[j + 1] - sigmas[j];
      const { heldSample, heldOutput } = state;
      if (i % 2 === 0 || !heldSample || !heldOutput) {
        return { sample: moved(sample, here, by), keep: { heldSample: sample, heldOutput: here } };
      }
      const mean = here.map((value, k) => (value + heldOutput[k]) / 2);
      return { sample: moved(heldSample, mean, by), keep: { heldSample: null, heldOutput: null } };
    },
  });
}
