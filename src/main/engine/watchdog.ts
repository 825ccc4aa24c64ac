/**
 * Owns the end of a process that cannot end itself: a thread beside one that may be deep in a parser or in native code.
 * It ends the process when that takes more memory or works longer than it may, when it waits for a file that gives
 * nothing, and when the process that asked is gone. Work is counted in processor time: a busy machine takes longer over
 * an honest file, which is then no reason to refuse it.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

export interface Watched {
  /** Process that asked. */
  parent: number;
  /** Bytes that this process may have in memory. */
  memory: number;
  /** The work that is watched: its number, and the milliseconds of processor time it may take (0: any). */
  work: Int32Array<SharedArrayBuffer>;
}

const LOOK_MS = 50;
/** A process that works less than this much of so long waits for something. */
const WAIT_MS = 6000;
const WAITING_SHARE = 0.01;

const { parent, memory, work } = workerData as Watched;

/** Milliseconds of all of this process's threads. */
const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

let number = 0;
let begun = 0;
let last = { at: 0, worked: 0 };

setInterval(() => {
  if (orphaned()) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() > memory)
    end(`needs more than ${(memory / 1e9).toFixed(1)} GB of memory to be read`);
  const limit = Atomics.load(work, 1);
  if (limit > 0) watch(limit);
}, LOOK_MS);

function watch(limit: number): void {
  const worked = processorTime();
  const at = performance.now();
  if (Atomics.load(work, 0) !== number) {
    number = Atomics.load(work, 0);
    begun = worked;
    last = { at, worked };
  }
  if (worked - begun > limit) end(`takes more than ${limit / 1000} s to be read`);
  if (at - last.at < WAIT_MS) return;
  if (worked - last.worked < WAITING_SHARE * (at - last.at))
    end(`gave nothing for ${WAIT_MS / 1000} s; is it on a drive that does not answer?`);
  last = { at, worked };
}

/** The last line of standard error is what whoever asked tells. */
function end(reason: string): void {
  writeSync(2, `${reason}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** On Windows a process keeps the number of its parent when that has gone. */
function orphaned(): boolean {
  if (process.platform !== 'win32') return process.ppid !== parent;
  try {
    process.kill(parent, 0);
    return false;
  } catch {
    return true;
  }
}
