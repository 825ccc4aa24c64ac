/**
 * Owns how long tests wait, for every suite. A time here only ends what hangs: it must never decide between passed
 * and failed on a machine that is slow or busy, so each is many times what an idle one needs.
 */
const minute = 60_000;

/** In milliseconds. */
export const patience = {
  /** For one thing to happen: an element, a state, an answer. */
  waitMs: 2 * minute,
  /** For one child process or one job. */
  jobMs: 10 * minute,
  /** For one test or hook. */
  testMs: 20 * minute,
};
