/** Owns how the two scorers look in every chart: by colour and by line, so that no chart needs colour alone. */
import type { ControlReport, ScorerRole } from '../../shared/control.ts';

interface ScorerStyle {
  role: ScorerRole;
  /** A CSS colour that follows the theme. */
  colour: string;
  dash: string | undefined;
  words: string;
}

const styles: ScorerStyle[] = [
  { role: 'trainingScorer', colour: 'var(--accent)', dash: undefined, words: 'scorer it learned from' },
  { role: 'heldOutScorer', colour: '#e87a2c', dash: '5,3', words: 'scorer it never saw' },
];

/** Of a report, the scorers that it has, with their figures. */
export const scorersOf = ({ figures, scorers }: Pick<ControlReport, 'figures' | 'scorers'>) =>
  styles.flatMap((style) => {
    const of = figures[style.role];
    return of ? [{ ...style, figures: of, name: scorers[style.role]?.name ?? '' }] : [];
  });
