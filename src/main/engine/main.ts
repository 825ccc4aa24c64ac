/**
 * Owns the engine process: claims jobs one after another and runs them until its supervisor is gone.
 * Arguments: catalog folder, engine id, owner, claims ('any' or 'own'). Speaks over IPC (jobs/messages.ts).
 */
import type { EventName, EventPayload } from '../../shared/contract.ts';
import { getJob, openCatalog } from '../catalog/index.ts';
import { claimJob, type Engine, endJob, releaseOrphans } from '../jobs/lease.ts';
import { type FromEngine, packBytes, type ToEngine } from '../jobs/messages.ts';
import { removeJobDir } from './job-context.ts';
import { runJob, Stopped } from './run-job.ts';

const POLL_MS = 1000;

const [dir, engineId, owner, claims] = process.argv.slice(2);
if (!dir || !engineId || !owner || (claims !== 'any' && claims !== 'own'))
  throw new Error('engine: wanted four arguments (catalog, id, owner, claims); it is started by Crux itself');

const catalog = openCatalog(dir, { existing: true }); // its supervisor has it open
const engine: Engine = { id: engineId, pid: process.pid, owner, claims };
let ending = false;
let current: { jobId: number; abort: AbortController } | null = null;
let wakeUp: () => void = () => {};

const say = (message: FromEngine) => {
  if (process.connected) process.send?.(packBytes(message), undefined, undefined, () => {});
};
const send = <N extends EventName>(name: N, payload: EventPayload<N>) =>
  say({ type: 'event', name, payload } as FromEngine);

function end(): void {
  ending = true;
  current?.abort.abort(new Stopped(false, 'the engine is ending'));
  wakeUp();
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'ping') say({ type: 'pong' });
  else if (message.type === 'wake') wakeUp();
  else if (message.type === 'shutdown') end();
  else if (message.type === 'cancel' && current?.jobId === message.jobId)
    current.abort.abort(new Stopped(true, 'cancelled'));
});
// The supervisor is gone, however it went: hand the job back and follow it.
process.on('disconnect', end);
process.on('SIGTERM', end);
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the supervisor decides

/** Resolves at a wake or after a while, when another process may have queued something. */
const rest = () =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, POLL_MS);
    wakeUp = () => {
      clearTimeout(timer);
      resolve();
    };
  });

async function main(): Promise<void> {
  say({ type: 'ready', engine: engineId, pid: process.pid });
  while (!ending) {
    for (const freed of releaseOrphans(catalog)) send('job.updated', freed);
    const job = claimJob(catalog, engine);
    if (!job) {
      await rest();
      continue;
    }
    send('job.updated', job);
    current = { jobId: job.id, abort: new AbortController() };
    const outcome = await runJob({ catalog, engineId, job, abort: current.abort, send });
    current = null;
    const ended = endJob(catalog, engineId, job.id, outcome);
    if (ended && outcome.state === 'done') removeJobDir(catalog, job.id);
    const row = getJob(catalog, job.id);
    send('job.updated', row);
    if (row.datasetId !== null) send('catalog.changed', { datasetId: row.datasetId });
    if (job.kind === 'import' || job.kind === 'train') send('catalog.changed', { datasetId: null });
  }
  catalog.close();
  // Sessions and timers of libraries may hold the loop; the work is safe on disk.
  setTimeout(() => process.exit(0), 50);
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});
