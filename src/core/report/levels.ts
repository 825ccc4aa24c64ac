/** Owns the comparison of requested and measured difficulty. */
import type { LevelRow } from './data.ts';

export interface LevelSample {
  requested: number;
  measured: number;
  agrees: boolean;
}

/** Up to this many different requests are shown as they are; more are rounded to tenths. */
export const mostLevels = 6;

/** The levels that requests fall on, ascending, and which one each request belongs to. */
export function levelsOf(requests: readonly number[]): {
  levels: number[];
  levelOf: (requested: number) => number;
} {
  const sorted = (values: number[]) => [...new Set(values)].sort((a, b) => a - b);
  const exact = sorted([...requests]);
  if (exact.length <= mostLevels) return { levels: exact, levelOf: (r) => r };
  const tenth = (r: number) => Math.round(r * 10) / 10;
  return { levels: sorted(requests.map(tenth)), levelOf: tenth };
}

/** One row per level: how many, the mean and (population) standard deviation measured, share that agrees. */
export function levelRows(samples: readonly LevelSample[]): LevelRow[] {
  const { levels, levelOf } = levelsOf(samples.map((s) => s.requested));
  return levels.map((requested) => {
    const own = samples.filter((s) => levelOf(s.requested) === requested);
    const mean = own.reduce((sum, s) => sum + s.measured, 0) / own.length;
    const variance = own.reduce((sum, s) => sum + (s.measured - mean) ** 2, 0) / own.length;
    return {
      requested,
      count: own.length,
      mean,
      sd: Math.sqrt(variance),
      agreement: own.filter((s) => s.agrees).length / own.length,
    };
  });
}
