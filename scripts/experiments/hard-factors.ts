/**
 * Whether a difficulty model knows what makes its classes hard, on a demo, whose factors are known:
 *   npm run experiment -- hard-factors --demo DIR [--seeds 2] [--count 40] [--adapter NAME] [--scorer N]
 *     [--out docs/experiments/hard-factors.md]
 * DIR is what `crux demo --out DIR` made, whose own adapter is measured, or another trained on it. Each seed draws its
 * own noise; a run that was stopped goes on (DIR/experiments.json).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasetName } from '../../src/cli/demo/stages.ts';
import { factorFigures } from '../../src/shared/hard-factors.ts';
import { remembered } from './crux.ts';
import { type HardFactorRun, page } from './hard-factors/page.ts';
import { trainingOf } from './training-of.ts';

const { values } = parseArgs({
  options: {
    demo: { type: 'string' },
    seeds: { type: 'string', default: '2' },
    count: { type: 'string', default: '40' },
    steps: { type: 'string', default: '30' },
    levels: { type: 'string', default: '0.1,0.3,0.5,0.7,0.9' },
    adapter: { type: 'string' },
    scorer: { type: 'string' },
    out: { type: 'string', default: 'docs/experiments/hard-factors.md' },
  },
});
if (!values.demo) {
  console.error('wanted --demo DIR, a folder that crux demo made');
  process.exit(2);
}
const { demo, count, steps, levels, scorer } = values;
const catalog = join(demo, 'catalog');
const [adapter, training] = trainingOf(catalog, values.adapter);
const options = [
  ...['--factors', join(demo, 'dataset', 'factors.jsonl')],
  ...['--count', count, '--steps', steps, '--levels', levels],
  ...['--adapter', adapter],
  ...(scorer ? ['--scorer', scorer] : []),
];
const run = remembered(join(demo, 'experiments.json'), catalog);
const runs: HardFactorRun[] = [];
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const { result } = run(['hard-factors', datasetName, ...options, '--seed', String(seed)]);
  const figures = factorFigures.parse(result);
  runs.push({ ...figures, images: result.images, seed });
  console.error(`seed ${seed}: ${figures.matching} of ${figures.classes.length} classes match`);
}
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page(runs, { count, steps, levels, trainSteps: training.steps }));
console.error(`wrote ${values.out}`);
