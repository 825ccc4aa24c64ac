/**
 * Owns the command `npm run golden -- DIR`: every check of every case of an oracle folder through the product's own
 * code, as JSON lines on stdout.
 *
 * Exit code 0: all passed; 1: a check failed, or a case is of a kind that is not known; 2: no such folder, an
 * empty one, or a wrong option.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Provider } from '../src/main/engine/runtime.ts';
import type { GoldenOptions } from './golden/graph.ts';
import { checksOf, chosenCases, type FoundCase, findCases, openParts } from './golden/run.ts';

const PROVIDERS: readonly Provider[] = ['cpu', 'cuda', 'webgpu', 'dml'];
const USAGE = `usage: npm run golden -- DIR [options]

DIR holds oracle cases: folders with a meta.json and tensors (../shared/golden).

  --provider NAME        ${PROVIDERS.join(', ')} (cpu)
  --tolerance-factor N   multiply every tolerance, for providers that compute otherwise (1)
  --case NAME            only this case and those below it; may be given more than once
  --threads N            threads inside one operator; 0 leaves it to the runtime (1)
  --quiet                only failing checks and the summary`;

interface Plan {
  root: string;
  cases: FoundCase[];
  quiet: boolean;
  options: GoldenOptions;
}

function plan(): Plan {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      provider: { type: 'string', default: 'cpu' },
      'tolerance-factor': { type: 'string', default: '1' },
      threads: { type: 'string', default: '1' },
      case: { type: 'string', multiple: true, default: [] },
      quiet: { type: 'boolean', default: false },
    },
  });
  if (positionals.length !== 1) throw new Error(`wanted one DIR, got ${positionals.length}`);
  const provider = PROVIDERS.find((name) => name === values.provider);
  if (!provider) throw new Error(`--provider ${values.provider}, wanted one of ${PROVIDERS.join(', ')}`);
  const toleranceFactor = Number(values['tolerance-factor']);
  if (!(toleranceFactor > 0)) throw new Error('--tolerance-factor: wanted a number above 0');
  const threads = Number(values.threads);
  if (!(Number.isInteger(threads) && threads >= 0)) throw new Error('--threads: wanted 0 or more');
  const root = resolve(positionals[0]);
  const cases = chosenCases(findCases(root), values.case);
  if (cases.length === 0) throw new Error(`${root} holds no cases: no folder in it has a meta.json`);
  return { root, cases, quiet: values.quiet, options: { runtime: { provider, threads }, toleranceFactor } };
}

async function main(): Promise<number> {
  let planned: Plan;
  try {
    planned = plan();
  } catch (error) {
    console.error(`golden: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { root, cases, quiet, options } = planned;
  const totals = new Map<string, { passed: number; failed: number }>();
  for (const found of cases) {
    const opened = openParts(root, found, options);
    const count = totals.get(opened.kind) ?? { passed: 0, failed: 0 };
    totals.set(opened.kind, count);
    for await (const check of checksOf(opened)) {
      if (check.pass) count.passed++;
      else count.failed++;
      if (!quiet || !check.pass) console.log(JSON.stringify({ case: opened.name, ...check }));
    }
  }
  let [passed, failed] = [0, 0];
  for (const [kind, count] of totals) {
    passed += count.passed;
    failed += count.failed;
    console.log(`${kind}: ${count.passed} passed, ${count.failed} failed`);
  }
  console.log(`${cases.length} cases, ${passed} checks passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
