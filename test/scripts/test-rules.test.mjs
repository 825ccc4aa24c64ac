/** What makes a test fail now and then, looked for in every test: see "Tests that always pass" in CONTRIBUTING.md. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../scripts/pinned-node.mjs';

const rules = [
  { rule: 'sleeps', pattern: /\bsetTimeout\(|waitForTimeout\(|setTimeout\b.*from 'node:timers\/promises'/ },
  { rule: 'reads a clock', pattern: /\b(Date|performance)\.now\b/ },
  // An option, or the last argument of a test or hook.
  {
    rule: 'has a time-out of its own',
    pattern: /\b[tT]ime[oO]ut(Ms)?: *\d|^\}, [\d_]+\);|\bsetDefaultTimeout\(\d/,
  },
];

/** Files that break a rule for a reason. */
const exceptions = {
  'test/cli/run.ts reads a clock': 'the clock that the command line gets as an argument',
  'test/e2e/catalog.ts sleeps': 'between two looks at a job, which ends by its state',
  'test/e2e/catalog.ts reads a clock': 'to end what hangs',
  'test/e2e/security.e2e.ts sleeps': 'gives what is forbidden time to happen; a slow machine only sees less',
  'test/e2e/torture.e2e.ts reads a clock': 'a figure for the log',
  'test/main/images/decode.test.ts has a time-out of its own':
    'the limit under test, which any decode passes',
  'test/main/support/counting-clock.ts reads a clock': 'replaces it',
  'test/main/support/held-engine.ts reads a clock': 'puts it forward',
  'test/standin/electron-standin.ts sleeps': 'ends what hangs',
  'test/standin/electron-window.ts sleeps': 'closes a window of which nothing is asked',
  'test/torture/import-child.ts reads a clock': 'a figure for the log',
  'test/main/jobs/give-up.test.ts reads a clock': 'puts it forward',
  'test/torture/cuts.test.ts reads a clock': 'a seed',
  'test/torture/kill.test.ts reads a clock': 'a seed',
};

const breaches = (source) =>
  rules
    .filter(({ pattern }) => source.split('\n').some((line) => pattern.test(line.replace(/\/\/.*/, ''))))
    .map(({ rule }) => rule);

it('finds sleeps, clocks and time-outs, and nothing in comments', () => {
  expect(breaches('await new Promise((done) => setTimeout(done, 50));')).toEqual(['sleeps']);
  expect(breaches("import { setTimeout as wait } from 'node:timers/promises';")).toEqual(['sleeps']);
  expect(breaches('expect(performance.now() - from).toBeLessThan(50);')).toEqual(['reads a clock']);
  expect(breaches('await expect.poll(look, { timeout: 5000 }).toBe(1);')).toEqual([
    'has a time-out of its own',
  ]);
  expect(breaches('}, 60_000);')).toEqual(['has a time-out of its own']);
  expect(breaches('spawn(node, { timeout: patience.jobMs }); // Date.now')).toEqual([]);
});

it('no test leans on the time that something takes', () => {
  const files = globSync('test/**/*.{ts,tsx,mjs}', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file !== 'test/scripts/test-rules.test.mjs');
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    breaches(readFileSync(join(root, file), 'utf8')).map((rule) => `${file} ${rule}`),
  );
  expect(found.sort()).toEqual(Object.keys(exceptions).sort());
});
