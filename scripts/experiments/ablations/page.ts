/** Owns docs/experiments/ablations.md: each variant's figures, seed by seed, and how far from the first row's. */
import type { VariantSummary } from '../../../src/shared/control.ts';
import { figure, mean, percent, rows } from '../tables.ts';

export interface AblationRun {
  group: 'training' | 'guidance';
  name: string;
  seed: number;
  result: Pick<VariantSummary, 'spearman' | 'agreementAtLow'> & {
    levels: { requested: number; measuredMean: number }[];
  };
}

export function page(
  runs: readonly AblationRun[],
  settings: { steps: string; count: string; denoisingSteps: string; seeds: string },
): string {
  return `# Ablations of difficulty training and guidance

\`\`\`
npm run demo -- --out DIR
npm run experiment -- ablations --demo DIR --seeds ${settings.seeds} --steps ${settings.steps} --count ${settings.count} --denoising-steps ${settings.denoisingSteps}
\`\`\`

writes this page. Each variant changes one setting of the first row, which is the defaults without the layer norm over the
tokens. It is trained for ${settings.steps} steps on the demo dataset and measured by \`crux control\` with ${settings.count} images per class at each of
five difficulties, in ${settings.denoisingSteps} denoising steps; the figures of every seed stand side by side. Spearman is the mean over
classes of the rank correlation between requested and measured difficulty. The distance is the mean over the levels of
|mean measured - requested|: rank correlation does not see it.

The seed moves a variant's Spearman by a standard deviation of ${figure(seedDeviation(runs, 'trainingScorer'))} (held-out scorer ${figure(seedDeviation(runs, 'heldOutScorer'))}; pooled over the
variants): most of what differs between two numbers here. Within a seed the variants share the order of the images and the
noise, so the differences from the first row are given seed by seed. One whose sign changes says nothing; one that keeps it
over ${settings.seeds} seeds says a little.

## Training

${table(runs.filter((run) => run.group === 'training'))}

## Guidance

All of the base's training. "Both by 2" is classifier-free guidance of text and difficulty together at the paper's scale.

${table(runs.filter((run) => run.group === 'guidance'))}
`;
}

type Scorer = keyof AblationRun['result']['spearman'];

/** Standard deviation of a variant's Spearman over its seeds, pooled over the variants. */
function seedDeviation(runs: readonly AblationRun[], scorer: Scorer): number {
  const variants = Map.groupBy(runs, (run) => `${run.group} ${run.name}`);
  const variances = [...variants.values()].map((own) => {
    const values = own.map((run) => run.result.spearman[scorer]!);
    const middle = mean(values);
    return values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1);
  });
  return Math.sqrt(mean(variances));
}

function table(runs: readonly AblationRun[]): string {
  const variants = Map.groupBy(runs, (run) => run.name);
  const [first] = variants.values();
  return rows(
    [
      ...['', 'Spearman', 'difference', 'held-out scorer', 'difference', 'agreement at the lowest'],
      ...['mean measured at the levels', 'distance'],
    ],
    [...variants].map(([name, own]) => {
      const each = (value: (of: AblationRun['result']) => string) =>
        own.map((run) => value(run.result)).join(', ');
      const difference = (scorer: Scorer) =>
        own === first
          ? ''
          : own
              .map((run, i) => signed(run.result.spearman[scorer]! - first[i].result.spearman[scorer]!))
              .join(', ');
      return [
        name,
        each((of) => figure(of.spearman.trainingScorer)),
        difference('trainingScorer'),
        each((of) => figure(of.spearman.heldOutScorer)),
        difference('heldOutScorer'),
        each((of) => percent(of.agreementAtLow)),
        each((of) => of.levels.map((level) => figure(level.measuredMean)).join(' ')),
        each((of) => figure(mean(of.levels.map((l) => Math.abs(l.measuredMean - l.requested))))),
      ];
    }),
  );
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${figure(value)}`;
