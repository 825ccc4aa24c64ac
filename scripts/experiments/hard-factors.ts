/**
 * Whether a difficulty model knows what makes its classes hard, on a demo, whose factors are known:
 *   node scripts/experiments/hard-factors.ts --demo DIR [--seeds 2] [--count 40] [--adapter NAME] [--scorer N]
 *     [--out docs/experiments/hard-factors.md]
 * DIR is what `crux demo --out DIR` made, with an adapter trained as long as is wanted. Each seed draws its own noise.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasetName } from '../../src/cli/demo/stages.ts';
import { type HardFactorRun, page } from './hard-factors/page.ts';

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
const { demo, count, steps, levels, adapter, scorer } = values;
const options = [
  ...['--factors', join(demo, 'dataset', 'factors.jsonl')],
  ...['--count', count, '--steps', steps, '--levels', levels],
  ...(adapter ? ['--adapter', adapter] : []),
  ...(scorer ? ['--scorer', scorer] : []),
];
const runs: HardFactorRun[] = [];
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const result = hardFactors(['--seed', String(seed)]);
  runs.push({ ...result, seed });
  console.error(`seed ${seed}: ${result.matching} of ${result.classes.length} classes match`);
}
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page(runs, { count, steps, levels }));
console.error(`wrote ${values.out}`);

/** The command with its progress shown. @throws when it fails */
function hardFactors(more: readonly string[]): Omit<HardFactorRun, 'seed'> {
  const program = join(import.meta.dirname, '../../src/cli/main.ts');
  const catalog = ['--catalog', join(demo!, 'catalog')];
  const ran = spawnSync(
    process.execPath,
    [program, 'hard-factors', datasetName, ...options, ...more, ...catalog, '--json'],
    { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (ran.status !== 0) throw new Error(`crux hard-factors ended with ${ran.status}: ${ran.stdout.trim()}`);
  return JSON.parse(ran.stdout).job.result;
}
