/**
 * Owns DDIM (Song et al. 2021, "Denoising Diffusion Implicit Models").
 *
 * Symbols: the paper's alpha_t is `alpha` (alpha-bar elsewhere), alpha_(t-1) is `alphaPrevious`, sigma_t is
 * `sigma`, eta is `eta`, "predicted x_0" is `original`.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { addDrawn, type Scheduler, type SchedulerOptions, schedulerOf } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

export function ddim(
  config: SchedulerConfig,
  steps: number,
  { eta = 0, rows }: SchedulerOptions = {},
): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('ddim', steps, total);
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, true);
  if (!(eta >= 0 && eta <= 1)) throw new Error(`ddim: eta ${eta}, expected 0 to 1`);
  const timesteps = closedTimesteps(spacingOf(config, 'leading'), total, steps, config.steps_offset ?? 0);
  const stride = Math.floor(total / steps);
  const finalAlpha = (config.set_alpha_to_one ?? true) ? 1 : alphasCumprod[0];

  return schedulerOf({
    name: 'ddim',
    timesteps,
    addNoise: (original, noise, i) => addNoise(original, noise, alphasCumprod[timesteps[i]]),
    step(modelOutput, i, sample, _, noise) {
      const t = timesteps[i];
      const alpha = alphasCumprod[t];
      const previous = t - stride;
      const alphaPrevious = previous >= 0 ? alphasCumprod[previous] : finalAlpha;
      const { original, epsilon } = predict(type, modelOutput, sample, alpha, { bounds, rows });

      // Eq. 16: sigma_t(eta)
      const variance = ((1 - alphaPrevious) / (1 - alpha)) * (1 - alpha / alphaPrevious);
      const sigma = eta * Math.sqrt(variance);
      // Eq. 12: sqrt(alpha_(t-1)) x_0 + sqrt(1 - alpha_(t-1) - sigma^2) eps + sigma * noise
      const p = Math.sqrt(alphaPrevious);
      const q = Math.sqrt(1 - alphaPrevious - sigma * sigma);
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) next[k] = p * original[k] + q * epsilon[k];
      addDrawn('ddim', next, sigma, noise);
      return { sample: next };
    },
  });
}
