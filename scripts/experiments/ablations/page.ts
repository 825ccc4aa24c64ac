/** Owns docs/experiments/ablations.md: each variant's figures, seed by seed, beside the defaults'. */
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
crux demo --out DIR
node scripts/experiments/ablations.ts --demo DIR --seeds ${settings.seeds} --steps ${settings.steps} --count ${settings.count} --denoising-steps ${settings.denoisingSteps}
\`\`\`

writes this page. Each variant changes one setting of the defaults, is trained for ${settings.steps} steps on the demo dataset and measured
by \`crux control\` with ${settings.count} images per class at each of five difficulties, in ${settings.denoisingSteps} denoising steps; the figures of every seed stand side by side.
Spearman is the mean over classes of the rank correlation between requested and measured difficulty. The distance is the
mean over the levels of |mean measured - requested|: rank correlation does not see it.

## Training

${table(runs.filter((run) => run.group === 'training'))}

## Guidance

All of the defaults' training. "Both by 2" is classifier-free guidance of text and difficulty together at the paper's scale.

${table(runs.filter((run) => run.group === 'guidance'))}
`;
}

function table(runs: readonly AblationRun[]): string {
  const names = [...new Set(runs.map((run) => run.name))];
  return rows(
    ['', 'Spearman', 'held-out scorer', 'agreement at the lowest', 'mean measured at the levels', 'distance'],
    names.map((name) => {
      const own = runs.filter((run) => run.name === name).map((run) => run.result);
      const each = (value: (of: AblationRun['result']) => string) => own.map(value).join(', ');
      return [
        name,
        each((of) => figure(of.spearman.trainingScorer)),
        each((of) => figure(of.spearman.heldOutScorer)),
        each((of) => percent(of.agreementAtLow)),
        each((of) => of.levels.map((level) => figure(level.measuredMean)).join(' ')),
        each((of) => figure(mean(of.levels.map((l) => Math.abs(l.measuredMean - l.requested))))),
      ];
    }),
  );
}
