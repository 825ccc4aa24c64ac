/**
 * Checkpoints survive a power cut: of two generations the newest that is whole is used, however the files were damaged,
 * and a damaged one is never deserialised.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { damages } from '../../../scripts/torture/cuts.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { claimJob, listLog } from '../../../src/main/catalog/index.ts';
import {
  readGeneration,
  requireSealed,
  sealOf,
  writeGeneration,
} from '../../../src/main/files/sealed-file.ts';
import { jobContext } from '../../../src/main/jobs/job-context.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import { tempCatalog, tempFolder } from '../support/catalogs.ts';

const value = (n: number) => ({ step: n, weights: Float32Array.from({ length: 500 }, (_, i) => i * n) });

function twoGenerations() {
  const folder = tempFolder();
  const file = join(folder, 'checkpoint.bin');
  for (const n of [1, 2, 3]) writeGeneration(file, value(n));
  const told: string[] = [];
  const read = () => readGeneration<ReturnType<typeof value>>(file, { onDamaged: (text) => told.push(text) });
  return { folder, file, previous: `${file}.previous`, told, read };
}

test('exactly two generations are kept', () => {
  const { folder, read, told } = twoGenerations();
  expect(readdirSync(folder).sort()).toEqual(['checkpoint.bin', 'checkpoint.bin.previous']);
  expect(read()).toEqual(value(3));
  expect(told).toEqual([]);
});

test.each(Object.keys(damages))('%s: the one before is used, and the log names the other', (kind) => {
  for (let seed = 0; seed < 12; seed++) {
    const { file, previous, told, read } = twoGenerations();
    const rng = rngFromSeed(seed, kind);
    const whole = readFileSync(file);
    const hurt = damages[kind](Buffer.from(whole), rng);
    writeFileSync(file, hurt);
    if (hurt.equals(whole)) continue; // cut at its very end
    expect(read()).toEqual(value(2));
    expect(told).toEqual([
      expect.stringMatching(/^checkpoint checkpoint\.bin cannot be read: .*(bytes|checksum)/),
    ]);
    // The next one must not push the good one out for the bad one.
    writeGeneration(file, value(4));
    writeFileSync(file, damages.empty(whole, rng));
    expect(read()).toEqual(value(2));
    writeFileSync(previous, damages[kind](readFileSync(previous), rngFromSeed(seed, `${kind} again`)));
    expect([null, 2]).toContain(read()?.step ?? null);
  }
});

test('one that is cut off at every length', () => {
  const { file, read, told } = twoGenerations();
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length += 37) {
    writeFileSync(file, whole.subarray(0, length));
    expect(read()!.step).toBe(2);
  }
  expect(told).toHaveLength(Math.ceil(whole.length / 37));
});

test('a kill between the two renames leaves the one before', () => {
  const { file, previous, read, told } = twoGenerations();
  renameSync(file, previous);
  expect(read()).toEqual(value(3));
  expect(told).toEqual([]);
});

test('a checkpoint whose large file is not whole is not used', () => {
  const folder = tempFolder();
  const file = join(folder, 'checkpoint.bin');
  for (const n of [1, 2]) {
    writeFileSync(join(folder, `state-${n}`), Buffer.alloc(10_000, n));
    writeGeneration(file, { n, seal: sealOf(folder, `state-${n}`) });
  }
  writeFileSync(
    join(folder, 'state-2'),
    damages['zeros from a random place on'](Buffer.alloc(10_000, 2), rngFromSeed(1)),
  );
  const told: string[] = [];
  const read = readGeneration<{ n: number; seal: ReturnType<typeof sealOf> }>(file, {
    check: ({ seal }) => requireSealed(folder, seal),
    onDamaged: (text) => told.push(text),
  });
  expect(read?.n).toBe(1);
  expect(told[0]).toMatch(/state-2 does not match its checksum/);
});

function claimedJob() {
  const catalog = tempCatalog();
  const queue = new JobQueue(catalog);
  const { id } = queue.enqueue({ kind: 'import', params: { source: '/nowhere', name: 'x' } });
  const engine = { id: 'e', pid: process.pid, owner: 'test', claims: 'any' as const };
  const open = () =>
    jobContext<'import'>({
      job: claimed,
      catalog,
      engineId: engine.id,
      runtime: { provider: 'cpu', threads: 1 },
      abort: new AbortController(),
      send: () => {},
    });
  const claimed = claimJob(catalog, engine)!;
  return { open, log: () => listLog(catalog, id).map((line) => line.text) };
}

test('with none left the job begins again, and its folder with it', () => {
  const { open, log } = claimedJob();
  const ctx = open();
  ctx.writeCheckpoint(value(1));
  ctx.writeCheckpoint(value(2));
  writeFileSync(join(ctx.jobDir, 'derived.records'), 'of that checkpoint');
  for (const name of readdirSync(ctx.jobDir)) writeFileSync(join(ctx.jobDir, name), Buffer.alloc(100));
  expect(open().readCheckpoint()).toBe(null);
  expect(existsSync(ctx.jobDir)).toBe(false);
  expect(log()).toEqual([
    expect.stringContaining('checkpoint checkpoint.bin cannot be read'),
    expect.stringContaining('checkpoint checkpoint.bin.previous cannot be read'),
    'no checkpoint is left: starts again',
  ]);
});

test('where the list of images left out is lost, the job goes on and says that their counts begin again', () => {
  const { open, log } = claimedJob();
  const ctx = open();
  ctx.writeCheckpoint(value(1));
  ctx.writeCheckpoint(new Map([[7, 'missing']]), 'originals');
  writeFileSync(join(ctx.jobDir, 'originals.bin'), Buffer.alloc(100));
  const again = open();
  expect(again.readCheckpoint()).toEqual(value(1));
  expect(again.originals.figures()).toBe(null);
  expect(log()).toEqual([
    expect.stringContaining('checkpoint originals.bin cannot be read'),
    'the counts of images that are left out begin again',
  ]);
});
