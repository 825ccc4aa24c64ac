/**
 * Owns the ways in which a job's processes are killed with SIGKILL, and how each goes on: the engine under a supervisor
 * that lives, the command line, command line and engine at once, and the app's main process.
 */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findJob } from '../../../src/main/catalog/index.ts';
import { EngineSupervisor } from '../../../src/main/jobs/supervisor.ts';
import { launchCrux } from '../../../test/e2e/launch.ts';
import type { CampaignContext } from '../frame/campaign.ts';
import { descendants, processesWith } from '../frame/processes.ts';
import { catalogOf, type Scene, setScene } from './story.ts';

export interface Attack {
  scene: Scene;
  place: string;
  /** Milliseconds from the start of what is killed, and from each start again, to the next kill. */
  moments: number[];
}

/** @returns how many of the kills hit while the job was not done. Throws where the job does not end well after them. */
export type Victim = (ctx: CampaignContext, attack: Attack) => Promise<number>;

/** Whatever is asked for comes in this time, also on a busy machine. */
const PATIENCE_MS = 180_000;

export const victims: Record<string, Victim> = {
  engine: async (_ctx, { scene, place, moments }) => {
    const { catalog, enqueue } = setScene(scene, place);
    const jobId = enqueue();
    const supervisor = new EngineSupervisor({ catalog, role: 'app' });
    let hits = 0;
    try {
      supervisor.start();
      for (const moment of moments) {
        await sleep(moment);
        if (findJob(catalog, jobId)?.state === 'done') break;
        // Between an engine's death and the next one's start there is nothing to kill.
        while (supervisor.pid === undefined) await sleep(10);
        process.kill(supervisor.pid, 'SIGKILL');
        hits++;
      }
      const ended = await supervisor.waitFor(jobId);
      if (ended.state !== 'done') throw new Error(`the job is ${ended.state}: ${ended.error}`);
    } finally {
      await supervisor.stop();
      catalog.close();
    }
    return hits;
  },
  'command line': (ctx, attack) => killCommandLine(ctx, attack, false),
  'command line and engine': (ctx, attack) => killCommandLine(ctx, attack, true),
};

/** The app's main process; the job is put in line when its window is there. The same app is started again after it. */
export const killApp: Victim = async (_ctx, { scene, place, moments }) => {
  const { catalog, enqueue } = setScene(scene, place);
  let jobId: number | undefined;
  const job = () => (jobId === undefined ? null : findJob(catalog, jobId));
  // What the stand-in leaves when it is killed lies in the place, and goes with it.
  const launch = () => launchCrux({ catalog: catalogOf(place), env: { TMPDIR: place } });
  let hits = 0;
  try {
    for (const moment of moments) {
      const crux = await launch();
      jobId ??= enqueue();
      await sleep(moment);
      const { pid } = crux.app.process();
      const engine = catalog.value<number>('SELECT engine_pid FROM jobs WHERE id = ?', jobId);
      // Electron's own processes follow their main process; the stand-in's browser does not.
      const browser = descendants(pid!).filter((each) => each !== engine);
      const late = job()?.state === 'done';
      process.kill(pid!, 'SIGKILL');
      for (const each of browser) killIfThere(each);
      rmSync(crux.scratch, { recursive: true, force: true, maxRetries: 5 });
      await allEnded(place);
      if (late) break;
      hits++;
    }
    if (job()?.state !== 'done') {
      const crux = await launch();
      const until = performance.now() + PATIENCE_MS;
      while (['queued', 'running'].includes(job()?.state ?? '') && performance.now() < until) await sleep(50);
      await crux.close();
      await allEnded(place);
    }
    if (job()?.state !== 'done') throw new Error(`the job is ${job()?.state}: ${job()?.error}`);
  } finally {
    catalog.close();
  }
  return hits;
};

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // it has ended
}

async function killCommandLine(ctx: CampaignContext, { scene, place, moments }: Attack, both: boolean) {
  const { catalog, enqueue } = setScene(scene, place);
  const jobId = enqueue();
  const state = () => findJob(catalog, jobId)?.state;
  const env = { CRUX_CATALOG: catalogOf(place) };
  let hits = 0;
  try {
    for (const moment of moments) {
      if (state() === 'done') break;
      let timer: NodeJS.Timeout | undefined;
      const ran = await ctx.crux(['jobs', 'resume', String(jobId)], {
        env,
        detached: both,
        onStart: (pid) => {
          timer = setTimeout(() => killIfThere(both ? -pid : pid), moment);
        },
      });
      clearTimeout(timer);
      if (ran.killedBy === 'SIGKILL') hits++;
      await allEnded(place); // an engine that lost its command line ends by itself
    }
    if (state() === 'done') return hits;
    const ran = await ctx.crux(['jobs', 'resume', String(jobId), '--json'], { env });
    if (ran.exit !== 0) throw new Error(`crux jobs resume: exit code ${ran.exit}: ${ran.out}${ran.err}`);
    return hits;
  } finally {
    catalog.close();
  }
}

/** Resolves when no process has the place among its arguments any more; throws where one stays. */
async function allEnded(place: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (processesWith(place).length > 0) {
    if (performance.now() > until) throw new Error(`processes ${processesWith(place).join()} do not end`);
    await sleep(20);
  }
}
