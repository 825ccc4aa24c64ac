/** Owns how a suspected label reads. */
import type { IssuesView } from '../../shared/issues.ts';
import { count } from '../ui/format.ts';

export type ShownIssue = IssuesView['issues'][number];

/** How many times likelier the suggested class is, from the log of the odds: "1.5 ×", "42 ×", "over 1,000 ×". */
export function times(logOdds: number): string {
  const odds = Math.exp(logOdds);
  if (odds >= 1000) return 'over 1,000 ×';
  return `${odds >= 10 ? count(odds) : odds.toFixed(1)} ×`;
}

/** What was decided; empty while nothing was. */
export function words({ state, className }: ShownIssue): string {
  switch (state) {
    case 'open':
      return '';
    case 'confirmed':
      return 'label kept';
    case 'changed':
      return `changed to ${className ?? 'no class'}`;
    case 'excluded':
      return 'excluded';
  }
}
