/** Owns when a job's stage is another one: one whose counters move ("fold 3 of 5") stays the same. */
export const sameStage = (a: string, b: string): boolean => withoutCounters(a) === withoutCounters(b);

const withoutCounters = (stage: string): string => stage.replace(/\d+/g, '#');
