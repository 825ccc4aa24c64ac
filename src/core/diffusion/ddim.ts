/**
 * Owns DDIM (Song et al. 2021, "Denoising Diffusion Implicit Models").
 *
 * Symbols: the paper's alpha_t is `alpha` (alpha-bar elsewhere), alpha_(t-1) is `alphaPrevious`, sigma_t is
 * `sigma`, eta is `eta`, "predicted x_0" is `original`.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { clipRangeOf, predict, predictionTypeOf } from './prediction.ts';
import { alphaAt, requireStep, type Scheduler } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

export interface DdimOptions {
  /** [0,1]: 0 is deterministic, 1 adds as much noise as DDPM. */
  eta?: number;
}

export function ddim(config: SchedulerConfig, steps: number, options: DdimOptions = {}): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('ddim', steps, total);
  const type = predictionTypeOf(config);
  const clip = clipRangeOf(config, true);
  const eta = options.eta ?? 0;
  if (!(eta >= 0 && eta <= 1)) throw new Error(`ddim: eta ${eta}, wanted 0 to 1`);
  const timesteps = closedTimesteps(spacingOf(config, 'leading'), total, steps, config.steps_offset ?? 0);
  const stride = Math.floor(total / steps);
  const finalAlpha = (config.set_alpha_to_one ?? true) ? 1 : alphasCumprod[0];

  return {
    name: 'ddim',
    timesteps,
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, t) => addNoise(original, noise, alphaAt('ddim', alphasCumprod, t)),
    step(modelOutput, i, sample, state, noise) {
      requireStep('ddim', i, timesteps);
      const t = timesteps[i];
      const alpha = alphaAt('ddim', alphasCumprod, t);
      const previous = t - stride;
      const alphaPrevious = previous >= 0 ? alphasCumprod[previous] : finalAlpha;
      const { original, epsilon } = predict(type, modelOutput, sample, alpha, clip);

      // Eq. 16: sigma_t(eta)
      const variance = ((1 - alphaPrevious) / (1 - alpha)) * (1 - alpha / alphaPrevious);
      const sigma = eta * Math.sqrt(variance);
      // Eq. 12: sqrt(alpha_(t-1)) x_0 + sqrt(1 - alpha_(t-1) - sigma^2) eps + sigma * noise
      const p = Math.sqrt(alphaPrevious);
      const q = Math.sqrt(1 - alphaPrevious - sigma * sigma);
      let drawn: Float32Array | null = null;
      if (sigma > 0) {
        if (!noise)
          throw new Error(`ddim: eta ${eta} adds noise at every step, but no noise source was given`);
        drawn = noise(sample.length);
      }
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) {
        next[k] = p * original[k] + q * epsilon[k] + (drawn ? sigma * drawn[k] : 0);
      }
      return { sample: next, state: { ...state, calls: state.calls + 1 } };
    },
  };
}
