/**
 * Owns DDIM run backwards, from an image's latents to the noise that DDIM would make them from (Song et al.
 * 2021, sec. 4.3; Mokady et al. 2023): eq. 12 of DDIM with sigma = 0 and the neighbouring timesteps swapped.
 *
 * Step i goes from `timesteps[i]` up to `timesteps[i] + stride`. The first timestep is NEGATIVE (-99 for 10 steps)
 * and is handed to the model as it is, as the reference does; alpha-bar there is that of timestep 0.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { clipRangeOf, predict, predictionTypeOf } from './prediction.ts';
import { alphaAt, requireStep, type Scheduler } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

export function ddimInverse(config: SchedulerConfig, steps: number): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('ddim-inverse', steps, total);
  const type = predictionTypeOf(config);
  const clip = clipRangeOf(config, true);
  const spacing = spacingOf(config, 'leading');
  const stride = Math.floor(total / steps);
  const rising = closedTimesteps(spacing, total, steps, config.steps_offset ?? 0).reverse();
  const timesteps = [rising[0] - stride, ...rising.slice(0, -1)];
  const initialAlpha = (config.set_alpha_to_one ?? true) ? 1 : alphasCumprod[0];

  return {
    name: 'ddim-inverse',
    timesteps,
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, t) => addNoise(original, noise, alphaAt('ddim-inverse', alphasCumprod, t)),
    step(modelOutput, i, sample, state) {
      requireStep('ddim-inverse', i, timesteps);
      const t = timesteps[i];
      const alpha = t >= 0 ? alphaAt('ddim-inverse', alphasCumprod, t) : initialAlpha;
      const alphaNext = alphaAt('ddim-inverse', alphasCumprod, t + stride);
      const { original, epsilon } = predict(type, modelOutput, sample, alpha, clip);
      const p = Math.sqrt(alphaNext);
      const q = Math.sqrt(1 - alphaNext);
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) next[k] = p * original[k] + q * epsilon[k];
      return { sample: next, state: { ...state, calls: state.calls + 1 } };
    },
  };
}
