/** Owns docs/experiments/hard-factors.md: the figures of each seed as tables, and how to read them. */
import { classDominantFactors } from '../../../src/core/scenes/scenes.ts';
import type { ClassFactors, FactorFigures } from '../../../src/shared/hard-factors.ts';
import { figure, rows } from '../tables.ts';

/** What `crux hard-factors --json` says in its result. */
export interface HardFactorRun extends FactorFigures {
  seed: number;
  images: number;
}

/** Of ten classes so many shall match. */
const goal = 0.7;

export function page(
  runs: readonly HardFactorRun[],
  settings: { count: string; steps: string; levels: string; trainSteps: number },
): string {
  const [first] = runs;
  const summary = runs.map((run) => [
    String(run.seed),
    `${run.matching} of ${run.classes.length}`,
    run.matchingByChance.toFixed(1),
    run.matching >= goal * run.classes.length ? 'yes' : 'no',
  ]);
  return `# Hard factors

\`\`\`
npm run demo -- --out DIR --train-steps ${settings.trainSteps}
npm run experiment -- hard-factors --demo DIR --seeds ${runs.length} --count ${settings.count} --steps ${settings.steps} --levels ${settings.levels}
\`\`\`

writes this page from \`crux hard-factors\`. Images are generated from the difficulty tokens alone (empty prompt), ${settings.count} per
class at each of the levels ${settings.levels}, the same noise at every level. A ridge regression on the built-in encoder's
features learns from ${first.factorImages} drawn scenes, whose factors are known, to read the factors from an image, within classes,
so that recognising the class is of no help. For each class the factor whose reading rises most with the requested
difficulty (Spearman) is compared with the two whose true strength rises most with the measured difficulty of the real
images. A class matches if it is one of these two.

${rows(['seed', 'classes that match', 'by chance', 'goal (7 of 10)'], summary)}

How well the factors can be read: share of their variance within a class that is explained in scenes held out.

${rows(first.factors, [first.factors.map((name) => figure(first.heldOutR2[name]))])}

${runs.map(seedTables).join('\n\n')}

## How to read it

- Two factors of each class follow a scene's hidden hardness, the other four vary without it (docs/decisions/0009). So
  there is one right answer per class, and a model that only made pictures worse with difficulty would miss it.
- A reading with much error correlates less than one with little, though both factors rise alike. This draws the
  generated column towards the factors with a high R^2. The third figure of each correlation shows it on real images.
- A generated image is unlike the scenes that the regression learned from. Its readings are only compared among generated
  images of its class.
`;
}

function seedTables({ seed, factors, classes }: HardFactorRun): string {
  const named = (c: ClassFactors, names: readonly string[], of: 'real' | 'generated') =>
    names.map((name) => `${name} ${figure(c[of][factors.indexOf(name)])}`).join(', ') || 'none';
  const table = classes.map((c) => [
    c.className,
    named(c, c.top === null ? [] : [c.top], 'generated'),
    named(c, c.topReal, 'real'),
    (classDominantFactors[c.className] ?? []).join(', '),
    c.matches ? 'yes' : 'no',
  ]);
  const all = classes.map((c) => [
    c.className,
    ...factors.map((_, f) => `${figure(c.generated[f])} / ${figure(c.real[f])} / ${figure(c.realRead[f])}`),
  ]);
  return `## Seed ${seed}

${rows(['class', 'most in generated', 'two most in real', 'drawn as dominant', 'matches'], table)}

All correlations: generated / real / real, read as the generated are (by a regression that has not seen the image):

${rows(['class', ...factors], all)}`;
}
