/** Owns saying what memory a job will take before it starts, so that a person can change it rather than see it end. */
import { totalmem } from 'node:os';
import type { JobKind } from '../../shared/jobs/index.ts';
import { inGigabytes, list, waysToSave } from '../runtime/out-of-memory.ts';
import type { JobContext } from './job-context.ts';

/** Bytes of this machine, or of the container that the program runs in. */
export interface Memory {
  free: number;
  total: number;
}

export const machineMemory = (): Memory => ({
  free: process.availableMemory(),
  total: Math.min(totalmem(), process.constrainedMemory() || totalmem()),
});

/** From here on it is worth a line in the log although it fits. */
const worthSaying = 1e9;

/**
 * What to say of a job that needs so many bytes of the computer's memory.
 * @throws where it needs more than one and a half times what there is at all: swapping would not end.
 */
export function memoryWords(
  bytes: number,
  ways: readonly string[],
  { free, total }: Memory = machineMemory(),
): { level: 'info' | 'warn'; text: string } | null {
  const need = `this takes about ${inGigabytes(bytes)} of memory`;
  if (bytes > 1.5 * total) {
    throw new Error(`${need}, and this computer has ${inGigabytes(total)}; try ${list(ways)}`);
  }
  if (bytes > free) {
    return {
      level: 'warn',
      text: `${need}, and ${inGigabytes(free)} are free: it may become slow or end; close other programs, or try ${list(ways)}`,
    };
  }
  return bytes < worthSaying ? null : { level: 'info', text: `${need}; ${inGigabytes(free)} are free` };
}

/**
 * Writes it to the job's log. Only for the CPU: how much another device has free is not known before it is asked, and
 * there the engine says so when it is too little.
 * @param bytes null: not known.
 */
export function tellMemory<K extends JobKind>(
  { runtime, params, log }: Pick<JobContext<K>, 'runtime' | 'params' | 'log'>,
  bytes: number | null,
): void {
  if (runtime.provider !== 'cpu' || bytes === null) return;
  const said = memoryWords(bytes, waysToSave(runtime, params));
  if (said) log(said.level, said.text);
}
