/**
 * Owns the command `npm run golden -- DIR`: every check of every case of an oracle folder through the product's own
 * code, as JSON lines on stdout, and one line of summary (docs/golden.md).
 *
 * Exit code 0: all passed; 1: a check failed, a case is of a kind that is not known, or the folder holds no case;
 * 2: a wrong option.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Provider } from '../src/main/runtime/runtime.ts';
import { type Check, listed } from './golden/compare.ts';
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

/** The command line is wrong, rather than the folder. */
class UsageError extends Error {}

interface Plan {
  root: string;
  cases: FoundCase[];
  quiet: boolean;
  options: GoldenOptions;
}

function argumentsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        provider: { type: 'string', default: 'cpu' },
        'tolerance-factor': { type: 'string', default: '1' },
        threads: { type: 'string', default: '1' },
        case: { type: 'string', multiple: true, default: [] },
        quiet: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function plan(): Plan {
  const { values, positionals } = argumentsOf();
  if (positionals.length !== 1) throw new UsageError(`wanted one DIR, got ${positionals.length}`);
  const provider = PROVIDERS.find((name) => name === values.provider);
  if (!provider) throw new UsageError(`--provider ${values.provider}, wanted one of ${PROVIDERS.join(', ')}`);
  const toleranceFactor = Number(values['tolerance-factor']);
  if (!(toleranceFactor > 0)) throw new UsageError('--tolerance-factor: wanted a number above 0');
  const threads = Number(values.threads);
  if (!(Number.isInteger(threads) && threads >= 0)) throw new UsageError('--threads: wanted 0 or more');
  const root = resolve(positionals[0]);
  const cases = chosenCases(findCases(root), values.case);
  if (cases.length === 0) throw new Error(`${root} holds no cases: no folder in it has a meta.json`);
  return { root, cases, quiet: values.quiet, options: { runtime: { provider, threads }, toleranceFactor } };
}

/** A check as it is printed: what went wrong, where figures do not say, stands in its name. */
const lineOf = (name: string, { check, error, maxAbs, relL2, tolerance, pass }: Check): string =>
  JSON.stringify({ case: name, check: error ? `${check}: ${error}` : check, maxAbs, relL2, tolerance, pass });

async function main(): Promise<number> {
  let planned: Plan;
  try {
    planned = plan();
  } catch (error) {
    const usage = error instanceof UsageError;
    console.error(`golden: ${(error as Error).message}${usage ? `\n\n${USAGE}` : ''}`);
    return usage ? 2 : 1;
  }
  const { root, cases, quiet, options } = planned;
  let checks = 0;
  let failed = 0;
  const failing = new Set<string>();
  for (const found of cases) {
    const opened = openParts(root, found, options);
    for await (const check of checksOf(opened)) {
      checks++;
      if (!check.pass) {
        failed++;
        failing.add(opened.name);
      }
      if (!quiet || !check.pass) console.log(lineOf(opened.name, check));
    }
  }
  const where = failed > 0 ? `, in: ${listed([...failing])}` : '';
  const passed = checks - failed;
  console.log(`cases ${cases.length}, checks ${checks}, passed ${passed}, failed ${failed}${where}`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
