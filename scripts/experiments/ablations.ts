/**
 * What the defaults of difficulty training and guidance rest on:
 *   npm run experiment -- ablations --demo DIR [--seeds 2] [--steps 1000] [--count 10]
 *     [--denoising-steps 30] [--out docs/experiments/ablations.md]
 * --demo is what `crux demo --out DIR` made. Every variant changes one setting of the first; each is trained and
 * measured once per seed (training, images and intervals have seeds of their own). A run that was stopped goes on, and
 * one with more seeds runs these only (DIR/experiments.json).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasetName } from '../../src/cli/demo/stages.ts';
import { type AblationRun, page } from './ablations/page.ts';
import { guidanceVariants, trainingVariants } from './ablations/variants.ts';
import { remembered } from './crux.ts';

const { values } = parseArgs({
  options: {
    demo: { type: 'string' },
    seeds: { type: 'string', default: '2' },
    steps: { type: 'string', default: '1000' },
    count: { type: 'string', default: '10' },
    'denoising-steps': { type: 'string', default: '30' },
    out: { type: 'string', default: 'docs/experiments/ablations.md' },
  },
});
if (!values.demo) {
  console.error('wanted --demo DIR, a folder that crux demo made');
  process.exit(2);
}
const { demo, steps, count, 'denoising-steps': denoisingSteps } = values;
const run = remembered(join(demo, 'experiments.json'), join(demo, 'catalog'));

// The same as in control.ts, so that where both run it is done once.
const scorer = run(['score', datasetName]).result.scorerId;
const fitted = run(['fit', datasetName]).result.modelId;
const heldOut = run(['score', datasetName, '--method', 'classifier', '--model', fitted]);
const scorers = ['--scorer', String(scorer), '--held-out-scorer', String(heldOut.result.scorerId)];

const runs: AblationRun[] = [];
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const seeded = ['--seed', String(seed)];
  const measure = (
    group: AblationRun['group'],
    name: string,
    adapter: string,
    options: readonly string[],
  ) => {
    const asked = ['--adapter', adapter, ...scorers, '--count', count, '--steps', denoisingSteps];
    const { result } = run(['control', datasetName, ...asked, '--no-baseline', ...seeded, ...options]);
    runs.push({ group, name, seed, result });
    console.error(`seed ${seed}, ${name}: ${JSON.stringify(result.spearman)}`);
  };
  const adapters = trainingVariants.map(({ name, options, control = [] }) => {
    const asked = ['--steps', steps, '--scorer', String(scorer), '--preview-every', '0', ...seeded];
    const { modelId } = run(['train', datasetName, ...asked, ...options]).result;
    measure('training', name, modelId, control);
    return modelId;
  });
  for (const { name, options } of guidanceVariants) measure('guidance', name, adapters[0], options);
}
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page(runs, { steps, count, denoisingSteps, seeds: values.seeds }));
console.error(`wrote ${values.out}`);
