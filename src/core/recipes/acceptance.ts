/** Owns which generated pictures are kept: by how hard they came out, and by whether a scorer sees their class. */

import { keepsAll } from '../../shared/jobs/generate-rules.ts';

export interface KeepRule {
  /** Largest distance of measured from requested difficulty, (0,1]; null: any. */
  within: number | null;
  /** Measured difficulty must be in [min, max]. */
  min: number;
  max: number;
  /** The most probable class must be the label. */
  agreeing: boolean;
}

/** What a scorer says of one picture. */
export interface Verdict {
  /** Difficulty, [0,1]. */
  measured: number;
  /** The most probable class is the label. */
  agrees: boolean;
}

export const keepsEverything = ({ within, min, max, agreeing }: KeepRule): boolean =>
  keepsAll({ keepWithin: within, keepMin: min, keepMax: max, keepAgreeing: agreeing });

/**
 * 0: the picture is kept. Otherwise how far it is from that: the distance to the nearest difficulty that would be
 * kept, in [0,1], and 1 more where another class is seen, so that of two candidates the better one has the lower miss.
 */
export function missOf(rule: KeepRule, requested: number, { measured, agrees }: Verdict): number {
  const outside = (low: number, high: number) => Math.max(0, low - measured, measured - high);
  const range = outside(rule.min, rule.max);
  const band = rule.within === null ? 0 : outside(requested - rule.within, requested + rule.within);
  return Math.max(range, band) + (rule.agreeing && !agrees ? 1 : 0);
}
