/**
 * Owns circle interpolation between the inverted latents of two images (Diff-II, "Inversion
 * Circle Interpolation"): the circle through both, so that interpolated latents keep about the norm of noise.
 *
 * Symbols: I_a, I_b = the two latents of ONE image each, flattened; alpha = the angle between them;
 * Z(lambda) = [sin((1 + lambda) alpha) I_a - sin(lambda alpha) I_b] / sin alpha. lambda = 0 gives I_a, -1 gives
 * I_b, values between lie on the arc between them, all others beyond it; 2 pi / alpha is once around.
 */
import type { Rng } from '../rng.ts';
import { combine, requireSameSize } from './noise-schedule.ts';

/** Below this sine the circle is not determined (the latents point the same or the opposite way). */
const MIN_SINE = 1e-4;

/** alpha in [0, pi], in float64. @throws when a latent is zero or not finite, or the sizes differ. */
export function angleBetween(a: Float32Array, b: Float32Array): number {
  requireSameSize('circle interpolation', a, b);
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let k = 0; k < a.length; k++) {
    dot += a[k] * b[k];
    aa += a[k] * a[k];
    bb += b[k] * b[k];
  }
  const cosine = dot / Math.sqrt(aa * bb);
  if (!Number.isFinite(cosine)) {
    throw new Error('circle interpolation: a latent is zero or not finite; invert the image again');
  }
  return Math.acos(Math.min(1, Math.max(-1, cosine)));
}

/** Z(lambda): f32 of the latents' size. @throws when the two latents are (nearly) parallel. */
export function circleInterpolate(
  a: Float32Array,
  b: Float32Array,
  lambda: number,
): Float32Array<ArrayBuffer> {
  const alpha = angleBetween(a, b);
  const sine = requireCircle(alpha);
  return combine(a, Math.sin((1 + lambda) * alpha) / sine, b, -Math.sin(lambda * alpha) / sine);
}

/** lambda uniform on once around the circle, [0, 2 pi / alpha): the paper's draw for a pair. */
export function drawLambda(alpha: number, rng: Rng): number {
  requireCircle(alpha);
  return (rng.uniform() * 2 * Math.PI) / alpha;
}

function requireCircle(alpha: number): number {
  const sine = Math.sin(alpha);
  if (sine < MIN_SINE) {
    throw new Error(
      `circle interpolation: the angle between the latents is ${alpha.toFixed(6)}, which determines no circle; pair two different images`,
    );
  }
  return sine;
}
