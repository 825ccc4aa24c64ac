/**
 * Owns engines that get nothing done. CRUX_BROKEN says how: 'ready' dies right after it was ready, 'claim' takes a job and
 * dies, 'again' first reports each time that it came as far as before, 'unable' says that this machine does not let it
 * work, 'unwritten' reports a failure that its row does not have, 'unwritten, unable' both. 'idle' is well, and answers pings
 * with an event.
 */
import { claimJob, getJob, openCatalog, releaseOrphans } from '../../../src/main/catalog/index.ts';

const [dir, id, owner] = process.argv.slice(2);
const how = process.env.CRUX_BROKEN;
const say = (message: object) => new Promise((done) => process.send?.(message, undefined, undefined, done));

await say({ type: 'ready', engine: id, pid: process.pid });
if (how === 'idle') {
  process.on(
    'message',
    () => void say({ type: 'event', name: 'catalog.changed', payload: { datasetId: null } }),
  );
  await new Promise(() => setInterval(() => {}, 1000));
}
if (how === 'unable')
  await say({ type: 'unable', error: 'disk is full: 0.0 MB free at /x, about 1.0 MB needed' });
if (how !== 'ready' && how !== 'unable') {
  const catalog = openCatalog(dir);
  releaseOrphans(catalog);
  const job = claimJob(catalog, { id, pid: process.pid, owner, claims: 'any' });
  if (job && how === 'again')
    for (const done of [0, 1, 2, 3])
      await say({
        type: 'event',
        name: 'job.updated',
        payload: { ...getJob(catalog, job.id), stage: 'looking', done },
      });
  if (job && how?.startsWith('unwritten')) {
    await say({
      type: 'failed',
      jobId: job.id,
      error: 'disk is full: 0.0 MB free at /x, about 1.0 MB needed',
    });
    if (how === 'unwritten') await new Promise(() => setInterval(() => {}, 1000));
    await say({ type: 'unable', error: 'disk is full: 0.0 MB free at /x, about 1.0 MB needed' });
  }
}
process.exit(1);
