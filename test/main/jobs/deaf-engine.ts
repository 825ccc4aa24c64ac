/** Owns an engine that claims a job and then hears nothing any more, as one stuck in native code. */
import { claimJob, getJob, openCatalog } from '../../../src/main/catalog/index.ts';

const [dir, id, owner] = process.argv.slice(2);
const catalog = openCatalog(dir);
process.send?.({ type: 'ready', engine: id, pid: process.pid });
const job = claimJob(catalog, { id, pid: process.pid, owner, claims: 'any' });
if (job) {
  const told = { type: 'event', name: 'job.updated', payload: getJob(catalog, job.id) };
  process.send?.(told, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
}
process.on('message', () => {});
