/** Owns Euler's method in Karras' variables (Karras et al. 2022, algorithm 1 without its second-order correction). */
import { moved, noisedAt, scaledInput, slopeOf } from './karras-form.ts';
import { closedLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { requireStep, type Scheduler } from './scheduler.ts';

export function euler(config: SchedulerConfig, steps: number): Scheduler {
  const { sigmas, timesteps, initNoiseSigma } = closedLevels('euler', config, steps);
  const slope = slopeOf('euler', config);
  return {
    name: 'euler',
    timesteps,
    callOf: (step) => step,
    initNoiseSigma,
    scaleInput(sample, i) {
      requireStep('euler', i, timesteps);
      return scaledInput(sample, sigmas[i]);
    },
    addNoise: (original, noise, i) => noisedAt(original, noise, sigmas[i]),
    step(modelOutput, i, sample, state) {
      requireStep('euler', i, timesteps);
      const next = moved(sample, slope(modelOutput, sample, sigmas[i]), sigmas[i + 1] - sigmas[i]);
      return { sample: next, state: { ...state, calls: state.calls + 1 } };
    },
  };
}
