/**
 * Commands on a disk that is full, from a bit less to not a byte left. A real one of its own, 60 MB; the campaign
 * scripts/torture/disk-full.ts tries every kind of job.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SmallDisk, smallDisk } from '../../scripts/torture/disk-full/small-disk.ts';
import { makeFolder } from '../main/support/pictures.ts';
import { temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const photos = join(folder, 'photos');
const perClass = 100;
const images = 3 * perClass;
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const fullSentence = /disk is full: [\d.]+ MB free at .*, about [\d.]+ MB needed/;

const made = await smallDisk(join(folder, 'disk'), 60);
// Where it cannot be had, the faults themselves are still tested (test/main/files/own-fault.test.ts).
if (typeof made === 'string' && process.env.CI) throw new Error(`the full disk is not tested: ${made}`);
const disk = made as SmallDisk;

beforeAll(() => makeFolder(photos, perClass, 160));
afterAll(() => (typeof made === 'string' ? undefined : disk.close()));

let catalog = '';
const crux = (argv: string[], onError?: (text: string) => void) =>
  disk.run([process.execPath, main, ...argv], {
    env: { ...process.env, CRUX_CATALOG: join(disk.folder, catalog) },
    onError,
  });
/** An emptied disk with a new catalog on it. */
async function fresh(name: string): Promise<void> {
  await disk.run(['sh', '-c', 'rm -rf "$1"/*', 'sh', disk.folder]);
  catalog = name;
  expect((await crux(['models', 'list'])).exit).toBe(0);
}
const jobs = async () =>
  JSON.parse((await crux(['jobs', 'list', '--json'])).out).jobs as { state: string; error: string | null }[];

describe.skipIf(typeof made === 'string')('with the disk full', () => {
  test.each([
    ['a sixth of the room', 450_000],
    ['a few rows', 60_000],
    ['nothing', 0],
  ])(
    'and %s left, an import ends with the sentence and resumes when there is room',
    async (_, bytes) => {
      await fresh('catalog');
      await disk.leave(bytes);
      const ran = await crux(['import', photos, '--name', 'photos']);
      expect(ran.err).toMatch(fullSentence);
      expect(ran.err).toContain(disk.folder);
      expect(ran.exit).toBe(1);
      await disk.leave(50e6);
      const resumed = await crux(['jobs', 'resume', '1', '--json']);
      expect(resumed.exit, resumed.err).toBe(0);
      expect(JSON.parse(resumed.out).job.result).toMatchObject({ imported: images, skipped: 0 });
    },
    120_000,
  );

  test('in the middle of an import, no photo is called unreadable and the job says why it failed', async () => {
    await fresh('catalog');
    let filled: Promise<void> | undefined;
    const ran = await crux(['import', photos, '--name', 'photos'], (err) => {
      if (err.includes('reading images')) filled ??= disk.leave(100_000);
    });
    await filled;
    expect(ran.err).toMatch(fullSentence);
    expect(ran.exit).toBe(1);
    // Written and readable although there is no room.
    expect(await jobs()).toMatchObject([{ state: 'failed', error: expect.stringMatching(fullSentence) }]);
    await disk.leave(50e6);
    const resumed = await crux(['jobs', 'resume', '1', '--json']);
    expect(JSON.parse(resumed.out).job.result).toMatchObject({ imported: images, skipped: 0 });
    const listed = JSON.parse((await crux(['datasets', 'list', '--json'])).out).datasets;
    expect(listed).toMatchObject([{ images, skipped: 0 }]);
  }, 120_000);

  test('and without its reserve, a catalog ends every command with the sentence', async () => {
    await fresh('catalog');
    await disk.run(['rm', join(disk.folder, catalog, '.reserve')]);
    await disk.leave(0);
    for (const argv of [
      ['jobs', 'list'],
      ['import', photos, '--name', 'photos'],
      ['import', photos, '--name', 'photos', '--json'],
    ]) {
      const ran = await crux(argv);
      expect(ran.err, argv.join(' ')).toMatch(fullSentence);
      expect(ran.err).not.toMatch(/\n\s+at /);
      expect(ran.exit).toBe(1);
    }
    await disk.leave(50e6);
    expect((await crux(['import', photos, '--name', 'photos'])).exit).toBe(0);
  }, 120_000);

  test('an export says what it needs before it copies', async () => {
    await fresh('catalog');
    expect((await crux(['import', photos, '--name', 'photos'])).exit).toBe(0);
    await disk.leave(5e6);
    const out = join(disk.folder, 'out');
    const refused = await crux(['export', 'photos', '--out', out]);
    expect(refused.err).toMatch(/disk is full: (4|5)\.\d MB free at .*, about \d\d MB needed/);
    expect(refused.exit).toBe(1);
    expect((await disk.run(['ls', disk.folder])).out).not.toContain('out');
    await disk.leave(40e6);
    const resumed = await crux(['jobs', 'resume', '2', '--json']);
    expect(resumed.exit, resumed.err).toBe(0);
    expect(JSON.parse(resumed.out).job.result).toMatchObject({ images, missing: 0 });
  }, 120_000);

  test("a report names the disk that it is written to, not the catalog's", async () => {
    await disk.run(['sh', '-c', 'rm -rf "$1"/*', 'sh', disk.folder]);
    catalog = join('..', 'elsewhere');
    expect((await crux(['import', photos, '--name', 'photos'])).exit).toBe(0);
    await disk.leave(0);
    const ran = await crux(['report', 'photos', '--out', join(disk.folder, 'report.html')]);
    expect(ran.err).toMatch(fullSentence);
    expect(ran.err).toContain(`free at ${disk.folder}`);
    expect(ran.exit).toBe(1);
  }, 120_000);

  test.each(['backup', 'backup.sqlite'])(
    "a backup to %s names the disk that it is written to, not the catalog's, and leaves nothing",
    async (name) => {
      await disk.run(['sh', '-c', 'rm -rf "$1"/*', 'sh', disk.folder]);
      catalog = join('..', `backed up as ${name}`);
      expect((await crux(['import', photos, '--name', 'photos'])).exit).toBe(0);
      for (const left of [0, 100_000]) {
        await disk.leave(left);
        const ran = await crux(['catalog', 'backup', join(disk.folder, name)]);
        expect(ran.err).toMatch(fullSentence);
        expect(ran.err).toContain(`free at ${disk.folder}`);
        expect(ran.exit).toBe(1);
        expect((await disk.run(['ls', '-A', disk.folder])).out.trim()).toBe('filler');
      }
    },
    120_000,
  );
});
