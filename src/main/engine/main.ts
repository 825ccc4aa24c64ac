/**
 * Owns the engine process: claims jobs one after another and runs their bodies until its supervisor is gone.
 * Arguments: catalog folder, engine id, owner, claims ('any' or 'own'). Speaks over IPC (jobs/messages.ts).
 */
import type { EventName, EventPayload } from '../../shared/contract.ts';
import { type Job, jobParams } from '../../shared/jobs.ts';
import { addLog, getJob, openCatalog, readSettings } from '../catalog/index.ts';
import { claimJob, type Ending, type Engine, endJob, heartbeat, releaseOrphans } from '../jobs/lease.ts';
import { type FromEngine, packBytes, type ToEngine } from '../jobs/messages.ts';
import { bodies } from './bodies/index.ts';
import { type JobBody, jobContext, removeJobDir } from './job-context.ts';
import { chooseProvider } from './providers.ts';

const POLL_MS = 1000;
const HEARTBEAT_MS = 700;

const [dir, engineId, owner, claims] = process.argv.slice(2);
if (!dir || !engineId || !owner || (claims !== 'any' && claims !== 'own'))
  throw new Error('engine: wanted four arguments (catalog, id, owner, claims); it is started by Crux itself');

const catalog = openCatalog(dir);
const engine: Engine = { id: engineId, pid: process.pid, owner, claims };
let ending = false;
let current: { jobId: number; abort: AbortController; cancelled: boolean } | null = null;
let wakeUp: () => void = () => {};

const say = (message: FromEngine) => {
  if (process.connected) process.send?.(packBytes(message));
};
const send = <N extends EventName>(name: N, payload: EventPayload<N>) =>
  say({ type: 'event', name, payload } as FromEngine);

class Stopped extends Error {}

function stopCurrent(cancelled: boolean): void {
  if (!current) return;
  current.cancelled ||= cancelled;
  current.abort.abort(new Stopped(cancelled ? 'cancelled' : 'the engine is ending'));
}

function end(): void {
  ending = true;
  stopCurrent(false);
  wakeUp();
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'ping') say({ type: 'pong' });
  else if (message.type === 'wake') wakeUp();
  else if (message.type === 'cancel' && current?.jobId === message.jobId) stopCurrent(true);
  else if (message.type === 'shutdown') end();
});
// The supervisor is gone, however it went: hand the job back and follow it.
process.on('disconnect', end);
process.on('SIGTERM', end);
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the supervisor decides

async function runJob(job: Job): Promise<Ending> {
  const abort = new AbortController();
  current = { jobId: job.id, abort, cancelled: false };
  const watch = setInterval(() => {
    const held = heartbeat(catalog, engineId, job.id);
    if (held === 'cancel') stopCurrent(true);
    if (held === 'lost') abort.abort(new Stopped('the job was taken from this engine'));
  }, HEARTBEAT_MS);
  try {
    const entry = bodies[job.kind];
    const settings = readSettings(catalog);
    job.params = jobParams[job.kind].parse(job.params);
    const device = job.device === 'auto' ? settings.device : job.device;
    const provider = entry.models ? await chooseProvider(device) : 'cpu';
    if (entry.models) addLog(catalog, job.id, 'info', `runs on ${provider}`);
    const ctx = jobContext<never>({
      job,
      catalog,
      engineId,
      runtime: { provider, threads: settings.threads },
      abort,
      send,
    });
    const body = (await entry.load()) as unknown as JobBody<never>;
    const result = await body(ctx);
    ctx.flush();
    return { state: 'done', result };
  } catch (error) {
    if (abort.signal.aborted) return { state: current.cancelled ? 'cancelled' : 'queued' };
    const message = error instanceof Error ? error.message : String(error);
    addLog(catalog, job.id, 'error', error instanceof Error && error.stack ? error.stack : message);
    return { state: 'failed', error: message };
  } finally {
    clearInterval(watch);
    current = null;
  }
}

async function main(): Promise<void> {
  say({ type: 'ready', engine: engineId, pid: process.pid });
  while (!ending) {
    for (const freed of releaseOrphans(catalog)) send('job.updated', freed);
    const job = claimJob(catalog, engine);
    if (!job) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      continue;
    }
    send('job.updated', job);
    const outcome = await runJob(job);
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
