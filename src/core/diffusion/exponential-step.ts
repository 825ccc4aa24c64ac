/**
 * Owns the coefficients that the DPM-Solver family shares: the exact solution of the diffusion ODE or SDE over one
 * step from level s to level t, for a network whose output changes with lambda as a polynomial (Lu et al. 2022,
 * "DPM-Solver++", eq. 9 and appendix B; its SDE forms in section 5). h = lambda_t - lambda_s.
 */

/** Which integral is taken exactly: of x_0 (++) or of eps, and whether noise is added on the way (sde). */
export const dpmAlgorithms = ['dpmsolver++', 'dpmsolver', 'sde-dpmsolver++', 'sde-dpmsolver'] as const;
export type DpmAlgorithm = (typeof dpmAlgorithms)[number];

export interface StepWeights {
  /** Of the sample at s. */
  sample: number;
  /** Of the output itself. */
  d0: number;
  /** Of its first derivative, by the midpoint rule. */
  midpoint: number;
  /** Of its first derivative, exactly ("heun"). */
  d1: number;
  /** Of its second derivative. */
  d2: number;
  /** Of standard normal noise; 0 for the ODE. */
  noise: number;
}

/** alpha_t and sigma_t of the variance-preserving form, and lambda, at Karras' sigma. */
export function levelAt(sigma: number): { alpha: number; sigma: number; lambda: number } {
  const alpha = 1 / Math.sqrt(sigma * sigma + 1);
  return { alpha, sigma: sigma * alpha, lambda: -Math.log(sigma) };
}

/** From Karras' sigma `from` to `to`, which may be 0 for the forms that predict x_0. */
export function stepWeights(algorithm: DpmAlgorithm, from: number, to: number): StepWeights {
  const s = levelAt(from);
  const t = levelAt(to);
  const h = t.lambda - s.lambda;
  switch (algorithm) {
    case 'dpmsolver++':
      return weights(t.sigma / s.sigma, t.alpha, -h, 1, 0);
    case 'dpmsolver':
      return weights(t.alpha / s.alpha, t.sigma, h, 1, 0);
    case 'sde-dpmsolver++': {
      const noise = t.sigma * Math.sqrt(-Math.expm1(-2 * h));
      return weights((t.sigma / s.sigma) * Math.exp(-h), t.alpha, -2 * h, 1, noise);
    }
    case 'sde-dpmsolver':
      return weights(t.alpha / s.alpha, t.sigma, h, 2, t.sigma * Math.sqrt(Math.expm1(2 * h)));
  }
}

/**
 * phi_1(z) = e^z - 1; z is -h of the forms in x_0, h of those in eps, and doubled where noise is added. The second
 * derivative of sde-dpmsolver++ follows from the same integral: diffusers 0.42 has another sign in it, by which its
 * third order does not converge.
 */
function weights(sample: number, scale: number, z: number, times: number, noise: number): StepWeights {
  const phi1 = Math.expm1(z);
  const ratio = z === 0 ? 1 : phi1 / z;
  const bend = z === 0 ? 0 : (phi1 - z) / (z * z) - 0.5;
  const d0 = -times * scale * phi1;
  return {
    sample,
    d0,
    midpoint: d0 / 2,
    d1: times * scale * (1 - ratio),
    d2: -times * scale * bend,
    noise,
  };
}
