/**
 * Owns the table of schedulers: name, the class name a checkpoint's config gives it, its constructor, and the keys of a
 * config that belong to it alone. What a config asks for is done or refused, never passed over.
 */
import { type SchedulerName, schedulerChoices } from '../../shared/schedulers.ts';
import { ddim } from './ddim.ts';
import { ddimInverse } from './ddim-inverse.ts';
import { ddpm } from './ddpm.ts';
import { deis } from './deis.ts';
import { lcm, tcd } from './distilled.ts';
import { dpmSolver } from './dpm-solver.ts';
import { dpmSolverSingle } from './dpm-solver-single.ts';
import { dpm2, dpm2Ancestral } from './dpm2.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { heun } from './heun.ts';
import { lms } from './lms.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { pndm } from './pndm.ts';
import type { Scheduler, SchedulerOptions } from './scheduler.ts';
import { unipc } from './unipc.ts';

interface Entry {
  /** `_class_name` in scheduler_config.json */
  className: string;
  create(config: SchedulerConfig, steps: number, options: SchedulerOptions): Scheduler;
}

const SCHEDULERS: Record<SchedulerName, Entry> = {
  pndm: { className: 'PNDMScheduler', create: pndm },
  ddim: { className: 'DDIMScheduler', create: ddim },
  ddpm: { className: 'DDPMScheduler', create: ddpm },
  'ddim-inverse': { className: 'DDIMInverseScheduler', create: ddimInverse },
  'dpm-solver++': { className: 'DPMSolverMultistepScheduler', create: dpmSolver },
  'dpm-solver-single': { className: 'DPMSolverSinglestepScheduler', create: dpmSolverSingle },
  unipc: { className: 'UniPCMultistepScheduler', create: unipc },
  deis: { className: 'DEISMultistepScheduler', create: deis },
  euler: { className: 'EulerDiscreteScheduler', create: euler },
  'euler-ancestral': { className: 'EulerAncestralDiscreteScheduler', create: eulerAncestral },
  heun: { className: 'HeunDiscreteScheduler', create: heun },
  lms: { className: 'LMSDiscreteScheduler', create: lms },
  dpm2: { className: 'KDPM2DiscreteScheduler', create: dpm2 },
  'dpm2-ancestral': { className: 'KDPM2AncestralDiscreteScheduler', create: dpm2Ancestral },
  lcm: { className: 'LCMScheduler', create: lcm },
  tcd: { className: 'TCDScheduler', create: tcd },
};

export const schedulerNames = Object.keys(SCHEDULERS) as SchedulerName[];

/** Keys that make another method of the scheduler, which is not here: value -> what it is. */
const UNSUPPORTED: Record<string, string> = {
  use_flow_sigmas: 'noise levels of flow-matching models',
  use_dynamic_shifting: 'noise levels of flow-matching models',
  shift_terminal: 'noise levels of flow-matching models',
  solver_p: 'a solver within the solver',
};

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
  if (!entry)
    throw new Error(`scheduler "${name}" is unknown, expected one of ${schedulerChoices.join(', ')}`);
  for (const [key, meaning] of Object.entries(UNSUPPORTED)) {
    if ((config as Record<string, unknown>)[key])
      throw new Error(`${name}: the scheduler config sets ${key} (${meaning}), which Crux does not do`);
  }
  return entry.create(config, steps, options);
}

/** The scheduler a checkpoint names by its class, or undefined where there is none of that name here. */
export function schedulerOfClass(className: string): SchedulerName | undefined {
  return schedulerNames.find((name) => SCHEDULERS[name].className === className);
}
