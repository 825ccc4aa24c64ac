/**
 * Owns the life of one engine process: start, health, restart with back-off, cancel with kill as the fallback,
 * end. Electron's main and the CLI use the same class; neither loads a model or decodes a picture itself.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { EngineState, EventName, EventPayload } from '../../shared/contract.ts';
import { sameStage } from '../../shared/job-stage.ts';
import type { Job } from '../../shared/jobs/job.ts';
import {
  type Catalog,
  endJob,
  getJob,
  holdsJob,
  OwnFault,
  releaseEngine,
  releaseOrphans,
} from '../catalog/index.ts';
import { childEnv, childSwitches } from '../runtime/child-env.ts';
import { engineEntry, nodeBinary } from '../runtime/node-binary.ts';
import type { FromEngine, ToEngine } from './messages.ts';
import { unpackBytes } from './messages.ts';
import { JobQueue } from './queue.ts';
import { CatalogWatch } from './watch.ts';

export interface SupervisorOptions {
  catalog: Catalog;
  /** app: the engine runs every job that nobody owns. cli: only those of this supervisor's queue. */
  role: 'app' | 'cli';
  entry?: string;
  node?: string;
  env?: NodeJS.ProcessEnv;
  pingMs?: number;
  /** Without an answer for so long the engine hangs and is killed. Long: one model run blocks it. */
  hangMs?: number;
  /** After a request to cancel, the engine has so long to stop by itself. */
  cancelMs?: number;
  /** Gets every line that the engine prints to its standard error. */
  onLine?: (line: string) => void;
}

/**
 * Pauses before the engine is started again after it ended. Being ready or having run for long proves nothing (an engine
 * that finds the disk full was ready, too): only work that was done starts the row anew. At its end the engine is given up.
 */
const BACK_OFF_MS = [100, 500, 1000, 2000];
const WATCH_MS = 1000;

const writingEndings = 'writing that a job failed';

export class EngineSupervisor {
  readonly owner: string;
  readonly queue: JobQueue;
  readonly #options: Required<Omit<SupervisorOptions, 'onLine'>> & Pick<SupervisorOptions, 'onLine'>;
  readonly #events = new EventEmitter().setMaxListeners(0);
  #child: ChildProcess | null = null;
  #engineId = '';
  #state: EngineState = 'down';
  #message = 'not started';
  #wanted = false;
  /** Ends in a row without any work done. */
  #failures = 0;
  #useful = false;
  /** The furthest that the present job has come in each of its stages: coming as far again is no work done. */
  #furthest: { jobId: number; stages: { stage: string; done: number }[] } = { jobId: 0, stages: [] };
  /** Jobs that have failed while the catalog took no more rows. */
  readonly #unwritten = new Map<number, { engineId: string; error: string }>();
  #heardAt = 0;
  #checkedAt = 0;
  #restart: NodeJS.Timeout | undefined;
  #pinger: NodeJS.Timeout | undefined;
  #watcher: NodeJS.Timeout | undefined;
  #lastWords: string[] = [];
  /** Why no engine could work on this machine now, by its own word. */
  #unable: string | null = null;
  readonly #killTimers = new Map<number, NodeJS.Timeout>();
  /** What goes wrong at present in the background, by what was done there. */
  readonly #faults = new Map<string, string>();

