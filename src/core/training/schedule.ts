/** Owns learning-rate schedules: a factor in [0,1] by step, counted from 0. */

export interface ScheduleOptions {
  /** How the factor falls from 1 after the warm-up, over the steps that are left. */
  kind: 'constant' | 'linear' | 'cosine';
  /** Steps in which the factor rises evenly to 1. */
  warmupSteps: number;
  totalSteps: number;
  /** The factor that linear and cosine end on. */
  floor?: number;
}

export function learningRateFactor(step: number, o: ScheduleOptions): number {
  if (step < o.warmupSteps) return (step + 1) / o.warmupSteps;
  if (o.kind === 'constant') return 1;
  const floor = o.floor ?? 0;
  const done = Math.min(1, (step - o.warmupSteps) / Math.max(1, o.totalSteps - o.warmupSteps));
  const left = o.kind === 'linear' ? 1 - done : 0.5 * (1 + Math.cos(Math.PI * done));
  return floor + (1 - floor) * left;
}
