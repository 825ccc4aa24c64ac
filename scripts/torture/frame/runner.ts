/** Owns running campaigns one after another, each in a process of its own: progress, time left, Ctrl-C, results. */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clock } from '../../../src/cli/format.ts';
import { RateEstimate } from '../../../src/main/jobs/progress.ts';
import { machine } from '../../bench/machine.ts';
import type { Outcome } from './campaign.ts';
import type { FromCampaign } from './child.ts';
import { TreeWatch } from './processes.ts';
import { faultsOf, type Result, readResults, storeResult, wasSkipped } from './results.ts';

const root = resolve(import.meta.dirname, '../../..');
/** After Ctrl-C a campaign has so long to clean up. */
const STOP_MS = 20_000;
const TELL_MS = 15_000;

export interface Run {
  folder: string;
  names: readonly string[];
  seed: number;
  quick: boolean;
  out: string;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @returns the exit code. */
export async function runCampaigns({ folder, names, seed, quick, out }: Run): Promise<number> {
  let stopped = false;
  let stop: () => void = () => {};
  const onSignal = () => {
    if (!stopped) say('torture: stopping; what has ended keeps its result');
    stopped = true;
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let broken = 0;
  for (const [index, name] of names.entries()) {
    if (stopped) break;
    const known = readResults(out);
    const rest = names.slice(index).map((each) => known[each]?.seconds);
    const left = rest.every((seconds) => seconds !== undefined)
      ? `, about ${clock(rest.reduce((sum: number, seconds) => sum + seconds!, 0))} left by the last run`
      : '';
    say(`${name}: campaign ${index + 1} of ${names.length}${left}`);
    const running = startCampaign({ folder, name, seed, quick });
    stop = running.stop;
    const result = await running.ended;
    if (stopped) break;
    result.failed = faultsOf(result);
    storeResult(out, name, result);
    say(`${name}: ${summary(result)}`);
    for (const line of result.failed) say(`  FAILED ${line}`);
    if (result.failed.length > 0) broken++;
  }
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  say(`torture: results in ${out}`);
  return stopped ? 130 : broken > 0 ? 1 : 0;
}

function summary(result: Result): string {
  if (wasSkipped(result)) return `not tried: ${result.notes}`;
  const { tried, survived, failed, seconds, peakMiB } = result;
  const memory = peakMiB === null ? '' : `, at most ${Math.round(peakMiB)} MiB in one process`;
  return `${tried} tried, ${survived} survived, ${failed.length} failed in ${clock(seconds)}${memory}`;
}

function startCampaign({ folder, name, seed, quick }: Omit<Run, 'names' | 'out'> & { name: string }) {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), `crux-torture-${name}-`)));
  const from = performance.now();
  const child = fork(
    join(import.meta.dirname, 'child.ts'),
    [folder, name, scratch, String(seed), quick ? 'quick' : 'full'],
    { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] },
  );
  const watch = new TreeWatch(child.pid!);
  const rate = new RateEstimate();
  let toldAt = performance.now();
  let lastWords = '';
  let done: Extract<FromCampaign, { type: 'done' }> | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4000);
    process.stderr.write(text);
  });
  child.on('message', (message: FromCampaign) => {
    if (message.type === 'log') say(`${name}: ${message.line}`);
    else if (message.type === 'done') done = message;
    else {
      const now = performance.now();
      const left = rate.secondsLeft(now, message.done, message.total);
      if (now - toldAt < TELL_MS) return;
      toldAt = now;
      say(`${name}: ${message.done} of ${message.total}${left === null ? '' : `, ${clock(left)} left`}`);
    }
  });
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    if (child.connected) child.send('stop');
    killer ??= setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  const ended = new Promise<Result>((settle) => {
    child.once('close', (code, signal) => {
      clearTimeout(killer);
      watch.stop();
      endLeftOvers(name, watch.alive());
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      const why =
        lastWords
          .trim()
          .split('\n')
          .findLast((line) => /Error/.test(line)) ?? lastWords.trim();
      const outcome: Outcome = done?.outcome ?? {
        tried: 0,
        survived: 0,
        failed: [`the campaign itself ended early (${signal ?? `exit code ${code}`}): ${why.trim()}`],
        seconds: (performance.now() - from) / 1000,
      };
      settle({
        title: done?.title ?? name,
        ...(done?.means === undefined ? {} : { means: done.means }),
        ...outcome,
        seconds: Math.round(outcome.seconds * 10) / 10,
        peakMiB: watch.peakMiB === null ? null : Math.round(watch.peakMiB),
        seed,
        quick,
        ...provenance(),
        date: new Date().toISOString().slice(0, 10),
        machine: machine(),
      });
    });
  });
  return { stop, ended };
}

function endLeftOvers(name: string, pids: readonly number[]): void {
  for (const pid of pids) {
    say(`${name}: left process ${pid} running; it is killed`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {} // it ended by itself just now
  }
}

function provenance(): Pick<Result, 'version' | 'commit'> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // The results themselves change while campaigns run.
    const changed = git('status', '--porcelain', '--', '.', ':!docs/reliability.*');
    return { version, commit: `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : '+'}` };
  } catch {
    return { version, commit: 'no git' };
  }
}
