/** Owns the training state on disk, so that a stopped training goes on where it was, to the bit. */
import { existsSync } from 'node:fs';
import { restoreState, type TrainingState } from '../../../../core/training/parameters.ts';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '../../../files/safetensors.ts';
import type { FileSeal } from '../../../files/sealed-file.ts';

/** Value, average and the optimiser's arrays of every parameter, in float32, as `value:<name>`, `m:<name>` ... */
export function saveState(file: string, state: TrainingState): FileSeal {
  const tensors: Record<string, TensorToWrite> = {};
  for (const [name, { shape, value, slots, average }] of state.parameters) {
    for (const [kind, data] of Object.entries({ value, ...slots, ...(average && { average }) })) {
      tensors[`${kind}:${name}`] = { shape, data };
    }
  }
  return writeSafetensors(file, tensors, { step: String(state.step) });
}

/** Fills `state` from the file; false where there is none. @throws when the file is of another training. */
export function loadState(file: string, state: TrainingState): boolean {
  if (!existsSync(file)) return false;
  const stored = openSafetensors(file);
  try {
    const step = Number(stored.metadata.step);
    if (!Number.isInteger(step)) throw new Error(`${file}: no training state, its metadata names no step`);
    const read = (kind: string, name: string) => stored.read(`${kind}:${name}`);
    const parameters = new Map(
      [...state.parameters].map(([name, p]) => [
        name,
        {
          value: read('value', name),
          slots: Object.fromEntries(state.optimiser.slots.map((slot) => [slot, read(slot, name)])),
          average: p.average && read('average', name),
        },
      ]),
    );
    restoreState(state, { step, parameters });
  } finally {
    stored.close();
  }
  return true;
}
