/**
 * Owns DPM2, the second-order midpoint method in Karras' variables (Karras et al. 2022, algorithm 2 without churn),
 * plain and with ancestral noise: half a step in log sigma, then the whole step with the slope found there.
 *
 * n steps make 2n - 1 calls: call 2j begins step j, call 2j + 1 is at its middle. The last step is Euler's.
 */
import { roundHalfEven } from '../round.ts';
import { ancestralSplit } from './euler-ancestral.ts';
import { karrasScheduler, moved, slopeOf } from './karras-form.ts';
import { closedLevels } from './levels.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { addDrawn, type Scheduler } from './scheduler.ts';

export const dpm2 = (config: SchedulerConfig, steps: number): Scheduler => make('dpm2', config, steps, false);

export const dpm2Ancestral = (config: SchedulerConfig, steps: number): Scheduler =>
  make('dpm2-ancestral', config, steps, true);

function make(
  who: 'dpm2' | 'dpm2-ancestral',
  config: SchedulerConfig,
  steps: number,
  ancestral: boolean,
): Scheduler {
  if (config.prediction_type === 'sample') {
    throw new Error(`${who}: prediction_type "sample", expected epsilon or v_prediction`);
  }
  const { sigmas, timesteps: levels, timestepOf, initNoiseSigma } = closedLevels(who, config, steps);
  const slope = slopeOf(who, config);
  const split = (j: number) =>
    ancestral ? ancestralSplit(sigmas[j], sigmas[j + 1]) : { down: sigmas[j + 1], up: 0 };
  /** Geometric mean of a step's ends; 0 where it ends without noise. */
  const middle = (j: number) => Math.sqrt(sigmas[j] * split(j).down);
  const sigmaOf = (i: number) => (i % 2 === 0 ? sigmas[i / 2] : middle((i - 1) / 2));
  // As in the reference: Karras' levels are told as whole timesteps, the middles between them as they are.
  const told = config.use_karras_sigmas ? levels.map(roundHalfEven) : levels;
  const timesteps = Array.from({ length: 2 * steps - 1 }, (_, i) =>
    i % 2 === 0 ? told[i / 2] : timestepOf(sigmaOf(i)),
  );
  return karrasScheduler({
    name: who,
    timesteps,
    callOf: (step) => 2 * step,
    initNoiseSigma,
    sigmaOf,
    step(modelOutput, i, sample, state, noise) {
      const here = slope(modelOutput, sample, sigmaOf(i));
      const j = i >> 1;
      const { heldSample } = state;
      if (i % 2 === 0 || !heldSample) {
        const by = middle(j) - sigmas[j];
        return { sample: moved(sample, here, by), keep: { heldSample: sample } };
      }
      const { down, up } = split(j);
      const next = moved(heldSample, here, down - sigmas[j]);
      addDrawn(who, next, up, noise);
      return { sample: next, keep: { heldSample: null } };
    },
  });
}