  constructor(options: SupervisorOptions) {
    this.#options = {
      entry: engineEntry(),
      node: nodeBinary(),
      env: process.env,
      pingMs: 5000,
      hangMs: 15 * 60_000,
      cancelMs: 8000,
      ...options,
    };
    this.owner = `${options.role}:${process.pid}:${randomBytes(4).toString('hex')}`;
    this.queue = new JobQueue(options.catalog, options.role === 'cli' ? this.owner : null);
  }

  get state(): EngineState {
    return this.#state;
  }

  get message(): string {
    return this.#message;
  }

  /** The engine's process, for tests that kill it. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void {
    this.#events.on(name, listener);
    return () => this.#events.off(name, listener);
  }

  emit<N extends EventName>(name: N, payload: EventPayload<N>): void {
    this.#events.emit(name, payload);
  }

  /** Starts the engine and keeps it alive until `stop`. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#release(() => releaseOrphans(this.#options.catalog));
    this.#spawn();
    this.#pinger = setInterval(() => this.#checkHealth(), this.#options.pingMs);
    this.#pinger.unref();
    if (this.#options.role === 'app') this.#watchOthers();
  }

  /**
   * Tells the engine that a job may be waiting (it would find it by itself within a second). One that was given up is
   * tried again: a person who asks for something may have mended what kept it from working.
   */
  wake(): void {
    // Before any engine frees the job of one that is gone, and runs it again.
    this.#inBackground(writingEndings, () => this.#writeEndings());
    if (this.#state === 'stopped' && this.#wanted) {
      this.#failures = 0;
      this.#spawn();
    } else this.#send({ type: 'wake' });
  }

  /** Puts a cancelled or failed job in line again; also one whose failure could not be written until now. */
  resume(jobId: number): Job {
    this.#writeEndings();
    return this.queue.resume(jobId);
  }

  /** Asks a job to stop; an engine of ours that does not is killed after a while. */
  cancel(jobId: number): Job {
    // By message first: it needs no room on the disk.
    this.#send({ type: 'cancel', jobId });
    let job: Job;
    try {
      job = this.#options.catalog.insist(() => this.queue.cancel(jobId));
    } catch (error) {
      // Our engine has heard it. A job that waits, or that another program runs, hears of it by its row alone.
      if (!(error instanceof OwnFault) || !this.#child?.connected || !this.#isHolder(this.#engineId, jobId))
        throw error;
      job = getJob(this.#options.catalog, jobId);
    }
    this.emit('job.updated', job);
    const engineId = this.#engineId;
    if (this.#isHolder(engineId, jobId) && !this.#killTimers.has(jobId)) {
      const timer = setTimeout(() => {
        this.#killTimers.delete(jobId);
        this.#inBackground('looking whether a job has stopped', () => {
          if (this.#isHolder(engineId, jobId)) this.#child?.kill('SIGKILL');
        });
      }, this.#options.cancelMs);
      this.#killTimers.set(jobId, timer);
    }
    return job;
  }

  /** Whether the job's row says that this engine runs it. */
  #isHolder(engineId: string, jobId: number): boolean {
    return holdsJob(this.#options.catalog, engineId, jobId);
  }

  /** Resolves when the job has ended (done, failed or cancelled), whoever runs it. */
  async waitFor(jobId: number): Promise<Job> {
    for (;;) {
      const job = this.asTold(getJob(this.#options.catalog, jobId));
      if (job.state !== 'queued' && job.state !== 'running') return job;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          off();
          resolve();
        };
        const off = this.on('job.updated', (updated) => {
          if (updated.id === jobId && updated.state !== 'running') done();
        });
        const timer = setTimeout(done, 400); // another process may run it: no event comes from there
      });
    }
  }

  /** Kills the engine at once and for good; its job goes back to the queue. */
  async kill(): Promise<void> {
    await this.stop(0);
  }

  /** Ends the engine: its job goes back to the queue. Kills it where it does not follow within `graceMs`. */
  async stop(graceMs = 3000): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#restart);
    clearInterval(this.#pinger);
    clearInterval(this.#watcher);
    for (const timer of this.#killTimers.values()) clearTimeout(timer);
    this.#killTimers.clear();
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ type: 'shutdown' });
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  }

  /** A terminal's jobs and decisions on the same catalog reach the window too. */
  #watchOthers(): void {
    const watch = new CatalogWatch(this.#options.catalog, {
      job: (job) => this.emit('job.updated', job),
      dataset: (datasetId) => this.emit('catalog.changed', { datasetId }),
      asTold: (job) => this.asTold(job),
    });
    this.on('job.updated', (job) => watch.know(job));
    // A catalog that is held for a while, or put back, is watched again; the engine's state says nothing about it.
    this.#watcher = setInterval(
      () => this.#inBackground('watching the catalog', () => watch.look()),
      WATCH_MS,
    );
    this.#watcher.unref();
  }

  #spawn(): void {
    const { catalog, node, entry, env, role } = this.#options;
    this.#engineId = `${this.owner}/${randomBytes(4).toString('hex')}`;
    this.#lastWords = [];
    this.#setState('starting', 'the engine is starting');
    this.#useful = false;
    this.#unable = null;
    this.#heardAt = Date.now();
    const engineId = this.#engineId;
    const claims = role === 'app' ? 'any' : 'own';
    const child = fork(entry, [catalog.dir, this.#engineId, this.owner, claims], {
      execPath: node,
      execArgv: childSwitches,
      env: childEnv(env),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) {
        this.#lastWords.push(line);
        if (this.#lastWords.length > 20) this.#lastWords.shift();
        this.#options.onLine?.(line);
      }
    });
    child.on('message', (message: FromEngine) => {
      if (this.#child === child) this.#hear(engineId, message);
    });
    child.on('error', (error) => this.#lastWords.push(error.message));
    let over = false;
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      if (over) return;
      over = true;
      this.#ended(engineId, code, signal);
    };
    child.once('exit', ended);
    child.once('error', () => {
      if (child.pid === undefined) ended(null, null); // it could not even be started
    });
  }

  #hear(engineId: string, message: FromEngine): void {
    this.#heardAt = Date.now();
    if (message.type === 'ready') this.#setState('ready', `engine ${message.pid} is ready`);
    if (message.type === 'unable') this.#unable = message.error;
    if (message.type === 'failed') {
      this.#unwritten.set(message.jobId, { engineId, error: message.error });
      this.#inBackground('reading a job that failed', () =>
        this.emit('job.updated', this.asTold(getJob(this.#options.catalog, message.jobId))),
      );
    }
    if (message.type !== 'event') return;
    const payload = unpackBytes(message.payload);
    if (message.name === 'job.updated') {
      const job = payload as Job;
      if (job.state !== 'queued' && this.#isFurther(job)) this.#useful = true;
      if (job.state !== 'running') {
        clearTimeout(this.#killTimers.get(job.id));
        this.#killTimers.delete(job.id);
      }
    }
    this.#events.emit(message.name, payload);
  }

  /** Whether a job has ended, or come further than any engine before has brought it. */
  #isFurther({ id, state, stage, done }: Job): boolean {
    if (state !== 'running') return true;
    if (this.#furthest.jobId !== id) this.#furthest = { jobId: id, stages: [] };
    const { stages } = this.#furthest;
    const known = stages.find((other) => sameStage(other.stage, stage));
    if (!known) stages.push({ stage, done });
    else if (done > known.done) known.done = done;
    else return false;
    return done > 0;
  }

  /** A job as its engine told, where its row could not be written. */
  asTold(job: Job): Job {
    const ending = this.#unwritten.get(job.id);
    if (!ending || !this.#isHolder(ending.engineId, job.id)) return job;
    return { ...job, state: 'failed', stage: '', secondsLeft: null, error: ending.error };
  }

  /** Writes what could not be written before; again and again, until there is room. */
  #writeEndings(): void {
    for (const [jobId, { engineId, error }] of this.#unwritten) {
      try {
        const ended = endJob(this.#options.catalog, engineId, jobId, { state: 'failed', error });
        this.#unwritten.delete(jobId);
        if (ended) this.emit('job.updated', getJob(this.#options.catalog, jobId));
      } catch (fault) {
        if (!(fault instanceof OwnFault)) throw fault;
      }
    }
  }

  /** Frees the jobs of engines that are gone. Where the catalog takes no rows, whoever opens it next does. */
  #release(free: () => Job[]): Job[] {
    try {
      this.#writeEndings();
      const freed = free();
      for (const job of freed) this.emit('job.updated', job);
      return freed;
    } catch (error) {
      this.#options.onLine?.(`supervisor: ${(error as Error).message}`);
      return [];
    }
  }

  #ended(engineId: string, code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = null;
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
    const why = `the engine ${how}${this.#lastWords.length && code !== 0 ? `: ${this.#lastWords.at(-1)}` : ''}`;
    const freed = this.#release(() => releaseEngine(this.#options.catalog, engineId, why));
    // A job that is given up lets the others have their turn.
    if (this.#useful || freed.some(({ state }) => state !== 'queued')) this.#failures = 0;
    const delay = BACK_OFF_MS[this.#failures++];
    if (!this.#wanted) this.#setState('down', why);
    else if (this.#unable !== null) this.#setState('stopped', this.#unable);
    else if (delay === undefined) this.#setState('stopped', why);
    else {
      this.#setState('down', why);
      this.#restart = setTimeout(() => this.#spawn(), delay);
    }
  }

  /**
   * Does what nobody waits for: an exception out of a timer or a message would end the program. What goes wrong is told
   * once, and again only after it went well or when it is something else.
   */
  #inBackground(what: string, body: () => void): void {
    try {
      body();
      this.#faults.delete(what);
    } catch (error) {
      const { message } = error as Error;
      if (this.#faults.get(what) !== message) this.#options.onLine?.(`supervisor: ${what}: ${message}`);
      this.#faults.set(what, message);
    }
  }

  #checkHealth(): void {
    this.#inBackground(writingEndings, () => this.#writeEndings());
    // We slept, and the engine with us: Ctrl+Z, a closed lid.
    if (Date.now() - this.#checkedAt > 3 * this.#options.pingMs) this.#heardAt = Date.now();
    this.#checkedAt = Date.now();
    if (!this.#child) return;
    if (Date.now() - this.#heardAt > this.#options.hangMs) {
      this.#lastWords.push(`no sign of life for ${Math.round(this.#options.hangMs / 1000)} s`);
      this.#child.kill('SIGKILL');
    } else this.#send({ type: 'ping' });
  }

  #send(message: ToEngine): void {
    if (this.#child?.connected) this.#child.send(message, () => {}); // a dying child is noticed by its exit
  }

  #setState(state: EngineState, message: string): void {
    this.#state = state;
    this.#message = message;
    this.emit('engine.state', { state, message });
  }
}
