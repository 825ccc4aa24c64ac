/**
 * Owns Euler's method with ancestral noise: each step goes below the next level and adds noise up to it, as DDPM does
 * (Karras et al. 2022, sec. 4, with the split of k-diffusion).
 */
import { karrasScheduler, moved, slopeOf } from './karras-form.ts';
import { closedLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { addDrawn, type Scheduler } from './scheduler.ts';

/** From level `from` to `to`: down to `down` without noise, then noise of size `up`; to^2 = down^2 + up^2. */
export function ancestralSplit(from: number, to: number): { down: number; up: number } {
  const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
  return { down: Math.sqrt(Math.max(to ** 2 - up ** 2, 0)), up };
}

export function eulerAncestral(config: SchedulerConfig, steps: number): Scheduler {
  const who = 'euler-ancestral';
  const { sigmas, timesteps, initNoiseSigma } = closedLevels(who, config, steps);
  const slope = slopeOf(who, config);
  return karrasScheduler({
    name: who,
    timesteps,
    initNoiseSigma,
    sigmaOf: (i) => sigmas[i],
    step(modelOutput, i, sample, _, noise) {
      const { down, up } = ancestralSplit(sigmas[i], sigmas[i + 1]);
      const next = moved(sample, slope(modelOutput, sample, sigmas[i]), down - sigmas[i]);
      addDrawn(who, next, up, noise);
      return { sample: next };
    },
  });
}
