/** Owns docs/reliability.md: results -> one page. Nothing on it is written by hand. */
import { clock } from '../../../src/cli/format.ts';
import { table } from '../../bench/machine.ts';
import { type Result, type Results, wasSkipped } from './results.ts';

const INTRO = `# Reliability

What was done to Crux to break it, how often, and what became of it. Each line is a campaign: an attack that is repeated
with another random choice each time. **Tried** counts attacks, **survived** those after which everything was as it
must be (each campaign says below what that means), **failed** the rest, which are listed. **Time** is that of the
campaign, **memory** the most that any one of its processes had at once.

\`npm run torture\` repeats all of it and \`npm run torture -- --only NAME\` one campaign; \`--seed N\` draws other moments and
other files, \`--quick\` takes small counts. Results go to \`docs/reliability.json\`, from which
\`npm run torture -- --write-docs\` writes this page.
`;

export function reliabilityPage(results: Results): string {
  const entries = Object.entries(results);
  const sections = entries.map(([name, result]) => section(name, result));
  const overview = table(
    ['campaign', 'tried', 'survived', 'failed', 'time', 'memory'],
    entries.map(([name, result]) => [
      `[${result.title}](#${name})`,
      ...(wasSkipped(result)
        ? ['not on this machine', '', '']
        : [count(result.tried), count(result.survived), count(result.failed.length)]),
      clock(result.seconds),
      result.peakMiB === null ? 'not measured' : `${count(result.peakMiB)} MiB`,
    ]),
  );
  return [INTRO, overview, ...sections].join('\n').concat('\n');
}

function section(name: string, result: Result): string {
  const { title, means, notes, failed, seed, quick, version, commit, date, machine } = result;
  const command = ['npm run torture -- --only', name, ...(seed === 1 ? [] : ['--seed', seed])].join(' ');
  const parts = [
    `\n<a id="${name}"></a>\n\n## ${title}`,
    means,
    notes,
    failed.length > 0
      ? `Failed:\n\n${failed.map((line) => `- ${line.replaceAll('\n', ' ')}`).join('\n')}`
      : undefined,
    `\`${command}${quick ? ' --quick' : ''}\` · version ${version}, commit ${commit}, ${date} · ${machine}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

const count = (n: number): string => n.toLocaleString('en-GB');
