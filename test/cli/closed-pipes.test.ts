/** A reader that goes away (`crux jobs list | head -1`) stops nothing and leaves no stack trace. Real processes. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeDemoDataset } from '../../src/cli/demo/dataset.ts';
import { readerHasGone } from '../../src/cli/io.ts';
import { listJobs, openCatalog } from '../../src/main/catalog/index.ts';
import { temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const catalog = join(cwd, 'catalog');
const perClass = 12;

beforeAll(() =>
  writeDemoDataset(
    join(cwd, 'scenes'),
    { perClass, size: 24, seed: 9, perLevel: 1, trainSteps: 1 },
    () => {},
  ),
);

/** Runs the program with the reader of one stream gone from the start. */
function runUnread(
  argv: string[],
  unread: 'stdout' | 'stderr',
): Promise<{ exit: number | null; other: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...argv], {
      cwd,
      env: { ...process.env, CRUX_CATALOG: catalog },
    });
    child[unread].destroy();
    let other = '';
    child[unread === 'stdout' ? 'stderr' : 'stdout'].on('data', (data) => {
      other += data;
    });
    child.on('close', (exit) => resolve({ exit, other }));
  });
}

const states = () => {
  const open = openCatalog(catalog);
  const found = listJobs(open, 10).map(({ state }) => state);
  open.close();
  return found;
};

test('with nobody reading its progress, a job goes on to its end', async () => {
  const ran = await runUnread(['import', 'scenes', '--name', 'one', '--json'], 'stderr');
  expect(ran.exit).toBe(0);
  expect(JSON.parse(ran.other)).toMatchObject({ ok: true, dataset: { images: 10 * perClass } });
  expect(states()).toEqual(['done']);
});

test('with nobody reading its result, a job goes on to its end and says no word of it', async () => {
  const ran = await runUnread(['import', 'scenes', '--name', 'two'], 'stdout');
  expect(ran.exit).toBe(0);
  expect(ran.other).not.toMatch(/EPIPE|\n\s+at /);
  expect(states()).toEqual(['done', 'done']);
});

test('EIO is a reader that has gone only of a terminal; of a file it is a bad disk', () => {
  expect(readerHasGone('EIO', true)).toBe(true);
  expect(readerHasGone('EIO', false)).toBe(false);
  expect(readerHasGone('EPIPE', false)).toBe(true);
  expect(readerHasGone('ENOSPC', true)).toBe(false);
});

test('a list that nobody reads ends quietly', async () => {
  expect(await runUnread(['jobs', 'list'], 'stdout')).toEqual({ exit: 0, other: '' });
});

test.skipIf(process.platform !== 'linux')('a result that cannot be written fails the command', async () => {
  const ran = await new Promise<{ exit: number | null; err: string }>((resolve) => {
    const child = spawn('sh', ['-c', '"$0" "$@" > /dev/full', process.execPath, main, 'jobs', 'list'], {
      cwd,
      env: { ...process.env, CRUX_CATALOG: catalog },
    });
    let err = '';
    child.stderr.on('data', (data) => {
      err += data;
    });
    child.on('close', (exit) => resolve({ exit, err }));
  });
  expect(ran.err).toMatch(/standard output cannot be written: .*ENOSPC/);
  expect(ran.exit).toBe(1);
});
