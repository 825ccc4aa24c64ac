/**
 * The main job from the command line, with a training as long as those in which ONNX Runtime was caught sending: nothing
 * leaves the machine, nothing is looked up, and no file is written outside the catalog, the export and the temporary
 * folder, native code included. The window's run is watched in loop.e2e.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { patience } from '../patience.ts';
import { root } from './launch.ts';
import { writeShapes } from './shapes.ts';
import { byStrace, Watch } from './watch.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'crux-network-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function watchIn(name: string): {
  watch: Watch;
  run: (command: string[], env?: Record<string, string>) => void;
} {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const watch = new Watch(folder);
  const run = (command: string[], env?: Record<string, string>) => {
    const [program, ...args] = watch.command(command, { alone: true });
    const options = {
      cwd: scratch,
      encoding: 'utf8',
      env: watch.env(env),
      timeout: patience.jobMs,
    } as const;
    const { status, stderr, error } = spawnSync(program, args, options);
    expect(status, `${command.join(' ')}\n${stderr}\n${error?.message ?? ''}`).toBe(0);
  };
  return { watch, run };
}

describe('the watch', () => {
  it('notices each way of Node to the network, also in a child, and what stays behind', () => {
    const { watch, run } = watchIn('node');
    const tries = `
      const quiet = (e) => e.on('error', () => {});
      quiet(require('node:net').connect(65530, '127.0.0.1'));
      quiet(require('node:https').get('https://127.0.0.1:65531/'));
      fetch('http://127.0.0.1:65532/').catch(() => {});
      require('node:dns').lookup('crux.invalid', () => {});
      for (const folder of [require('node:os').homedir(), require('node:os').tmpdir()])
        require('node:fs').writeFileSync(folder + '/kept', '');
      const udp = require('node:dgram').createSocket('udp4');
      udp.on('error', () => udp.close());
      udp.send('x', 65533, '127.0.0.1', () => udp.close());
    `;
    const parent = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(tries)}])`;
    for (const source of [tries, parent]) run([process.execPath, '-e', source]);
    const { network, outside } = watch.seen([], scratch);
    const times = (pattern: RegExp) => network.filter((line) => pattern.test(line)).length;
    for (const port of [65530, 65531, 65532]) expect(times(RegExp(`connect.*${port}`))).toBeGreaterThan(0);
    expect(times(/name crux\.invalid|reads \/etc\/(hosts|resolv)/)).toBeGreaterThan(0);
    expect(times(/udp send|65533/)).toBeGreaterThan(0);
    for (const folder of [watch.home, watch.tmp])
      expect(outside).toContain(`left behind: ${join(folder, 'kept')}`);
  });
});

/** What only strace sees. */
describe.runIf(byStrace)('the watch from below', () => {
  it('notices a look-up, a connection and files of programs that Node knows nothing of', () => {
    const { watch, run } = watchIn('native');
    const beside = join(scratch, 'beside');
    run(['getent', 'ahosts', 'localhost']);
    run(['bash', '-c', `exec 3<>/dev/tcp/192.0.2.1/9; touch ${beside} ~/kept`]);
    const { network, outside } = watch.seen([], scratch);
    expect(network).toContainEqual(expect.stringContaining('reads /etc/hosts (getent'));
    expect(network).toContainEqual(expect.stringContaining('connect 192.0.2.1 port 9 (bash'));
    expect(outside).toContainEqual(expect.stringContaining(`openat ${beside} (`));
    expect(outside).toContainEqual(expect.stringContaining(`openat ${join(watch.home, 'kept')} (`));
  });

  it('notices what ONNX Runtime keeps for its reports, without the environment that stops them', () => {
    const { watch, run } = watchIn('reporting');
    const library = ['onnxruntime', 'node'].join('-');
    const load = `const { InferenceSession } = require(${JSON.stringify(join(root, 'node_modules', library))});
      InferenceSession.create(new Uint8Array(1)).catch(() => {});`;
    run([process.execPath, '-e', load]);
    const { outside } = watch.seen([], scratch);
    expect(outside).toContainEqual(expect.stringMatching(/DeveloperTools\/\.onnxruntime\/deviceid/));
    expect(outside).toContainEqual(expect.stringMatching(/left behind: .*mat-debug-\d+\.log/));
  });
});

it(
  'runs the whole loop from the command line without one, and keeps to its folders',
  async () => {
    const { watch, run } = watchIn('loop');
    const folders = ['catalog', 'out'].map((name) => join(scratch, name));
    for (const folder of folders) mkdirSync(folder);
    await writeShapes(join(scratch, 'shapes'), 8);
    const crux = (...args: string[]) =>
      run([process.execPath, join(root, 'bin/crux.mjs'), ...args], { CRUX_CATALOG: folders[0] });
    crux('import', join(scratch, 'shapes'), '--name', 'shapes');
    crux('score', 'shapes');
    crux('issues', 'shapes');
    crux('project', 'shapes', '--method', 'tsne', '--perplexity', '5', '--iterations', '60');
    // Small in all but its length, which is what matters here.
    const small = [
      '--batch-size',
      '1',
      '--rank',
      '1',
      '--tokens',
      '1',
      '--encoder-width',
      '16',
      '--encoder-depth',
      '1',
    ];
    crux('train', 'shapes', '--steps', '300', ...small, '--preview-every', '0', '--checkpoint-every', '300');
    const few = ['--mu', '0.5', '--sigma', '0.1', '--steps', '3'];
    crux('generate', 'shapes', '--class', 'disc', '--count', '1', ...few);
    crux('rescore', 'shapes');
    crux('caption', 'shapes');
    crux('export', 'shapes', '--format', 'imagefolder', '--out', join(folders[1], 'set'));
    crux('doctor');
    const { network, outside, programs } = watch.seen(folders, scratch);
    expect(programs.filter((line) => line.includes('crux.mjs')).length).toBeGreaterThanOrEqual(10);
    expect(programs.filter((line) => /engine[/\\]main\.ts/.test(line)).length).toBeGreaterThanOrEqual(9);
    expect(network).toEqual([]);
    expect(outside).toEqual([]);
  },
  2 * patience.testMs,
);
