/**
 * The main job from the command line opens no network connection. The window's run is watched in loop.e2e.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { patience } from '../patience.ts';
import { root } from './launch.ts';
import { readAttempts, watchNode } from './network.ts';
import { writeShapes } from './shapes.ts';

const scratch = mkdtempSync(join(tmpdir(), 'crux-network-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const node = (log: string, ...args: string[]) =>
  spawnSync(process.execPath, args, {
    cwd: scratch,
    encoding: 'utf8',
    env: { ...process.env, ...watchNode(log), CRUX_CATALOG: join(scratch, 'catalog') },
    timeout: patience.jobMs,
  });

it('would notice each way to the network, also in a child', () => {
  const log = join(scratch, 'control.log');
  const tries = `
    const quiet = (e) => e.on('error', () => {});
    quiet(require('node:net').connect(65530, '127.0.0.1'));
    quiet(require('node:net').connect({ port: 65530, host: '127.0.0.1' }));
    quiet(require('node:http').get('http://127.0.0.1:65530/'));
    quiet(require('node:https').get('https://127.0.0.1:65530/'));
    fetch('http://127.0.0.1:65530/').catch(() => {});
    require('node:dns').lookup('localhost', () => {});
    require('node:dns').promises.resolve4('localhost').catch(() => {});
    const udp = require('node:dgram').createSocket('udp4');
    udp.send('x', 65530, '127.0.0.1', () => udp.close());
  `;
  const child = join(scratch, 'tries.cjs');
  writeFileSync(child, tries);
  const parent = `require('node:child_process').fork(${JSON.stringify(child)}, [], { env: {} })`;
  for (const source of [tries, parent]) {
    rmSync(log, { force: true });
    const { stderr } = node(log, '-e', source);
    const kinds = readAttempts(log)
      .filter(({ kind }) => kind !== 'watching')
      .map(({ kind, what }) => `${kind} ${what}`);
    expect(kinds.filter((k) => k === 'connect 127.0.0.1:65530').length, stderr).toBe(5);
    expect(kinds).toContain('name localhost');
    expect(kinds).toContain('udp send');
  }
});

it('runs the whole loop from the command line without one', async () => {
  const log = join(scratch, 'cli.log');
  await writeShapes(join(scratch, 'shapes'), 8);
  const crux = (...args: string[]) => {
    const { status, stderr } = node(log, join(root, 'bin/crux.mjs'), ...args);
    expect(status, `crux ${args.join(' ')}\n${stderr}`).toBe(0);
  };
  crux('import', join(scratch, 'shapes'), '--name', 'shapes');
  crux('score', 'shapes');
  crux('project', 'shapes', '--method', 'tsne', '--perplexity', '5', '--iterations', '60');
  crux('train', 'shapes', '--kind', 'difficulty', '--steps', '2');
  crux(
    'generate',
    'shapes',
    '--class',
    'disc',
    '--count',
    '1',
    '--mu',
    '0.5',
    '--sigma',
    '0.1',
    '--steps',
    '3',
  );
  crux('rescore', 'shapes');
  crux('caption', 'shapes');
  crux('export', 'shapes', '--format', 'imagefolder', '--out', join(scratch, 'out'));
  crux('doctor');
  const attempts = readAttempts(log);
  const watched = attempts.filter(({ kind }) => kind === 'watching').map(({ what }) => what);
  expect(watched.filter((what) => what.includes('crux.mjs')).length).toBeGreaterThanOrEqual(9);
  expect(watched.filter((what) => /engine[/\\]main\.ts/.test(what)).length).toBeGreaterThanOrEqual(8);
  expect(attempts.filter(({ kind }) => kind !== 'watching')).toEqual([]);
});
