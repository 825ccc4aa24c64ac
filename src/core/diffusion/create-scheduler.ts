/**
 * Owns the table of schedulers: name, the class name a checkpoint's config gives it, its constructor, and the keys of a
 * config that belong to it alone. What a config asks for is done or refused, never passed over.
 */
import { type SchedulerName, type SchedulerSetting, schedulerChoices } from '../../shared/schedulers.ts';
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

type Key = keyof SchedulerConfig;

interface Entry {
  /** `_class_name` in scheduler_config.json */
  className: string;
  /** What of a config it reads, beside the noise schedule and the prediction type. */
  keys: readonly Key[];
  create(config: SchedulerConfig, steps: number, options: SchedulerOptions): Scheduler;
}

/** Of the model rather than of a scheduler: every one reads them. */
const MODEL_KEYS: readonly Key[] = [
  'num_train_timesteps',
  'beta_start',
  'beta_end',
  'beta_schedule',
  'trained_betas',
  'rescale_betas_zero_snr',
  'prediction_type',
];
const SPACING: readonly Key[] = ['timestep_spacing', 'steps_offset'];
const SIGMAS: readonly Key[] = [
  'use_karras_sigmas',
  'use_exponential_sigmas',
  'use_beta_sigmas',
  'sigma_min',
  'sigma_max',
];
const THRESHOLD: readonly Key[] = ['thresholding', 'dynamic_thresholding_ratio', 'sample_max_value'];
const CLIP: readonly Key[] = ['clip_sample', 'clip_sample_range'];
const DISCRETE: readonly Key[] = [...SPACING, ...CLIP, ...THRESHOLD];
const SOLVER: readonly Key[] = [...SIGMAS, ...THRESHOLD, 'solver_order', 'lower_order_final'];
const DPM: readonly Key[] = [
  ...SOLVER,
  'use_lu_lambdas',
  'final_sigmas_type',
  'lambda_min_clipped',
  'algorithm_type',
  'solver_type',
];
const KARRAS: readonly Key[] = [
  ...SPACING,
  ...SIGMAS,
  ...CLIP,
  'final_sigmas_type',
  'interpolation_type',
  'timestep_type',
];

const SCHEDULERS: Record<SchedulerName, Entry> = {
  pndm: {
    className: 'PNDMScheduler',
    keys: [...SPACING, 'skip_prk_steps', 'set_alpha_to_one'],
    create: pndm,
  },
  ddim: { className: 'DDIMScheduler', keys: [...DISCRETE, 'set_alpha_to_one'], create: ddim },
  ddpm: { className: 'DDPMScheduler', keys: [...DISCRETE, 'variance_type'], create: ddpm },
  'ddim-inverse': {
    className: 'DDIMInverseScheduler',
    keys: [...DISCRETE, 'set_alpha_to_one'],
    create: ddimInverse,
  },
  'dpm-solver++': {
    className: 'DPMSolverMultistepScheduler',
    keys: [...SPACING, ...DPM, 'euler_at_final'],
    create: dpmSolver,
  },
  'dpm-solver-single': { className: 'DPMSolverSinglestepScheduler', keys: DPM, create: dpmSolverSingle },
  unipc: {
    className: 'UniPCMultistepScheduler',
    keys: [...SPACING, ...SOLVER, 'final_sigmas_type', 'solver_type', 'predict_x0', 'disable_corrector'],
    create: unipc,
  },
  deis: { className: 'DEISMultistepScheduler', keys: [...SPACING, ...SOLVER], create: deis },
  euler: { className: 'EulerDiscreteScheduler', keys: KARRAS, create: euler },
  'euler-ancestral': {
    className: 'EulerAncestralDiscreteScheduler',
    keys: KARRAS,
    create: eulerAncestral,
  },
  heun: { className: 'HeunDiscreteScheduler', keys: KARRAS, create: heun },
  lms: { className: 'LMSDiscreteScheduler', keys: KARRAS, create: lms },
  dpm2: { className: 'KDPM2DiscreteScheduler', keys: KARRAS, create: dpm2 },
  'dpm2-ancestral': { className: 'KDPM2AncestralDiscreteScheduler', keys: KARRAS, create: dpm2Ancestral },
  lcm: {
    className: 'LCMScheduler',
    keys: [...CLIP, ...THRESHOLD, 'original_inference_steps', 'timestep_scaling'],
    create: lcm,
  },
  tcd: { className: 'TCDScheduler', keys: ['original_inference_steps'], create: tcd },
};

