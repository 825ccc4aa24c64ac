/** Owns the verdict on difficulty control in plain words, with the figures that it rests on. */
import type { ControlFigures, ControlReport, Estimate } from '../../shared/control.ts';
import { percent } from '../ui/format.ts';

/** good: both scorers agree that it works; partly: it works somewhat, or by one of them; no: it does not. */
export type Tone = 'good' | 'partly' | 'no';

export interface Verdict {
  tone: Tone;
  answer: string;
  /** Sentences, each with its figures. */
  reasons: string[];
}

/** Rank correlations from which requests count as followed somewhat, and as followed. Ours: conventions, no theorem. */
const somewhat = 0.1;
const followed = 0.3;

/** Share of the easiest images whose class should be recognised. */
const recognised = 0.7;

const two = (value: number) => value.toFixed(2).replace('-', '−');

/** "0.63 (0.60 to 0.66)": the figure with its 95 % interval. */
export const estimateText = ({ value, interval }: Estimate): string =>
  interval ? `${two(value)} (${two(interval.low)} to ${two(interval.high)})` : two(value);

type Following = 'yes' | 'somewhat' | 'no';

function following({ spearman: { value, interval }, rises }: ControlFigures): Following {
  if (interval && interval.low <= 0) return 'no';
  if (value >= followed && rises) return 'yes';
  return value >= somewhat ? 'somewhat' : 'no';
}

const answers: Record<Following, Record<Following | 'unknown', [Tone, string]>> = {
  yes: {
    yes: ['good', 'Yes: the harder you ask, the harder the images.'],
    somewhat: ['partly', 'Yes by the scorer it learned from, and less clearly by one it never saw.'],
    no: [
      'partly',
      'Only the scorer it learned from finds them harder: the model may have learned what fools that one scorer.',
    ],
    unknown: ['good', 'Yes by the scorer it learned from; no other scorer was asked.'],
  },
  somewhat: {
    yes: ['partly', 'Partly: images get harder when you ask for it, but not reliably.'],
    somewhat: ['partly', 'Partly: images get harder when you ask for it, but not reliably.'],
    no: ['partly', 'Hardly: only the scorer it learned from finds them a little harder.'],
    unknown: ['partly', 'Partly: images get harder when you ask for it, but not reliably.'],
  },
  no: {
    yes: ['partly', 'Unclear: the scorer it learned from sees no difference, another one does.'],
    somewhat: ['no', 'No: asking for harder images does not make them harder.'],
    no: ['no', 'No: asking for harder images does not make them harder.'],
    unknown: ['no', 'No: asking for harder images does not make them harder.'],
  },
};

export function verdictOn(report: ControlReport): Verdict {
  const { trainingScorer: training, heldOutScorer: heldOut } = report.figures;
  const [tone, answer] = answers[following(training)][heldOut ? following(heldOut) : 'unknown'];
  // Noise is hard as well: a model that cannot show its classes is not one that controls their difficulty.
  const shown = training.agreementAtLow >= recognised;
  return {
    tone: tone === 'good' && !shown ? 'partly' : tone,
    answer: shown || tone === 'no' ? answer : `${answer} But even easy images often do not show their class.`,
    reasons: [correlations(training, heldOut), rise(training), agreement(training)],
  };
}

const correlations = (training: ControlFigures, heldOut: ControlFigures | null): string =>
  `Within a class, the rank correlation of asked and measured difficulty is ${estimateText(training.spearman)} by the scorer it learned from` +
  (heldOut ? `, and ${estimateText(heldOut.spearman)} by one that it never saw.` : '.');

function rise({ levels, rises }: ControlFigures): string {
  const [first, last] = [levels[0], levels[levels.length - 1]];
  const ends = `from ${two(first.measuredMean)} (asked for ${two(first.requested)}) to ${two(last.measuredMean)} (asked for ${two(last.requested)})`;
  if (rises) return `The mean measured difficulty rises at every level, ${ends}.`;
  const falls = levels.flatMap((level, i) =>
    i > 0 && level.measuredMean <= levels[i - 1].measuredMean
      ? [`${two(levels[i - 1].requested)} and ${two(level.requested)}`]
      : [],
  );
  return `The mean measured difficulty goes ${ends}; it does not rise between ${falls.join(', ')}.`;
}

function agreement({ levels }: ControlFigures): string {
  const [first, last] = [levels[0], levels[levels.length - 1]];
  return `The scorer recognises the class asked for in ${percent(first.agreement)} of the easiest images and in ${percent(last.agreement)} of the hardest.`;
}
