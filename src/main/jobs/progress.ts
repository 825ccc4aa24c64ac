/** Owns the estimate of the time left: from the rate of the last while, not of the whole job. */

/** Samples older than this do not count: a job speeds up and slows down. */
const WINDOW_MS = 20_000;
const SHORTEST_MS = 1000;

export class RateEstimate {
  #samples: { at: number; done: number }[] = [];

  reset(): void {
    this.#samples = [];
  }

  /** Seconds left, or null while nothing can be said. `nowMs` grows. */
  secondsLeft(nowMs: number, done: number, total: number | null): number | null {
    const samples = this.#samples;
    if (samples.length > 0 && done < samples[samples.length - 1].done) this.reset();
    this.#samples.push({ at: nowMs, done });
    while (this.#samples.length > 2 && nowMs - this.#samples[1].at > WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (total === null || nowMs - first.at < SHORTEST_MS || done <= first.done) return null;
    return Math.max(0, ((total - done) * (nowMs - first.at)) / (done - first.done) / 1000);
  }
}
