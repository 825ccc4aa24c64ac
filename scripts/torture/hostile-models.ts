/**
 * Owns the attack by models: a zoo of hostile files is checked as the app and the command line check them. Survived is a
 * specimen that both refuse within ten seconds, in a sentence that names the file or the field, while the process that
 * asked keeps answering.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { checkModel } from '../../src/main/engine/check-model.ts';
import { inspectorPids } from '../../src/main/engine/inspector.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { type Specimen, zoo } from './hostile-models/zoo.ts';

const LIMIT_MS = 10_000;
const STALL_MS = 50;

export default {
  name: 'hostile-models',
  title: 'Hostile models',
  means: `Models of every form with one thing wrong in each: configs that ask for billions of layers, JSON nested a million deep,
sparse gigabytes, headers that lie, named pipes, devices and links in the place of files, ONNX files whose weights lie
elsewhere. Each is checked by what answers the app's request and by \`crux models check\`. Survived is one that both refuse
within ${LIMIT_MS / 1000} s, with a sentence that names the file or the field, while the process that asked never works
for more than ${STALL_MS} ms at a stretch.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const scratch = join(ctx.folder, 'scratch');
    const place = join(ctx.folder, 'specimen');
    mkdirSync(scratch, { recursive: true });
    const specimens = [...zoo(scratch)].filter((_, i) => !ctx.quick || i % 6 === 0);
    const most = { memory: 0, wait: 0, late: 0 };
    for (const specimen of specimens) {
      ctx.signal.throwIfAborted();
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
      const path = specimen.make(place);
      const wrong = [...(await asTheApp(specimen, path, most)), ...(await asACommand(ctx, specimen, path))];
      outcome.tried++;
      if (wrong.length === 0) outcome.survived++;
      else outcome.failed.push(`${specimen.name}: ${wrong.join('; ')}`);
      ctx.progress(outcome.tried, specimens.length);
    }
    rmSync(place, { recursive: true, force: true });
    const notes = `Longest answer ${(most.wait / 1000).toFixed(1)} s; most memory of a process that looked ${(most.memory / 1e6).toFixed(0)} MB; the asking process's timers were at most ${most.late.toFixed(0)} ms late, which counts the other processes of the machine.`;
    return { ...outcome, seconds: (performance.now() - from) / 1000, notes };
  },
};

interface Most {
  memory: number;
  wait: number;
  late: number;
}

/** What is wrong with the answer that the app's window would get. */
async function asTheApp({ says }: Specimen, path: string, most: Most): Promise<string[]> {
  const wrong: string[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const stalls = watchOwnWork();
  delay.enable();
  const from = performance.now();
  const { usable, problems, summary } = await checkModel(path);
  const wait = performance.now() - from;
  delay.disable();
  const stalled = stalls();
  most.wait = Math.max(most.wait, wait);
  most.late = Math.max(most.late, delay.max / 1e6 - 5);
  most.memory = Math.max(most.memory, ...inspectorPids().map(peakMemory));
  if (usable) wrong.push(`taken as usable: ${summary}`);
  else if (!problems.some((problem) => says.test(problem)))
    wrong.push(`"${problems.join(' ').slice(0, 300)}" does not say ${says}`);
  if (wait > LIMIT_MS) wrong.push(`answered after ${(wait / 1000).toFixed(1)} s`);
  if (stalled > STALL_MS) wrong.push(`stalled the asking process for ${stalled.toFixed(0)} ms`);
  return wrong;
}

async function asACommand(ctx: CampaignContext, { says }: Specimen, path: string): Promise<string[]> {
  const from = performance.now();
  const { exit, out, err } = await ctx.crux(['models', 'check', path], { timeoutMs: 60_000 });
  const wait = performance.now() - from;
  const wrong: string[] = [];
  if (exit !== 1 && exit !== 2)
    wrong.push(`crux models check ended with ${exit}: ${err.trim().slice(0, 300)}`);
  if (!says.test(out + err)) wrong.push(`crux models check does not say ${says}`);
  if (wait > LIMIT_MS) wrong.push(`crux models check took ${(wait / 1000).toFixed(1)} s`);
  return wrong;
}

/**
 * The longest that this thread worked without letting a timer through, in milliseconds of its own processor time: on a busy
 * machine timers are late although nobody here works.
 */
function watchOwnWork(): () => number {
  const worked = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = worked();
  let longest = 0;
  const look = () => {
    const now = worked();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return () => {
    look();
    clearInterval(timer);
    return longest;
  };
}

/** Bytes that a process has had in memory at most; 0 where that is not told. */
function peakMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
