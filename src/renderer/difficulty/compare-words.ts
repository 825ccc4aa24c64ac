/** Owns the words about two scorers: what their figures mean to someone who does not know the figures. */
import type { CorrelationFigure, ScorerComparison } from '../../shared/scorers.ts';
import { count, percent } from '../ui/format.ts';

/** "0.71", "0.71 (0.68 to 0.74)", or a dash. */
export function correlationText({ value, low, high }: CorrelationFigure, withInterval = true): string {
  if (value === null) return '–';
  if (!withInterval || low === null || high === null) return value.toFixed(2);
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** What each had learned from, of the images that both judged; null: neither had learned from any. */
export function lessonsSentence({ a, b, learnedA, learnedB }: ScorerComparison): string | null {
  if (learnedA === 0 && learnedB === 0) return null;
  const of = (letter: string, learned: number | null, method: string) =>
    learned === null
      ? `${letter}: not recorded${method === 'precomputed' ? ', for its probabilities came with the images' : ''}`
      : `${letter}: ${learned === 0 ? 'none' : count(learned)}`;
  return `Of these images they had learned from: ${of('A', learnedA, a.method)}; ${of('B', learnedB, b.method)}. What a scorer has memorised it finds easy.`;
}

/** One sentence: whether the order agrees, and whether one of them is the stricter. */
export function comparisonSentence({ overall, meanDifference }: ScorerComparison): string {
  const rho = overall.spearman.value;
  const order =
    rho === null
      ? 'Too few images to say whether they order them alike'
      : rho >= 0.8
        ? 'They order the images nearly alike'
        : rho >= 0.5
          ? 'They agree on the rough order of the images'
          : rho >= 0.2
            ? 'They agree little on which images are hard'
            : 'They do not agree on which images are hard';
  const stricter =
    Math.abs(meanDifference) < 0.02
      ? 'neither finds them harder on average'
      : `${meanDifference > 0 ? 'A' : 'B'} finds them harder, by ${Math.abs(meanDifference).toFixed(2)} on average`;
  return `${order}; ${stricter}; ${percent(overall.sameBucket)} are in the same bucket by both.`;
}
