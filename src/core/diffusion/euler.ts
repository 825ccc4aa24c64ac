/**
 * Owns Euler's method on the probability-flow ODE in Karras' variables (Karras et al. 2022, "Elucidating the
 * Design Space", algorithm 1 without its second-order correction).
 *
 * The state is x = x_0 + sigma eps, sigma = sqrt((1 - alpha-bar) / alpha-bar); a run starts at noise times
 * `initNoiseSigma`, and the model sees x / sqrt(sigma^2 + 1). Timesteps may be fractional.
 */
import { combine, linspace, noiseSchedule, requireSameSize, type SchedulerConfig } from './noise-schedule.ts';
import { predictionTypeOf } from './prediction.ts';
import { requireStep, type Scheduler } from './scheduler.ts';
import { closedTimesteps, karrasSigmas, requireSteps, spacingOf, timestepOfSigma } from './timesteps.ts';

export function euler(config: SchedulerConfig, steps: number): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('euler', steps, total);
  const type = predictionTypeOf(config);
  const spacing = spacingOf(config, 'linspace');
  const interpolation = config.interpolation_type ?? 'linear';
  if (interpolation !== 'linear') {
    throw new Error(`euler: interpolation_type "${interpolation}" is not supported, wanted linear`);
  }
  const table = alphasCumprod.map((a) => Math.sqrt((1 - a) / a));
  let timesteps =
    spacing === 'linspace'
      ? Array.from(linspace(0, total - 1, steps)).reverse()
      : closedTimesteps(spacing, total, steps, config.steps_offset ?? 0);
  let sigmas = timesteps.map((t) => between(table, t));
  if (config.use_karras_sigmas) {
    const logs = table.map(Math.log);
    sigmas = karrasSigmas(sigmas[sigmas.length - 1], sigmas[0], steps);
    timesteps = sigmas.map((sigma) => timestepOfSigma(sigma, logs));
  }
  sigmas.push(0);
  const largest = sigmas[0];

  return {
    name: 'euler',
    timesteps,
    initNoiseSigma: spacing === 'leading' ? Math.sqrt(largest * largest + 1) : largest,
    scaleInput(sample, i) {
      requireStep('euler', i, timesteps);
      const scale = 1 / Math.sqrt(sigmas[i] * sigmas[i] + 1);
      return sample.map((value) => value * scale);
    },
    addNoise(original, noise, t) {
      // A timestep that went through float32 (a model's input) still finds its row.
      const i = timesteps.findIndex((own) => Math.abs(own - t) < 1e-3);
      if (i < 0) throw new Error(`euler: timestep ${t} is none of this run's; take one of its timesteps`);
      return combine(original, 1, noise, sigmas[i]);
    },
    step(modelOutput, i, sample, state) {
      requireStep('euler', i, timesteps);
      requireSameSize('euler: model output', modelOutput, sample);
      const sigma = sigmas[i];
      const dt = sigmas[i + 1] - sigma;
      // x_0 = p x + q out, by the meaning of the output with alpha-bar = 1 / (sigma^2 + 1)
      const p = { epsilon: 1, v_prediction: 1 / (sigma * sigma + 1), sample: 0 }[type];
      const q = { epsilon: -sigma, v_prediction: -sigma / Math.sqrt(sigma * sigma + 1), sample: 1 }[type];
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) {
        const original = p * sample[k] + q * modelOutput[k];
        // dx/dsigma = (x - x_0) / sigma
        next[k] = sample[k] + (dt * (sample[k] - original)) / sigma;
      }
      return { sample: next, state: { ...state, calls: state.calls + 1 } };
    },
  };
}

/** Value of a table at a fractional index, linear between rows, constant beyond its ends. */
function between(table: Float64Array, index: number): number {
  const low = Math.min(Math.max(Math.floor(index), 0), table.length - 1);
  const high = Math.min(low + 1, table.length - 1);
  return table[low] + (index - low) * (table[high] - table[low]);
}
