/** Owns running a long computation of core inside a job: its events, its heartbeat and its cancel stay alive. */
import type { Steps } from '../../core/steps.ts';

/** The thread is given back to the event loop after so much work. */
const SLICE_MS = 40;

export interface PumpOptions {
  signal: AbortSignal;
  /** Share done, [0,1]. */
  onProgress?: (fraction: number) => void;
}

export async function pump<T>(steps: Steps<T>, { signal, onProgress }: PumpOptions): Promise<T> {
  let since = performance.now();
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
    onProgress?.(next.value);
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    since = performance.now();
  }
}
