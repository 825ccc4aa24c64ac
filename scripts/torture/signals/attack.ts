/**
 * Owns one attack by signals on a running import: the program as a person starts it (an outer Node, the pinned Node below
 * it, the engine below that), one or more signals to one of them or to the whole group, and what is wrong afterwards.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, linkSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { isAlive, listJobs, openCatalog } from '../../../src/main/catalog/index.ts';
import { nodeBinary } from '../../../src/main/runtime/node-binary.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
export const signals: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** outer: what the person started. command: the pinned Node below it. group: all of them at once. */
export type Target = 'outer' | 'command' | 'engine' | 'group';
export const targets: readonly Target[] = ['outer', 'command', 'engine', 'group'];

/** queued: the job has a row. working: a tenth of it is done. */
export type Moment = 'queued' | 'working';

export interface Attack {
  blows: readonly { target: Target; signal: Signal }[];
  /** Between two blows. */
  gapMs: number;
  moment: Moment;
}

export const wordsOf = ({ blows, gapMs, moment }: Attack): string =>
  `${blows.map(({ target, signal }) => `${signal} to the ${target}`).join(`, ${gapMs} ms later `)}, when ${moment}`;

export interface Place {
  /** The Node that starts bin/crux.mjs; not the pinned one, which would need no second process. */
  node: string;
  /** A folder of images. */
  photos: string;
  images: number;
  /** Of this attack alone. */
  catalog: string;
}

const crux = resolve(import.meta.dirname, '../../../bin/crux.mjs');

/** The pinned Node under another path: `bin/crux.mjs` takes it for a foreign one, and starts the pinned one below it. */
export function foreignNode(folder: string): string {
  const file = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(file)) return file;
  try {
    linkSync(nodeBinary(), file);
  } catch {
    copyFileSync(nodeBinary(), file); // on another disk
  }
  return file;
}

interface Ended {
  exit: number | null;
  signal: NodeJS.Signals | null;
  err: string;
}

function start(place: Place, argv: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(place.node, [crux, ...argv], {
    env: { ...process.env, CRUX_CATALOG: place.catalog },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own
  });
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((done) =>
    child.once('close', (exit, signal) => done({ exit, signal, err })),
  );
  return { child, ended };
}

function newestJob(place: Place): (Job & { engine: number | null; command: number | null }) | null {
  if (!existsSync(join(place.catalog, 'catalog.sqlite'))) return null;
  const catalog = openCatalog(place.catalog);
  try {
    const [job] = listJobs(catalog, 1);
    if (!job) return null;
    const row = catalog.get<{ engine_pid: number | null; owner: string | null }>(
      'SELECT engine_pid, owner FROM jobs WHERE id = ?',
      job.id,
    );
    const command = Number(row?.owner?.split(':')[1]);
    return { ...job, engine: row?.engine_pid ?? null, command: command || null };
  } finally {
    catalog.close();
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Makes the attack; what is wrong afterwards, null where nothing is. */
export async function attack(place: Place, { blows, gapMs, moment }: Attack): Promise<string | null> {
  const { child, ended } = start(place, ['import', place.photos, '--name', 'photos']);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  let job = null as ReturnType<typeof newestJob>;
  for (;;) {
    job = newestJob(place);
    const reached =
      job !== null &&
      (moment === 'queued' || (job.stage === 'reading images' && job.done >= place.images / 10));
    // It was too fast for us: then the blows come to nothing, and nothing may have come of them.
    if (over || reached || (job !== null && job.state === 'done')) break;
    await pause(5);
  }
  for (const [i, { target, signal }] of blows.entries()) {
    if (i > 0) await pause(gapMs);
    const pid = { outer: child.pid, command: job?.command, engine: job?.engine, group: -(child.pid ?? 0) }[
      target
    ];
    try {
      if (pid) process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
  }
  const end = await ended;
  return (await wrongAfter(place, end, blows, job?.engine ?? null)) ?? (await wrongWithResume(place));
}

async function wrongAfter(
  place: Place,
  { exit, signal, err }: Ended,
  blows: Attack['blows'],
  engine: number | null,
): Promise<string | null> {
  const said = err.trim().split('\n').at(-1);
  const asked = blows
    .filter(({ target }) => target !== 'engine')
    .map((blow) => 128 + constants.signals[blow.signal]);
  // A shell would say the same of a program that the signal ended before it could listen.
  const code = exit ?? 128 + constants.signals[signal as Signal];
  // An engine that was handed to another process's care ends with its work; here only the row decides.
  for (let waited = 0; engine !== null && isAlive(engine) && waited < 20_000; waited += 50) await pause(50);
  if (engine !== null && isAlive(engine)) return `engine ${engine} is still there`;
  const job = newestJob(place);
  if (/\n\s+at .*:\d+:\d+/.test(err)) return `it printed a stack: ${err}`;
  // Too late is no fault; but to ask for the end and then go on with a new engine is to lose what was asked.
  if (/at the next safe point[\s\S]*a new one resumes the job/.test(err))
    return `it was to stop and went on: ${err}`;
  if (code === 0) return job?.state === 'done' ? null : `exit code 0, and the job is ${job?.state} (${said})`;
  if (!asked.includes(code)) return `exit code ${code}, expected 0 or one of [${asked}] (${said})`;
  // Cancelled as asked; or ended before its command could listen, and free for the next to take up.
  const fine = job === null || job.state === 'cancelled' || job.state === 'queued' || job.state === 'done';
  return fine ? null : `the job is ${job.state} (${job.error ?? said})`;
}

/** Whatever happened, the job goes on to the end that it would have had. */
async function wrongWithResume(place: Place): Promise<string | null> {
  const left = newestJob(place);
  if (left === null) return null;
  if (left.state !== 'done') {
    const { exit, err } = await start(place, ['jobs', 'resume', String(left.id)]).ended;
    if (exit !== 0) return `the job was ${left.state} and did not resume: ${err.trim().split('\n').at(-1)}`;
  }
  const catalog = openCatalog(place.catalog);
  const images = catalog.value<number>('SELECT COUNT(*) FROM images WHERE present = 1');
  const jobs = listJobs(catalog, 10);
  catalog.close();
  if (jobs.length !== 1) return `${jobs.length} jobs, expected 1`;
  const [{ kind, state, result }] = jobs;
  const imported = kind === 'import' ? result?.imported : undefined;
  const right = state === 'done' && images === place.images && imported === place.images;
  return right ? null : `${state} with ${images} images, expected ${place.images}: ${JSON.stringify(result)}`;
}
