/**
 * Owns the engine process: claims jobs one after another and runs them until its supervisor is gone.
 * Arguments: catalog folder, engine id, owner, claims ('any' or 'own'). Speaks over IPC (jobs/messages.ts).
 */
import type { EventName, EventPayload } from '../../shared/contract.ts';
import {
  type Catalog,
  claimJob,
  type Ending,
  type Engine,
  endJob,
  getJob,
  keepReserve,
  OwnFault,
  openCatalog,
  ownFault,
  releaseOrphans,
} from '../catalog/index.ts';
import { removeJobDir } from '../jobs/job-context.ts';
import { type FromEngine, packBytes, type ToEngine } from '../jobs/messages.ts';
import { runJob, Stopped } from './run-job.ts';

const POLL_MS = 1000;

const [dir, engineId, owner, claims] = process.argv.slice(2);
if (!dir || !engineId || !owner || (claims !== 'any' && claims !== 'own'))
  throw new Error('engine: wanted four arguments (catalog, id, owner, claims); it is started by Crux itself');

const engine: Engine = { id: engineId, pid: process.pid, owner, claims };
let ending = false;
let current: { jobId: number; abort: AbortController } | null = null;
let wakeUp: () => void = () => {};

const say = (message: FromEngine, sent: () => void = () => {}) => {
  if (process.connected) process.send?.(packBytes(message), undefined, undefined, sent);
  else sent();
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
// Ctrl+C and a closed terminal reach the whole group; the supervisor decides.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.stderr.on('error', () => {}); // nobody reads it any more: `disconnect` tells

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
  const catalog = openCatalog(dir, { existing: true }); // its supervisor has it open
  say({ type: 'ready', engine: engineId, pid: process.pid });
  while (!ending) {
    for (const freed of releaseOrphans(catalog)) send('job.updated', freed);
    const job = claimJob(catalog, engine);
    if (!job) {
      await rest();
      continue;
    }
    keepReserve(catalog.dir);
    send('job.updated', job);
    current = { jobId: job.id, abort: new AbortController() };
    const outcome = await runJob({ catalog, engineId, job, abort: current.abort, send });
    current = null;
    if (!close(catalog, job.id, outcome)) continue;
    const row = getJob(catalog, job.id);
    send('job.updated', row);
    if (row.datasetId !== null) send('catalog.changed', { datasetId: row.datasetId });
    if (job.kind === 'import' || job.kind === 'train') send('catalog.changed', { datasetId: null });
  }
  catalog.close();
  // Sessions and timers of libraries may hold the loop; the work is safe on disk.
  setTimeout(() => process.exit(0), 50);
}

/** Writes a job's ending into its row; false where not even the reserve made room for it, and the supervisor is told. */
function close(catalog: Catalog, jobId: number, outcome: Ending): boolean {
  try {
    const ended = endJob(catalog, engineId, jobId, outcome);
    if (ended && outcome.state === 'done') {
      catalog.flush(); // or a power cut could take back that it is done, and its checkpoints would be gone
      removeJobDir(catalog, jobId);
    }
    return true;
  } catch (error) {
    if (!(error instanceof OwnFault)) throw error;
    say({ type: 'failed', jobId, error: outcome.state === 'failed' ? outcome.error : error.message });
    return false;
  }
}

/** The last line that is printed is what the supervisor tells people. */
function die(error: unknown): void {
  const fault = ownFault(error, [dir]);
  const message = fault?.message ?? (error instanceof Error ? error.message : String(error));
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n${message.split('\n')[0]}\n`);
  const leave = () => process.exit(1);
  if (!fault) {
    leave();
    return;
  }
  if (current) say({ type: 'failed', jobId: current.jobId, error: message });
  say({ type: 'unable', error: message }, leave);
}
process.on('uncaughtException', die);

main().catch(die);
