/** Owns a clock that goes on by being looked at: what jobs do a few times a second happens at the same places everywhere. */

/**
 * So much goes by between two looks: each ends a slice of work and is told, and every thirteenth writes a checkpoint. By the
 * machine's own clock a fast one ends a small job before it has done any of it.
 */
const TICK_MS = 250;

/** @returns what gives the machine's own clock back. */
export function countingClock(): () => void {
  const { now } = performance;
  let ms = 0;
  performance.now = () => {
    ms += TICK_MS;
    return ms;
  };
  return () => {
    performance.now = now;
  };
}
