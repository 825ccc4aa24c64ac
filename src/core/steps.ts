/**
 * Owns how long computations in core run: as generators that yield their progress in [0,1] between small
 * pieces of work. A job pulls them one piece at a time and stays cancellable; a script drains them at once.
 */

/** A computation in pieces: yields the finished share in [0,1], returns the result. */
export type Steps<T> = Generator<number, T, void>;

export interface StepOptions {
  onProgress?: (fraction: number) => void;
  /** Looked at between pieces; an AbortSignal fits. */
  signal?: { readonly aborted: boolean };
}

/** Thrown by `drain` when the signal is aborted; its name is `AbortError`, as AbortSignal's own. */
export class AbortError extends Error {
  override name = 'AbortError';
}

/** Runs a computation to its end without pause. Throws AbortError between two pieces when asked to stop. */
export function drain<T>(steps: Steps<T>, options: StepOptions = {}): T {
  for (;;) {
    if (options.signal?.aborted) throw new AbortError('stopped on request');
    const next = steps.next();
    if (next.done) {
      options.onProgress?.(1);
      return next.value;
    }
    options.onProgress?.(next.value);
  }
}

/** Runs an inner computation inside an outer one, its progress mapped to [from, to]. */
export function* within<T>(steps: Steps<T>, from: number, to: number): Steps<T> {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    yield from + (to - from) * next.value;
  }
}
