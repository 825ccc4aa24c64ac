/** Owns one measured step: a command line in processes of its own, or main's answers to what the screens ask. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CampaignContext } from '../frame/campaign.ts';
import { ended } from '../frame/ended.ts';
import { descendants, memoryMiB } from '../frame/processes.ts';

/** What was measured of one step; `fault` where it did not end as it must. */
export interface Step {
  name: string;
  seconds: number;
  /** Most memory of the engine; null: the step needs none. */
  engineMiB: number | null;
  /** Most memory of the process that has main's part: the command line, or the one that answers requests. */
  mainMiB: number | null;
  told: string;
  fault?: string;
}

/** Neither is blown by numbers of images: half of what Electron's main may have, and a common machine. */
export const most = { mainMiB: 2048, engineMiB: 6144 };

export interface Command {
  name: string;
  args: readonly string[];
  catalog: string;
  /** Looks at what --json says: what to tell of it; throws with what is wrong. */
  check(answer: Record<string, unknown>): string;
  /** Ctrl+C after so long; `check` then gets the job's row. */
  limitMs?: number;
}

export async function command(
  ctx: CampaignContext,
  { name, args, catalog, check, limitMs }: Command,
): Promise<Step> {
  const from = performance.now();
  let main: number | null = null;
  let engine: number | null = null;
  let timers: NodeJS.Timeout[] = [];
  const ran = await ctx.crux([...args, '--json', '--catalog', catalog], {
    timeoutMs: 60 * 60_000,
    onStart(pid) {
      const look = () => {
        main = larger(main, memoryMiB(pid, 'VmHWM'));
        for (const child of descendants(pid)) engine = larger(engine, memoryMiB(child, 'VmHWM'));
      };
      timers = [setInterval(look, 300)];
      if (limitMs !== undefined) timers.push(setTimeout(() => process.kill(pid, 'SIGINT'), limitMs));
    },
  });
  for (const timer of timers) clearInterval(timer);
  const step = {
    name,
    seconds: (performance.now() - from) / 1000,
    engineMiB: engine,
    mainMiB: main,
    told: '',
  };
  try {
    if (ran.exit === 130 && limitMs !== undefined)
      return judged({ ...step, told: await stoppedAt(ctx, catalog, step.seconds) });
    if (ran.exit !== 0)
      throw new Error(`exit code ${ran.exit ?? ran.killedBy}: ${lastLine(ran.out) || lastLine(ran.err)}`);
    return judged({ ...step, told: check(JSON.parse(ran.out)) });
  } catch (error) {
    return { ...step, fault: (error as Error).message };
  }
}

/** How far a stopped job had come, and what that means for the whole. */
async function stoppedAt(ctx: CampaignContext, catalog: string, seconds: number): Promise<string> {
  const listed = await ctx.crux(['jobs', 'list', '--limit', '1', '--json', '--catalog', catalog]);
  const [job] = JSON.parse(listed.out).jobs as { stage: string; done: number; total: number | null }[];
  const share = job.total ? job.done / job.total : 0;
  const whole = share > 0 ? `; the whole would take about ${(seconds / share / 3600).toFixed(1)} h` : '';
  return `stopped on purpose at ${job.done} of ${job.total}${whole}`;
}

export interface Answered {
  name: string;
  ms: number;
  /** Of the answer as JSON. */
  kib: number;
  fault: string | null;
}

/** Every request that the screens ask of a dataset, answered as main does it, in a process of its own. */
export async function questions(ctx: CampaignContext, name: string, catalog: string): Promise<Step> {
  const from = performance.now();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'questions-child.ts'), catalog],
    { stdio: ['ignore', 'pipe', 'pipe'], signal: ctx.signal },
  );
  const { exit, out, err } = await ended(child);
  const step = { name, seconds: (performance.now() - from) / 1000, engineMiB: null, mainMiB: null, told: '' };
  if (exit !== 0) return { ...step, fault: `exit code ${exit}: ${lastLine(err)}` };
  const { answers, peakMiB } = JSON.parse(out) as { answers: Answered[]; peakMiB: number };
  const told = answers.map(
    ({ name, ms, kib }) =>
      `${name} ${Math.round(ms)} ms${kib > 1024 ? ` (${Math.round(kib / 1024)} MiB)` : ''}`,
  );
  const wrong = answers.flatMap(({ name, fault }) => (fault === null ? [] : [`${name}: ${fault}`]));
  return judged({
    ...step,
    mainMiB: peakMiB,
    told: told.join(', '),
    ...(wrong.length > 0 ? { fault: wrong.join('; ') } : {}),
  });
}

function judged(step: Step): Step {
  for (const who of ['mainMiB', 'engineMiB'] as const) {
    const took = step[who];
    if (took !== null && took > most[who] && !step.fault)
      return {
        ...step,
        fault: `${who.slice(0, -3)} took ${Math.round(took)} MiB, at most ${most[who]} are expected`,
      };
  }
  return step;
}

const larger = (a: number | null, b: number | null) => (b === null ? a : Math.max(a ?? 0, b));
const lastLine = (text: string) => text.trim().split('\n').at(-1)!.slice(0, 500);
