/**
 * Owns what the methods in Karras' variables share (Karras et al. 2022, "Elucidating the Design Space"): the state is
 * x = x_0 + sigma eps, the network sees x / sqrt(sigma^2 + 1), and dx/dsigma = (x - x_0) / sigma is integrated.
 */
import { combine, requireSameSize, type SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predictionTypeOf } from './prediction.ts';
import { type Method, type Scheduler, schedulerOf } from './scheduler.ts';

/** A scheduler of this form, whose call i is at level `sigmaOf(i)`. */
export function karrasScheduler({
  sigmaOf,
  ...method
}: Omit<Method, 'scaleInput' | 'addNoise'> & { sigmaOf(i: number): number }): Scheduler {
  return schedulerOf({
    ...method,
    scaleInput(sample, i) {
      const sigma = sigmaOf(i);
      const scale = 1 / Math.sqrt(sigma * sigma + 1);
      return sample.map((value) => value * scale);
    },
    addNoise: (original, noise, i) => combine(original, 1, noise, sigmaOf(i)),
  });
}

/** Makes the function of dx/dsigma, f64[k], from the network's output at level `sigma`. */
export function slopeOf(who: string, config: SchedulerConfig) {
  const type = predictionTypeOf(config);
  const { clip, threshold } = boundsOf(config, false);
  if (threshold)
    throw new Error(`${who}: thresholding is not done by this method; set it false or take ddim`);
  return (output: Float32Array, sample: Float32Array, sigma: number): Float64Array => {
    requireSameSize(`${who}: model output`, output, sample);
    // x_0 = p x + q out, by the meaning of the output with alpha-bar = 1 / (sigma^2 + 1)
    const p = { epsilon: 1, v_prediction: 1 / (sigma * sigma + 1), sample: 0 }[type];
    const q = { epsilon: -sigma, v_prediction: -sigma / Math.sqrt(sigma * sigma + 1), sample: 1 }[type];
    return Float64Array.from(sample, (x, k) => {
      const original = Math.min(clip, Math.max(-clip, p * x + q * output[k]));
      return (x - original) / sigma;
    });
  };
}

/** x + by slope, as a sample. */
export const moved = (x: Float32Array, slope: Float64Array, by: number): Float32Array<ArrayBuffer> =>
  Float32Array.from(x, (value, k) => value + by * slope[k]);
