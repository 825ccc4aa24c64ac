/** Owns learning-rate schedules: a factor in [0,1] by step, counted from 0. */

export interface ScheduleOptions {
  kind: 'constant' | 'cosine';
  warmupSteps: number;
  totalSteps: number;
  /** The factor that cosine ends on. */
  floor?: number;
}

export function learningRateFactor(step: number, o: ScheduleOptions): number {
  if (step < o.warmupSteps) return (step + 1) / o.warmupSteps;
  if (o.kind === 'constant') return 1;
  const floor = o.floor ?? 0;
  const done = Math.min(1, (step - o.warmupSteps) / Math.max(1, o.totalSteps - o.warmupSteps));
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * done));
}
