/** What another program does to the catalog is noticed, once, and silence costs nothing. */
import { expect, test } from 'vitest';
import { claimJob, decide, endJob, undoEdit } from '../../../src/main/catalog/index.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import { CatalogWatch } from '../../../src/main/jobs/watch.ts';
import { addImage, makeDataset, tempCatalog, tempFolder } from '../support/catalogs.ts';

test("a terminal's job, decision and new dataset reach the watching program", () => {
  const folder = tempFolder();
  const here = tempCatalog(folder);
  const there = tempCatalog(folder);
  const heard: string[] = [];
  const watch = new CatalogWatch(here, {
    job: (job) => heard.push(`job ${job.id} ${job.state}`),
    dataset: (id) => heard.push(`dataset ${id}`),
    asTold: (job) => (job.kind === 'import' ? { ...job, state: 'failed' } : job),
  });
  const look = () => {
    heard.length = 0;
    watch.look();
    return heard.join(', ');
  };
  expect(look()).toBe('');
  const { datasetId } = makeDataset(there, ['cat']);
  const image = addImage(there, datasetId, 'a.png', null);
  expect(look()).toBe('dataset null');
  const queue = new JobQueue(there, `cli:${process.pid}:x`);
  const job = queue.enqueue({ kind: 'caption', params: { datasetId } });
  expect(look()).toBe('job 1 queued');
  const engine = { id: 'e', pid: process.pid, owner: `cli:${process.pid}:x`, claims: 'own' as const };
  claimJob(there, engine);
  expect(look()).toBe('job 1 running, dataset 1');
  expect(look()).toBe('');
  endJob(there, 'e', job.id, { state: 'done', result: {} });
  watch.know(queue.get(job.id)); // its own engine had said so already
  expect(look()).toBe('');
  decide(there, [image], 'accept');
  expect(look()).toBe('dataset 1');
  undoEdit(there);
  expect(look()).toBe('dataset 1');
  queue.enqueue({ kind: 'import', params: { source: '/photos', name: 'x' } });
  expect(look()).toBe('job 2 failed'); // as it was told
  queue.enqueue({ kind: 'caption', params: { datasetId } });
  expect(look()).toBe('job 3 queued'); // and once
  decide(here, [image], 'reject'); // this program's own change is no news
  expect(look()).toBe('');
});
