/** Owns the table of schedulers: name, the class name a checkpoint's config gives it, and its constructor. */
import { type DdimOptions, ddim } from './ddim.ts';
import { ddimInverse } from './ddim-inverse.ts';
import { ddpm } from './ddpm.ts';
import { dpmSolver } from './dpm-solver.ts';
import { euler } from './euler.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { pndm } from './pndm.ts';
import type { Scheduler, SchedulerName } from './scheduler.ts';
import { unipc } from './unipc.ts';

interface Entry {
  /** `_class_name` in scheduler_config.json */
  className: string;
  create(config: SchedulerConfig, steps: number, options: SchedulerOptions): Scheduler;
}

/** What a run adds to the checkpoint's config. */
export interface SchedulerOptions extends DdimOptions {}

const SCHEDULERS: Record<SchedulerName, Entry> = {
  pndm: { className: 'PNDMScheduler', create: pndm },
  ddim: { className: 'DDIMScheduler', create: ddim },
  ddpm: { className: 'DDPMScheduler', create: ddpm },
  'ddim-inverse': { className: 'DDIMInverseScheduler', create: ddimInverse },
  'dpm-solver++': { className: 'DPMSolverMultistepScheduler', create: dpmSolver },
  unipc: { className: 'UniPCMultistepScheduler', create: unipc },
  euler: { className: 'EulerDiscreteScheduler', create: euler },
};

export const schedulerNames = Object.keys(SCHEDULERS) as SchedulerName[];

/**
 * A scheduler for one run of `steps` steps. Any checkpoint's config fits any scheduler.
 * @throws when the config asks for what the scheduler cannot do.
 */
export function createScheduler(
  name: SchedulerName,
  config: SchedulerConfig,
  steps: number,
  options: SchedulerOptions = {},
): Scheduler {
  const entry: Entry | undefined = SCHEDULERS[name];
  if (!entry) throw new Error(`scheduler "${name}" is unknown, wanted one of ${schedulerNames.join(', ')}`);
  return entry.create(config, steps, options);
}

/** The scheduler a checkpoint names by its class, or undefined where there is none of that name here. */
export function schedulerOfClass(className: string): SchedulerName | undefined {
  return schedulerNames.find((name) => SCHEDULERS[name].className === className);
}
