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
  /**
   * The work that is watched: its number, the milliseconds of processor time it may take (0: any), those it may wait
   * without working (0: there is no work now), and whether it is the catalog that it waits for.
   */
  work: Int32Array<SharedArrayBuffer>;
}

const LOOK_MS = 50;
/** A process that works less than this much of the time waits for something; looking takes a little, too. */
const WAITING_SHARE = 0.01;

const { parent, memory, work } = workerData as Watched;

/** Milliseconds of all of this process's threads. */
const processorTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

let number = 0;
let begun = 0;
/** When it was last seen to have worked. */
let last = { at: 0, worked: 0 };

setInterval(() => {
  if (orphaned()) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() > memory)
    end(`needs more than ${(memory / 1e9).toFixed(1)} GB of memory to be read`);
  const waitMs = Atomics.load(work, 2);
  if (waitMs > 0) watch(Atomics.load(work, 1), waitMs);
}, LOOK_MS);

function watch(limitMs: number, waitMs: number): void {
  const worked = processorTime();
  const at = performance.now();
  if (Atomics.load(work, 0) !== number) {
    number = Atomics.load(work, 0);
    begun = worked;
    last = { at, worked };
  }
  if (limitMs > 0 && worked - begun > limitMs) end(`takes more than ${limitMs / 1000} s to be read`);
  if (worked - last.worked >= WAITING_SHARE * waitMs) last = { at, worked };
  else if (at - last.at >= waitMs)
    end(
      `gave nothing for ${waitMs / 1000} s; is ${
        Atomics.load(work, 3) === 1
          ? 'another program busy with the catalog?'
          : 'it on a drive that does not answer?'
      }`,
    );
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
