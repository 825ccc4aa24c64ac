/**
 * Owns DDIM run backwards, from an image's latents to the noise that DDIM would make them from (Song et al.
 * 2021, sec. 4.3; Mokady et al. 2023): eq. 12 of DDIM with sigma = 0 and the neighbouring timesteps swapped.
 *
 * Step i goes up to `target[i]` from the timestep one stride below, for the first step a negative one (-99 of 10 steps),
 * where alpha-bar is that of timestep 0 or 1. Inversion rests on the noise predicted at both ends being nearly the same;
 * the network is asked at the target, as diffusers does since 0.22, or at the source, as it did before.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { type Scheduler, type SchedulerOptions, schedulerOf } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

export function ddimInverse(
  config: SchedulerConfig,
  steps: number,
  { predictAt = 'target', rows }: SchedulerOptions = {},
): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('ddim-inverse', steps, total);
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, true);
  const stride = Math.floor(total / steps);
  const target = closedTimesteps(
    spacingOf(config, 'leading'),
    total,
    steps,
    config.steps_offset ?? 0,
  ).reverse();
  const source = target.map((t) => t - stride);
  if (predictAt === 'source') {
    // As it was: the sources are the targets shifted by one place, whatever the spacing.
    source.splice(1, steps - 1, ...target.slice(0, -1));
    for (let i = 0; i < steps; i++) target[i] = source[i] + stride;
  }
  const timesteps = predictAt === 'source' ? source : target;
  const initialAlpha = (config.set_alpha_to_one ?? true) ? 1 : alphasCumprod[0];
  const alphaAt = (t: number) => (t >= 0 ? alphasCumprod[Math.min(t, total - 1)] : initialAlpha);

  return schedulerOf({
    name: 'ddim-inverse',
    timesteps,
    addNoise: (original, noise, i) => addNoise(original, noise, alphaAt(source[i])),
    step(modelOutput, i, sample) {
      const { original, epsilon } = predict(type, modelOutput, sample, alphaAt(source[i]), { bounds, rows });
      const alphaNext = alphaAt(target[i]);
      const p = Math.sqrt(alphaNext);
      const q = Math.sqrt(1 - alphaNext);
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) next[k] = p * original[k] + q * epsilon[k];
      return { sample: next };
    },
  });
}
