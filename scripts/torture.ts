/**
 * Owns the command line of the attacks on the program, `npm run torture -- [options]`:
 *
 *   --only NAME[,NAME]  these campaigns; the others keep the results they have
 *   --seed N            what chance draws (default 1); a failure is repeated with the seed that its result names
 *   --quick             small counts: a look at everything in a few minutes
 *   --out FILE          results, merged by campaign (default: docs/reliability.json; with --quick, scratch/torture.json)
 *   --write-docs        attack nothing: write docs/reliability.md from the results
 *   --list              attack nothing: print the names
 *   --folder DIR        take the campaigns from another folder
 *
 * Exit code 0: everything survived; 1: something did not; 2: wrong usage; 130: stopped by Ctrl-C.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { campaignNames } from './torture/frame/campaign.ts';
import { reliabilityPage } from './torture/frame/page.ts';
import { readResults } from './torture/frame/results.ts';
import { runCampaigns } from './torture/frame/runner.ts';

const root = resolve(import.meta.dirname, '..');
const fail = (message: string): never => {
  console.error(`torture: ${message}`);
  process.exit(2);
};

function options() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true } as const,
        seed: text,
        out: text,
        folder: text,
        quick: flag,
        'write-docs': flag,
        list: flag,
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = options();
const folder = resolve(values.folder ?? join(root, 'scripts', 'torture'));
const out = resolve(
  values.out ?? join(root, values.quick ? 'scratch/torture.json' : 'docs/reliability.json'),
);
const names = campaignNames(folder);
const only = values.only?.flatMap((list) => list.split(',')) ?? names;
const unknown = only.find((name) => !names.includes(name));
if (unknown !== undefined) fail(`no campaign "${unknown}"; there are ${names.join(', ')}`);
const seed = Number(values.seed ?? 1);
if (!Number.isSafeInteger(seed) || seed < 0) fail(`--seed ${values.seed}: expected a whole number from 0`);

if (values.list) console.log(names.join('\n'));
else if (values['write-docs']) {
  const page = join(root, 'docs', 'reliability.md');
  writeFileSync(page, reliabilityPage(readResults(out)));
  console.log(page);
} else
  process.exitCode = await runCampaigns({ folder, names: only, seed, quick: values.quick === true, out });
