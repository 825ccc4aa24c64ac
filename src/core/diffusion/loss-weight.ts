/** Owns how much each noise level counts in training. */
import type { PredictionType } from './noise-schedule.ts';

/**
 * Min-SNR-gamma weight of the loss at alpha-bar = `alphaCumprod` (0,1), with SNR = alpha-bar / (1 - alpha-bar) (Hang et
 * al. 2023, "Efficient diffusion training via min-SNR weighting strategy", eq. 7 and section 3.4): min(SNR, gamma) where
 * the network predicts the original sample, divided by SNR where it predicts noise, by SNR + 1 where velocity. Low noise,
 * whose SNR is above gamma, counts less; the rest as without weights.
 */
export function minSnrWeight(alphaCumprod: number, gamma: number, prediction: PredictionType): number {
  const snr = alphaCumprod / (1 - alphaCumprod);
  const clipped = Math.min(snr, gamma);
  if (prediction === 'sample') return clipped;
  return clipped / (prediction === 'epsilon' ? snr : snr + 1);
}
