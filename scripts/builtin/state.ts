/** Owns the training state on disk, so that a stopped training goes on where it was. */
import { existsSync } from 'node:fs';
import type { TrainingState } from '../../src/core/training/parameters.ts';
import { openSafetensors, writeSafetensors } from '../../src/main/engine/safetensors.ts';

/** Parameter, moments and average of every parameter, in float32. */
export async function saveState(
  file: string,
  state: TrainingState,
  extra: Record<string, string> = {},
): Promise<void> {
  const tensors: Record<string, { shape: readonly number[]; data: Float32Array }> = {};
  for (const [name, p] of state.parameters) {
    tensors[`value:${name}`] = { shape: p.shape, data: p.value };
    tensors[`m:${name}`] = { shape: p.shape, data: p.m };
    tensors[`v:${name}`] = { shape: p.shape, data: p.v };
    if (p.average) tensors[`average:${name}`] = { shape: p.shape, data: p.average };
  }
  await writeSafetensors(file, tensors, { step: String(state.step), ...extra });
}

/** Fills `state` from the file; false where there is none. @throws when the file is of another model. */
export async function loadState(file: string, state: TrainingState): Promise<boolean> {
  if (!existsSync(file)) return false;
  const stored = await openSafetensors(file);
  for (const [name, p] of state.parameters) {
    p.value.set(stored.read(`value:${name}`));
    p.m.set(stored.read(`m:${name}`));
    p.v.set(stored.read(`v:${name}`));
    if (p.average) p.average.set(stored.read(`average:${name}`));
  }
  state.step = Number(stored.metadata.step);
  stored.close();
  return true;
}

/** What ships: the running average where one is kept. */
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
