/** Owns Euler's method in Karras' variables (Karras et al. 2022, algorithm 1 without its second-order correction). */
import { karrasScheduler, moved, slopeOf } from './karras-form.ts';
import { closedLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import type { Scheduler } from './scheduler.ts';

export function euler(config: SchedulerConfig, steps: number): Scheduler {
  const { sigmas, timesteps, initNoiseSigma } = closedLevels('euler', config, steps);
  const slope = slopeOf('euler', config);
  return karrasScheduler({
    name: 'euler',
    timesteps,
    initNoiseSigma,
    sigmaOf: (i) => sigmas[i],
    step(modelOutput, i, sample) {
      const next = moved(sample, slope(modelOutput, sample, sigmas[i]), sigmas[i + 1] - sigmas[i]);
      return { sample: next };
    },
  });
}