export const schedulerNames = Object.keys(SCHEDULERS) as SchedulerName[];

/** What a checkpoint's config calls each. */
export const schedulerClasses = Object.entries(SCHEDULERS).map(
  ([name, { className }]) => [name, className] as const,
);

/** Keys that make another method of the scheduler, which is not here: value -> what it is. */
const UNSUPPORTED = {
  use_flow_sigmas: 'noise levels of flow-matching models',
  use_dynamic_shifting: 'noise levels of flow-matching models',
  shift_terminal: 'noise levels of flow-matching models',
  solver_p: 'a solver within the solver',
} satisfies Record<string, string>;

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
  const unsupported = unsupportedOf(config);
  if (unsupported) throw new Error(`${name}: ${unsupported}`);
  return entry.create(config, steps, options);
}

/** What a config asks for that no scheduler here does, whichever is chosen; null: nothing. */
export function unsupportedOf(config: SchedulerConfig): string | null {
  const set = Object.entries(UNSUPPORTED).find(([key]) => (config as Record<string, unknown>)[key]);
  return set ? `the scheduler config sets ${set[0]} (${set[1]}), which Crux does not do` : null;
}

/** Why no scheduler here can be built by a config, so that nothing can be done with its model; null: one can. */
export function noSchedulerFor(config: SchedulerConfig): string | null {
  const unsupported = unsupportedOf(config);
  if (unsupported) return unsupported;
  if (schedulerChoices.some((name) => refusalOf(name, config) === null)) return null;
  return `${CONFIG_FILE}: ${refusalOf(schedulerChoices[0], config)}`;
}

/** Why a job must choose a scheduler, as the model's own cannot be used; null: it need not, or none would help. */
export function mustChooseScheduler(config: SchedulerConfig): string | null {
  if (noSchedulerFor(config)) return null;
  try {
    schedulerFor('model', config);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const CONFIG_FILE = 'scheduler/scheduler_config.json';

/** A number of steps that every scheduler takes, the distilled ones and a Runge-Kutta warm-up among them. */
const FEW_STEPS = 4;

/** What a scheduler refuses of a config, whatever the job; null: nothing. */
function refusalOf(name: SchedulerName, config: SchedulerConfig): string | null {
  try {
    createScheduler(name, config, FEW_STEPS);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The scheduler a checkpoint names by its class, or undefined where there is none of that name here. */
export function schedulerOfClass(className: string): SchedulerName | undefined {
  return schedulerNames.find((name) => SCHEDULERS[name].className === className);
}

/** The scheduler that a job's setting means for a model. @throws when the model's own cannot be used. */
export function schedulerFor(setting: SchedulerSetting, config: SchedulerConfig): SchedulerName {
  if (setting !== 'model') return setting;
  const className = config._class_name;
  const own = className === undefined ? undefined : schedulerOfClass(className);
  const refused = own && refusalOf(own, config);
  if (refused) {
    const others = schedulerChoices.filter((name) => refusalOf(name, config) === null);
    const remedy = others.length > 0 ? `; choose one with --scheduler: ${others.join(', ')}` : '';
    throw new Error(`${CONFIG_FILE}: ${refused}${remedy}`);
  }
  if (own) return own;
  const named = className === undefined ? 'names no class' : `is of ${className}, which Crux does not have`;
  throw new Error(
    `the model's scheduler config ${named}; choose one with --scheduler: ${schedulerChoices.join(', ')}`,
  );
}

/**
 * What a chosen scheduler takes from a config written for another one, and what has no meaning to it; null where the
 * config is its own. Only keys that say something count.
 */
export function keptOfConfig(
  name: SchedulerName,
  config: SchedulerConfig,
): { kept: string[]; dropped: string[] } | null {
  const { className, keys } = SCHEDULERS[name];
  if (config._class_name === className) return null;
  const read = new Set<string>([...MODEL_KEYS, ...keys]);
  const said = Object.entries(config)
    .filter(([key, value]) => !key.startsWith('_') && value !== null && value !== undefined)
    .map(([key]) => key)
    .sort();
  return { kept: said.filter((key) => read.has(key)), dropped: said.filter((key) => !read.has(key)) };
}
