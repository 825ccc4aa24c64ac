/** Owns what ships of a trained model. */
import type { TrainingState } from '../../src/core/training/parameters.ts';

/** The running average where one is kept, as halves. */
export function shipped(
  state: TrainingState,
  prefix = '',
): Record<string, { shape: readonly number[]; data: Float32Array; dtype: 'F16' }> {
  const out: Record<string, { shape: readonly number[]; data: Float32Array; dtype: 'F16' }> = {};
  for (const [name, p] of state.parameters) {
    if (name.startsWith(prefix))
      out[name.slice(prefix.length)] = { shape: p.shape, data: p.average ?? p.value, dtype: 'F16' };
  }
  return out;
}
