/**
 * Owns DDPM's ancestral sampling (Ho et al. 2020), over a subset of the timesteps.
 *
 * Symbols: alpha-bar_t = `alpha`, alpha-bar at the next visited timestep = `alphaPrevious`; their quotient plays
 * the paper's alpha_t and one minus it beta_t (`stepAlpha`, `stepBeta`), so skipped timesteps are one large step.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { addDrawn, type Scheduler, type SchedulerOptions, schedulerOf } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

export function ddpm(config: SchedulerConfig, steps: number, { rows }: SchedulerOptions = {}): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('ddpm', steps, total);
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, true);
  const varianceType = config.variance_type ?? 'fixed_small';
  if (!['fixed_small', 'fixed_small_log', 'fixed_large'].includes(varianceType)) {
    throw new Error(
      `ddpm: variance_type "${varianceType}", expected fixed_small, fixed_small_log or fixed_large`,
    );
  }
  const timesteps = closedTimesteps(spacingOf(config, 'leading'), total, steps, config.steps_offset ?? 0);

  return schedulerOf({
    name: 'ddpm',
    timesteps,
    addNoise: (original, noise, i) => addNoise(original, noise, alphasCumprod[timesteps[i]]),
    step(modelOutput, i, sample, _, noise) {
      const t = timesteps[i];
      const alpha = alphasCumprod[t];
      const alphaPrevious = i + 1 < timesteps.length ? alphasCumprod[timesteps[i + 1]] : 1;
      const stepAlpha = alpha / alphaPrevious;
      const stepBeta = 1 - stepAlpha;
      const { original } = predict(type, modelOutput, sample, alpha, { bounds, rows });

      // Eq. 7: the posterior mean, and its variance beta-tilde_t (or beta_t, "fixed large")
      const p = (Math.sqrt(alphaPrevious) * stepBeta) / (1 - alpha);
      const q = (Math.sqrt(stepAlpha) * (1 - alphaPrevious)) / (1 - alpha);
      const small = ((1 - alphaPrevious) / (1 - alpha)) * stepBeta;
      // The floor of 1e-20 is the reference's; with it the last step still "adds" noise of size 1e-10.
      const sigma = Math.sqrt(varianceType === 'fixed_large' ? stepBeta : Math.max(small, 1e-20));
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) next[k] = p * original[k] + q * sample[k];
      addDrawn('ddpm', next, t > 0 ? sigma : 0, noise);
      return { sample: next };
    },
  });
}
