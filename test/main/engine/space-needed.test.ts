/** What a job is estimated to take on the disk, and what is said of it before it starts. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { freeSpace, OwnFault } from '../../../src/main/catalog/index.ts';
import { spaceNeeded, tellSpace } from '../../../src/main/engine/space-needed.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import type { JobRequestInput } from '../../../src/shared/jobs/index.ts';
import { addImage, makeDataset, tempCatalog } from '../support/catalogs.ts';

/** What every disk says it is; null: as it is. */
const disk = vi.hoisted(() => ({ type: null as number | null }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const statfsSync = (path: string) => {
    const facts = fs.statfsSync(path);
    return Object.assign(facts, { type: disk.type ?? facts.type });
  };
  return { ...fs, statfsSync };
});

function dataset(images: number, bytes: number) {
  const catalog = tempCatalog();
  const { datasetId, classes } = makeDataset(catalog, ['cat', 'dog']);
  for (let i = 0; i < images; i++) addImage(catalog, datasetId, `${i}.png`, [...classes.values()][0] ?? null);
  catalog.run('UPDATE images SET bytes = ?', bytes);
  const enqueue = (request: JobRequestInput) => new JobQueue(catalog).enqueue(request);
  return { catalog, datasetId, enqueue };
}

test('an export takes the bytes of its images, and of a resumed one those that are left', () => {
  const { catalog, datasetId, enqueue } = dataset(10, 3_000_000);
  const job = enqueue({ kind: 'export', params: { datasetId, out: '/somewhere/out' } });
  expect(spaceNeeded(catalog, job.id)).toBe(10 * 3_000_500);
  catalog.run('UPDATE jobs SET done = 8, total = 10 WHERE id = ?', job.id);
  expect(spaceNeeded(catalog, job.id)).toBeCloseTo(2 * 3_000_500, -1);
});

test('a training takes its checkpoints and latents, less what its folder holds already', () => {
  const { catalog, datasetId, enqueue } = dataset(300, 1000);
  const whole = (rank: number) => {
    const { id } = enqueue({ kind: 'train', params: { datasetId, rank } });
    return { id, bytes: spaceNeeded(catalog, id) };
  };
  const [small, large] = [whole(8), whole(64)];
  expect(small.bytes).toBeGreaterThan(1_000_000);
  expect(large.bytes).toBeGreaterThan(2 * small.bytes);
  mkdirSync(catalog.jobDir(large.id), { recursive: true });
  writeFileSync(join(catalog.jobDir(large.id), 'latents.safetensors'), Buffer.alloc(1_000_000));
  expect(spaceNeeded(catalog, large.id)).toBe(large.bytes - 1_000_000);
});

test('a classifier training with two checkpoints still needs room for the one that is written next', () => {
  const { catalog, datasetId, enqueue } = dataset(30, 1000);
  const { id } = enqueue({ kind: 'fit', params: { datasetId } });
  const weights = 3_600_000;
  const checkpoint = 3 * weights; // and both moments
  const folder = catalog.jobDir(id);
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of [
    ['checkpoint.bin', checkpoint],
    ['checkpoint.before', checkpoint],
    ['best.bin', weights],
    ['best.before', weights],
  ] as const) {
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), bytes);
  }
  expect(spaceNeeded(catalog, id)).toBeGreaterThanOrEqual(checkpoint + weights);
});

test('a job whose model is missing fails by its own words, not by its estimate', () => {
  const { catalog, datasetId, enqueue } = dataset(1, 1000);
  const job = enqueue({ kind: 'train', params: { datasetId, baseModelId: 'model:999' } });
  expect(spaceNeeded(catalog, job.id)).toBe(1_000_000);
});

test('too little is refused with numbers, little is warned of, enough says nothing', () => {
  const { catalog, datasetId, enqueue } = dataset(1, 1000);
  const job = enqueue({ kind: 'embed', params: { datasetId } });
  const log = vi.fn();
  tellSpace({ catalog, job, log }, 2_000_000);
  expect(log).not.toHaveBeenCalled();
  tellSpace({ catalog, job, log }, 1.5 * freeSpace(catalog.dir));
  expect(log).toHaveBeenCalledWith('warn', expect.stringMatching(/are free at .*, about .* may be needed/));
  expect(() => tellSpace({ catalog, job, log }, 1e18)).toThrow(OwnFault);
  expect(() => tellSpace({ catalog, job, log }, 1e18)).toThrow(
    /^disk is full: .* free at .*, about 1000000000\.0 GB needed$/,
  );
});

test('an export is refused too on a disk that could share blocks: its bytes are written', () => {
  const { catalog, datasetId, enqueue } = dataset(1, 1000);
  const job = enqueue({ kind: 'export', params: { datasetId, out: join(catalog.dir, 'out') } });
  disk.type = 0x9123683e; // btrfs
  try {
    expect(() => tellSpace({ catalog, job, log: vi.fn() }, 1e18)).toThrow(OwnFault);
  } finally {
    disk.type = null;
  }
});
