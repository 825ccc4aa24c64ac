/**
 * Owns the two schedulers of distilled networks, which leap to x_0 (or near it) at every step and add fresh noise:
 * LCM (Luo et al. 2023, "Latent Consistency Models", algorithm 3) and TCD (Zheng et al. 2024, "Trajectory Consistency
 * Distillation", strategic stochastic sampling). Both visit timesteps of the schedule that they were distilled on.
 */
import { addNoise, noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from './prediction.ts';
import { addDrawn, type Scheduler, type SchedulerOptions, schedulerOf } from './scheduler.ts';
import { requireSteps } from './timesteps.ts';

/** Karras' sigma_data in LCM's boundary condition. */
const SIGMA_DATA = 0.5;

export function lcm(config: SchedulerConfig, steps: number, { rows }: SchedulerOptions = {}): Scheduler {
  const { alphasCumprod, timesteps } = distilledTimesteps('lcm', config, steps);
  const type = predictionTypeOf(config);
  const bounds = boundsOf(config, false);
  const scaling = config.timestep_scaling ?? 10;
  return schedulerOf({
    name: 'lcm',
    timesteps,
    addNoise: (original, noise, i) => addNoise(original, noise, alphasCumprod[timesteps[i]]),
    step(modelOutput, i, sample, _, noise) {
      const t = timesteps[i];
      const { original } = predict(type, modelOutput, sample, alphasCumprod[t], { bounds, rows });
      const scaled = t * scaling;
      const skip = SIGMA_DATA ** 2 / (scaled ** 2 + SIGMA_DATA ** 2);
      const out = scaled / Math.sqrt(scaled ** 2 + SIGMA_DATA ** 2);
      const last = i === timesteps.length - 1;
      const alpha = last ? 1 : alphasCumprod[timesteps[i + 1]];
      const next = Float32Array.from(sample, (x, k) => Math.sqrt(alpha) * (out * original[k] + skip * x));
      addDrawn('lcm', next, Math.sqrt(1 - alpha), noise);
      return { sample: next };
    },
  });
}

/** `eta` (the paper's gamma): how far below the next level a step goes before noise brings it up; the paper takes 0.3. */
export function tcd(
  config: SchedulerConfig,
  steps: number,
  { eta = 0, rows }: SchedulerOptions = {},
): Scheduler {
  if (!(eta >= 0 && eta <= 1)) throw new Error(`tcd: eta ${eta}, expected 0 to 1`);
  const { alphasCumprod, timesteps } = distilledTimesteps('tcd', config, steps);
  const type = predictionTypeOf(config);
  // The reference reads the bounds of this config and uses none.
  const bounds = boundsOf({}, false);
  return schedulerOf({
    name: 'tcd',
    timesteps,
    addNoise: (original, noise, i) => addNoise(original, noise, alphasCumprod[timesteps[i]]),
    step(modelOutput, i, sample, _, noise) {
      const { original, epsilon } = predict(type, modelOutput, sample, alphasCumprod[timesteps[i]], {
        bounds,
        rows,
      });
      const last = i === timesteps.length - 1;
      const target = last ? 0 : timesteps[i + 1];
      const below = alphasCumprod[Math.floor((1 - eta) * target)];
      // Noise brings the sample from alpha-bar `below` to that of the target; the last step adds none.
      const share = last || eta === 0 ? 1 : alphasCumprod[target] / below;
      const p = Math.sqrt(share * below);
      const q = Math.sqrt(share * (1 - below));
      const next = Float32Array.from(sample, (_, k) => p * original[k] + q * epsilon[k]);
      addDrawn('tcd', next, Math.sqrt(1 - share), noise);
      return { sample: next };
    },
  });
}

function distilledTimesteps(who: string, config: SchedulerConfig, steps: number) {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  const distilled = config.original_inference_steps ?? 50;
  requireSteps(`${who}: original_inference_steps`, distilled, total);
  // A subset of the timesteps that the network was distilled on.
  requireSteps(who, steps, distilled);
  const stride = Math.floor(total / distilled);
  const timesteps = Array.from(
    { length: steps },
    (_, k) => (distilled - Math.floor((k * distilled) / steps)) * stride - 1,
  );
  return { alphasCumprod, timesteps };
}
