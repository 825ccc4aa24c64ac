/** Owns the generated parts of docs/: `npm run docs` writes them, and tests find out when one is stale. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { buildProgram, commandPath, everyCommand } from '../src/cli/program.ts';
import { writeWhole } from '../src/main/files/write-whole.ts';
import { formatsPage } from './docs/formats-page.ts';
import { offlinePage } from './docs/native-hosts.ts';
import { operatorsPage } from './docs/operators-page.ts';

const globalOptions = ['--catalog', '--json', '--device', '--seed'];

function row(option: Option): string {
  const choices = option.argChoices?.map((choice) => `\`${choice}\``).join(', ');
  return `| \`${option.flags}\` | ${option.description}${choices ? `: ${choices}` : ''} |`;
}

/** docs/cli.md with every command's table of options as the command has it; @throws where a command has no part. */
export function cliPage(text: string): string {
  const quiet = { stdout() {}, stderr() {}, redraw() {}, columns: null, env: {}, cwd: '.', nowMs: () => 0 };
  const leaves = everyCommand(buildProgram({ io: quiet, outcome: { exit: 0 } })).filter(
    (command) => command.commands.length === 0,
  );
  return leaves.reduce(withOptions, text);
}

function withOptions(text: string, command: Command): string {
  const start = text.indexOf(`### \`${commandPath(command)}`);
  if (start < 0) throw new Error(`docs/cli.md has no part "### \`${commandPath(command)} ...\``);
  const next = text.slice(start + 4).search(/^##/m);
  const end = next < 0 ? text.length : start + 4 + next;
  const own = command.options.filter((option) => !globalOptions.includes(option.long as string));
  if (own.length === 0) return text;
  const table = /\| option \| what \|\n\|---\|---\|\n(?:\|.*\n)*/;
  const part = text.slice(start, end);
  if (!table.test(part)) throw new Error(`docs/cli.md: ${commandPath(command)} has no table of options`);
  // A function, so that no character of a description counts as a pattern.
  const written = part.replace(table, () => `| option | what |\n|---|---|\n${own.map(row).join('\n')}\n`);
  return text.slice(0, start) + written + text.slice(end);
}

if (import.meta.main) {
  const docs = join(import.meta.dirname, '..', 'docs');
  const cli = join(docs, 'cli.md');
  writeWhole(cli, Buffer.from(cliPage(readFileSync(cli, 'utf8'))));
  writeWhole(join(docs, 'operators.md'), Buffer.from(operatorsPage()));
  writeWhole(join(docs, 'formats.md'), Buffer.from(formatsPage()));
  const offline = join(docs, 'offline.md');
  writeWhole(offline, Buffer.from(offlinePage(readFileSync(offline, 'utf8'))));
}
