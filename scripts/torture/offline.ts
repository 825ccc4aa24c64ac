/**
 * Owns the longest look at what leaves the machine: command line and window, each with a training of 300 steps, in a
 * network of their own without a route, under strace. Runs the specs that watch (test/e2e), on the built program.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyNetwork, straceWorks } from '../../test/e2e/strace.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';

const root = join(import.meta.dirname, '../..');
const STEPS = '300';

interface Report {
  testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
}

export default {
  name: 'offline',
  title: 'Ways out of the machine',
  means: `The whole loop from the command line and in the window, each with a training of ${STEPS} steps (in the window only a
few with --quick), in a network namespace without a route and under \`strace\`. Survived is a test of that loop which
passed; the last of each fails on any look-up or connection, and on any file outside the catalog, the profile, the
export and the temporary folder (docs/offline.md).`,
  async run({ quick, folder, signal, log }: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const seconds = () => (performance.now() - from) / 1000;
    const network = process.platform === 'linux' && straceWorks() ? emptyNetwork() : null;
    if (network === null)
      return {
        tried: 0,
        survived: 0,
        failed: [],
        seconds: seconds(),
        notes: 'Needs Linux with `strace` and leave to make a network namespace (`unshare -rn true`).',
      };
    const file = join(folder, 'offline.json');
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'e2e'];
    const specs = ['test/e2e/network.e2e.ts', 'test/e2e/loop.e2e.ts'];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    // Driver and window speak over the loopback interface, which a new namespace has switched off.
    const [unshare, ...options] = [...network, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    const child = spawn(unshare, [...options, process.execPath, ...vitest, ...specs, ...reporters], {
      cwd: root,
      env: { ...process.env, CI: 'true', ...(quick ? {} : { CRUX_LOOP_STEPS: STEPS }) },
      stdio: ['ignore', 'pipe', 'inherit'],
      signal,
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => log(text.trimEnd()));
    await new Promise<void>((done, fail) => child.on('error', fail).on('close', () => done()));
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const tests = report.testResults.flatMap((suite) => suite.assertionResults);
    const failed = tests.filter(({ status }) => status !== 'passed');
    return {
      tried: tests.length,
      survived: tests.length - failed.length,
      failed: failed.map(
        ({ fullName, status, failureMessages }) =>
          `${fullName}: ${failureMessages[0]?.slice(0, 2000) ?? status}`,
      ),
      seconds: seconds(),
    };
  },
};
