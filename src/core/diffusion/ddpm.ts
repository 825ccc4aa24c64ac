/**
 * Owns DDPM's ancestral sampling (Ho et al. 2020), over a subset of the timesteps.
 *
 * Symbols: alpha-bar_t = `alpha`, alpha-bar at the next visited timestep = `alphaPrevious`; their quotient plays
 * the paper's alpha_t and one minus it beta_t (`stepAlpha`, `stepBeta`), so skipped timesteps are one large step.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { clipRangeOf, predict, predictionTypeOf } from './prediction.ts';
import { alphaAt, requireStep, type Scheduler } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

export function ddpm(config: SchedulerConfig, steps: number): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('ddpm', steps, total);
  const type = predictionTypeOf(config);
  const clip = clipRangeOf(config, true);
  const varianceType = config.variance_type ?? 'fixed_small';
  if (!['fixed_small', 'fixed_small_log', 'fixed_large'].includes(varianceType)) {
    throw new Error(
      `ddpm: variance_type "${varianceType}", wanted fixed_small, fixed_small_log or fixed_large`,
    );
  }
  const timesteps = closedTimesteps(spacingOf(config, 'leading'), total, steps, config.steps_offset ?? 0);
  const stride = Math.floor(total / steps);

  return {
    name: 'ddpm',
    timesteps,
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, t) => addNoise(original, noise, alphaAt('ddpm', alphasCumprod, t)),
    step(modelOutput, i, sample, state, noise) {
      requireStep('ddpm', i, timesteps);
      const t = timesteps[i];
      const alpha = alphaAt('ddpm', alphasCumprod, t);
      const alphaPrevious = t - stride >= 0 ? alphasCumprod[t - stride] : 1;
      const stepAlpha = alpha / alphaPrevious;
      const stepBeta = 1 - stepAlpha;
      const { original } = predict(type, modelOutput, sample, alpha, clip);

      // Eq. 7: the posterior mean, and its variance beta-tilde_t (or beta_t, "fixed large")
      const p = (Math.sqrt(alphaPrevious) * stepBeta) / (1 - alpha);
      const q = (Math.sqrt(stepAlpha) * (1 - alphaPrevious)) / (1 - alpha);
      const small = ((1 - alphaPrevious) / (1 - alpha)) * stepBeta;
      // The floor of 1e-20 is the reference's; with it the last step still "adds" noise of size 1e-10.
      const sigma = Math.sqrt(varianceType === 'fixed_large' ? stepBeta : Math.max(small, 1e-20));
      let drawn: Float32Array | null = null;
      if (t > 0) {
        if (!noise) throw new Error('ddpm: every step adds noise, but no noise source was given');
        drawn = noise(sample.length);
      }
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) {
        next[k] = p * original[k] + q * sample[k] + (drawn ? sigma * drawn[k] : 0);
      }
      return { sample: next, state: { ...state, calls: state.calls + 1 } };
    },
  };
}
