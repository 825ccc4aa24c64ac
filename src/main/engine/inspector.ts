/**
 * Owns looking into the analyst's files for Electron's main and the command line, neither of which parses one itself.
 * A few processes (inspect-child.ts) are kept warm for a while, each answers one inspection at a time, and each may be
 * ended at any moment: by the time limit here, by the memory limit there (watchdog.ts), or by the file itself. Then
 * that inspection alone fails, with a sentence; the next one gets another process.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { totalmem } from 'node:os';
import { forkChild, keepLastWords } from '../runtime/child.ts';
import {
  type Ask,
  type InspectionInput,
  type InspectionName,
  type InspectionOutput,
  inspections,
  isLong,
  type Told,
} from './inspections.ts';

/** Processes at most. One of them at most has a long inspection, so that two answer forms and checks. */
const MOST = 3;
/** One that nothing was asked of for so long ends. */
const IDLE_MS = 60_000;
const HEAP_MEGABYTES = 1024;
/** Of the whole process, of which ONNX Runtime takes most: a model of gigabytes is opened as it will be used. */
const memoryLimit = (): number =>
  Math.min(8e9, Math.max(1.5e9, Math.min(totalmem(), process.constrainedMemory() || totalmem()) / 2));

/** `code` is the catalog's, where the inspection failed with one of its errors. */
export class InspectionError extends Error {
  readonly code: string | null;
  constructor(message: string, code: string | null) {
    super(message);
    this.name = 'InspectionError';
    this.code = code;
  }
}

interface Task {
  name: InspectionName;
  input: unknown;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Child {
  process: ChildProcess;
  task: Task | null;
  idle: NodeJS.Timeout | undefined;
}

const children = new Set<Child>();
const waiting: Task[] = [];

/** @throws InspectionError with a sentence for a person: what the inspection says, or why it was ended. */
export async function inspect<N extends InspectionName>(
  name: N,
  input: InspectionInput<N>,
): Promise<InspectionOutput<N>> {
  const { limitMs, output } = inspections[name];
  const value = await new Promise<unknown>((resolve, reject) => {
    const task: Task = { name, input, resolve, reject };
    const timer = setTimeout(() => end(task, `gave no answer within ${limitMs / 1000} s`), limitMs);
    const settled = <T>(settle: (value: T) => void) => {
      return (value: T) => {
        clearTimeout(timer);
        settle(value);
      };
    };
    task.resolve = settled(resolve);
    task.reject = settled(reject);
    waiting.push(task);
    dispatch();
  });
  return output.parse(value) as InspectionOutput<N>;
}

/** Processes that look at files now, for tests that end them. */
export const inspectorPids = (): number[] => [...children].flatMap(({ process: { pid } }) => pid ?? []);

function dispatch(): void {
  const longNow = [...children].some(({ task }) => task && isLong(task.name));
  const at = waiting.findIndex(({ name }) => !(longNow && isLong(name)));
  if (at < 0) return;
  const free = [...children].find(({ task }) => task === null);
  if (!free && children.size >= MOST) return;
  const [task] = waiting.splice(at, 1);
  try {
    give(free ?? start(), task);
  } catch (error) {
    task.reject(new InspectionError((error as Error).message, null)); // no process could be started
  }
  dispatch();
}

function give(child: Child, task: Task): void {
  clearTimeout(child.idle);
  child.task = task;
  hold(child, true);
  const ask: Ask = { name: task.name, input: task.input };
  child.process.send(ask, () => {}); // where it cannot be sent, the process has ended, which says why
}

function start(): Child {
  const forked = forkChild('inspect-child', [String(process.pid), String(memoryLimit())], HEAP_MEGABYTES);
  const child: Child = { process: forked, task: null, idle: undefined };
  const lastWords = keepLastWords(forked);
  children.add(child);
  const gone = (reason: string) => {
    children.delete(child);
    clearTimeout(child.idle);
    child.task?.reject(new InspectionError(reason, null));
    child.task = null;
    dispatch();
  };
  forked.on('message', (told: Told) => {
    finish(child, (task) => {
      if (told.ok) task.resolve(told.value);
      else task.reject(new InspectionError(told.message, told.code));
    });
  });
  forked.once('error', (error) => gone(error.message));
  forked.once('close', (code, signal) => gone(reasonOf(code, signal, lastWords)));
  return child;
}

/** The child has answered: the next task is its own. */
function finish(child: Child, settle: (task: Task) => void): void {
  const { task } = child;
  if (!task) return;
  child.task = null;
  hold(child, false);
  child.idle = setTimeout(() => {
    children.delete(child);
    child.process.disconnect();
  }, IDLE_MS);
  child.idle.unref();
  settle(task);
  dispatch();
}

/** Ends what takes too long: a task that waits leaves the queue, one that is worked on goes with its process. */
function end(task: Task, reason: string): void {
  const at = waiting.indexOf(task);
  if (at >= 0) waiting.splice(at, 1);
  for (const child of children) {
    if (child.task !== task) continue;
    child.task = null;
    children.delete(child); // its room is free at once
    child.process.kill('SIGKILL');
  }
  task.reject(new InspectionError(reason, null));
  dispatch();
}

/** A process without a task keeps nobody waiting for it. */
function hold({ process: forked }: Child, held: boolean): void {
  for (const handle of [forked, forked.channel, forked.stderr as Socket | null]) {
    if (held) handle?.ref();
    else handle?.unref();
  }
}

function reasonOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  lastWords: (pick?: RegExp) => string,
): string {
  if (lastWords(/heap out of memory/)) return `needs more than ${HEAP_MEGABYTES} MB of memory to be read`;
  if (signal === 'SIGKILL' && lastWords()) return lastWords(); // the watchdog's
  return `ended the process that looked at it (${signal ?? `code ${code}`})`;
}
