/** A parameter that is declared, and nothing else, is an option, with its row in the docs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cliPage } from '../../scripts/docs.ts';
import { buildProgram, commandPath, everyCommand } from '../../src/cli/program.ts';
import { controlParams } from '../../src/shared/jobs/control.ts';
import { generateParams } from '../../src/shared/jobs/generate.ts';
import { hardFactorsParams } from '../../src/shared/jobs/hard-factors.ts';
import { declareThrowAway } from '../shared/throw-away.ts';

for (const schema of [generateParams, controlParams, hardFactorsParams]) declareThrowAway(schema);

const quiet = { stdout() {}, stderr() {}, redraw() {}, columns: null, env: {}, cwd: '.', nowMs: () => 0 };

test.each(['crux generate', 'crux control', 'crux hard-factors'])('%s has its option', (path) => {
  const program = buildProgram({ io: quiet, outcome: { exit: 0 } });
  const command = everyCommand(program).find((one) => commandPath(one) === path)!;
  expect(command.helpInformation()).toMatch(/--throw-away <km>\s+what a test has made up \(default: 3\)/);
  const option = command.options.find(({ long }) => long === '--throw-away')!;
  expect(option.parseArg!('4', undefined)).toBe(4);
  expect(() => option.parseArg!('8', undefined)).toThrow('Expected a number from 2 to 7.');
});

test('the docs have its row under each command', () => {
  const page = cliPage(readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8'));
  const row = '| `--throw-away <km>` | what a test has made up (default: 3) |';
  expect(page.split(row)).toHaveLength(4);
});
