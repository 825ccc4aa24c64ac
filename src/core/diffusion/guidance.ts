/** Owns classifier-free guidance (Ho & Salimans 2022, eq. 6, with w = guidanceScale - 1). */
import { requireSameSize } from './noise-schedule.ts';

/**
 * unconditional + guidanceScale (conditional - unconditional), each f32 of one size, as epsilon or as v.
 * @param guidanceScale 1 is off (the unconditional call can be saved); more follows the condition more.
 */
export function guide(
  unconditional: Float32Array,
  conditional: Float32Array,
  guidanceScale: number,
): Float32Array<ArrayBuffer> {
  requireSameSize('guidance', unconditional, conditional);
  const out = new Float32Array(conditional.length);
  for (let k = 0; k < out.length; k++) {
    out[k] = unconditional[k] + guidanceScale * (conditional[k] - unconditional[k]);
  }
  return out;
}
