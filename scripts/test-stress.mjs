/**
 * Owns `npm run test:stress`: every suite ten times with busy processes beside it, and a list of what failed how
 * often. A test that fails now and then is found here, not by whoever runs `npm test` on a busy machine.
 *
 *   npm run test:stress -- [--times N] [--load N] [--suite NAME ...] [--resume] [PART OF A TEST FILE'S PATH ...]
 *
 * `--load 0` runs without busy processes. `--resume` goes on with a run that was stopped. Output of every run, and
 * stress.json with all figures, are in test-results/stress. Exit code 1 when anything failed.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { resultsFolder, runSuites, suites } from './suites.mjs';

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '10' },
    load: { type: 'string', default: String(4 * availableParallelism()) },
    suite: { type: 'string', multiple: true, default: suites },
    resume: { type: 'boolean', default: false },
  },
});
const [times, load] = ['times', 'load'].map((name) => {
  if (/^\d+$/.test(options[name])) return Number(options[name]);
  return refuse(`--${name} expects a whole number, got "${options[name]}"`);
});
for (const name of options.suite)
  if (!suites.includes(name)) refuse(`--suite expects one of ${suites.join(', ')}, got "${name}"`);

function refuse(what) {
  console.error(`test:stress: ${what}`);
  process.exit(2);
}

const folder = join(resultsFolder, 'stress');
const stateFile = join(folder, 'stress.json');
if (!options.resume) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
/** One entry per finished run of a suite. */
const runs = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')).runs : [];

// Rounds of all suites, so that a run that is stopped early has seen each of them.
const planned = Array.from({ length: times }, (_, round) =>
  options.suite.map((suite) => ({ suite, round: round + 1 })),
).flat();
const isDone = ({ suite, round }) => runs.some((run) => run.suite === suite && run.round === round);
const open = planned.filter((run) => !isDone(run));

if (open.some(({ suite }) => suite === 'e2e') && (await build('warn')) !== 0)
  refuse('the build failed; the end-to-end suite needs it');

// They end when they are told to, and also when this process was killed and could not tell them.
const busy = 'const parent = process.ppid; while (process.ppid === parent) for (let i = 0; i < 1e7; i++);';
const loops = Array.from({ length: load }, () => spawn(process.execPath, ['-e', busy], { stdio: 'ignore' }));
process.on('exit', () => {
  for (const loop of loops) loop.kill('SIGKILL');
});
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    stopped = true;
  });

console.log(`test:stress: ${open.length} runs of ${options.suite.join(', ')} beside ${load} busy processes`);
for (const { suite, round } of open) {
  const name = `${suite}-${round}`;
  const log = openSync(join(folder, `${name}.log`), 'w');
  const from = performance.now();
  const ran = await runSuites([suite], join(folder, `${name}.json`), {
    filters,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (stopped) break; // what was interrupted says nothing
  const seconds = (performance.now() - from) / 1000;
  runs.push({ suite, round, seconds, ...ran });
  writeFileSync(
    stateFile,
    `${JSON.stringify({ times, load, filters, runs, failed: failedTests() }, null, 2)}\n`,
  );
  console.log(
    `${suite} ${round} of ${times}: ${ran.passed} passed, ${ran.failures.length} failed, ${duration(seconds)}; ` +
      `about ${duration(secondsLeft())} left`,
  );
}

const failed = failedTests();
for (const { suite, name, times: count, of, message } of failed)
  console.log(`${count} of ${of}  ${suite}  ${name}\n          ${message}`);
const left = planned.filter((run) => !isDone(run)).length;
if (left > 0) console.log(`test:stress: stopped with ${left} runs left; go on with --resume`);
else if (failed.length === 0) console.log(`test:stress: nothing failed in ${planned.length} runs`);
process.exit(left > 0 ? 130 : failed.length > 0 ? 1 : 0);

/** Every test that failed, how often, and the first line of its first error; the most frequent first. */
function failedTests() {
  const byTest = new Map();
  for (const { suite, failures } of runs)
    for (const { name, message } of failures) {
      const key = `${suite} ${name}`;
      const known = byTest.get(key) ?? { suite, name, times: 0, message };
      byTest.set(key, { ...known, times: known.times + 1 });
    }
  return [...byTest.values()]
    .map((test) => ({ ...test, of: runs.filter((run) => run.suite === test.suite).length }))
    .sort((a, b) => b.times - a.times);
}

/** Each open run takes as long as its suite took on average; a suite that has not run yet, as the average of all. */
function secondsLeft() {
  const mean = (of) => of.reduce((sum, { seconds }) => sum + seconds, 0) / of.length;
  return planned
    .filter((run) => !isDone(run))
    .map(({ suite }) => runs.filter((run) => run.suite === suite))
    .reduce((sum, same) => sum + mean(same.length > 0 ? same : runs), 0);
}

function duration(exact) {
  const seconds = Math.round(exact);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
