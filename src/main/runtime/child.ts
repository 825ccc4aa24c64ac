/** Owns how the engine's small programs are started: on the pinned Node, in a clean environment, with bounded output. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { childEnv, childSwitches } from './child-env.ts';
import { engineEntry, nodeBinary } from './node-binary.ts';

/** Ctrl+C reaches the whole group: a probe that ends by it would look like a device that does not work. */
const detached = process.platform !== 'win32';

/** Of a child's standard error, the end is kept: what it says last is why it ended. */
const KEPT_ERRORS = 4000;
/** What one of these programs prints is some numbers; more comes from a fault. */
const MAX_OUTPUT = 1_000_000;

/** Runs one of the engine's small programs and collects its standard output. */
export function runChild(
  name: string,
  args: readonly string[],
  limitMs: number,
): Promise<{ ok: true; stdout: string } | { ok: false; reason: string }> {
  return new Promise((resolve) => {
    const child = spawn(nodeBinary(), [...childSwitches, engineEntry(name), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnv(),
      detached,
    });
    const lastWords = keepLastWords(child);
    let stdout = '';
    let killedFor: string | null = null;
    const kill = (reason: string) => {
      killedFor = reason;
      child.kill('SIGKILL');
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.length > MAX_OUTPUT) kill(`printed more than ${MAX_OUTPUT} characters`);
    });
    const timer = setTimeout(() => kill(`gave no answer within ${limitMs / 1000} s`), limitMs);
    child.once('error', (error) => resolve({ ok: false, reason: error.message }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (killedFor !== null) resolve({ ok: false, reason: killedFor });
      else if (code === 0) resolve({ ok: true, stdout });
      else resolve({ ok: false, reason: lastWords() || `ended with ${signal ?? `code ${code}`}` });
    });
  });
}

/** Starts one of the engine's small programs that is talked to. `heapMegabytes` bounds what JavaScript may hold in it. */
export function forkChild(name: string, args: readonly string[], heapMegabytes: number): ChildProcess {
  return fork(engineEntry(name), args, {
    execPath: nodeBinary(),
    execArgv: [...childSwitches, `--max-old-space-size=${heapMegabytes}`],
    env: childEnv(),
    detached,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** What the child has said on standard error, in one line: the last one, unless `pick` finds another. */
export function keepLastWords(child: ChildProcess): (pick?: RegExp) => string {
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_ERRORS);
  });
  return (pick) => {
    const lines = stderr.trim().split('\n');
    return (pick ? (lines.find((line) => pick.test(line)) ?? '') : (lines.at(-1) ?? '')).slice(0, 400);
  };
}
