/** Owns reading scheduler_config.json: each number in it has a range, as a schedule is built by them. */
import { configFields, most, type Range, ranges } from '../nn/config-fields.ts';
import type { SchedulerConfig } from './noise-schedule.ts';

/** Of the numbers that are read, what they may be. */
const numbers: Partial<Record<keyof SchedulerConfig, Range>> = {
  beta_start: ranges.share,
  beta_end: ranges.share,
  clip_sample_range: ranges.factor,
  dynamic_thresholding_ratio: ranges.share,
  sample_max_value: ranges.factor,
  sigma_min: ranges.factor,
  sigma_max: ranges.factor,
  timestep_scaling: ranges.factor,
};
const integers: Partial<Record<keyof SchedulerConfig, Range>> = {
  num_train_timesteps: [1, most.timesteps],
  steps_offset: [0, most.timesteps],
  solver_order: [1, 3],
  original_inference_steps: [1, most.timesteps],
};
/** Of each number of a list. */
const lists: Partial<Record<keyof SchedulerConfig, Range>> = {
  trained_betas: ranges.share,
  disable_corrector: [0, most.timesteps],
};

/** @throws an error that names the field, what it is and what was wanted. */
export function schedulerConfig(json: unknown): SchedulerConfig {
  configFields(json, 'scheduler');
  // Newer files write null for what is left to its default.
  const fields = Object.fromEntries(Object.entries(json as object).filter(([, value]) => value !== null));
  const c = configFields(fields, 'scheduler');
  for (const [name, range] of Object.entries(numbers)) if (name in fields) c.number(name, range);
  for (const [name, range] of Object.entries(integers)) if (name in fields) c.integer(name, range);
  for (const [name, range] of Object.entries(lists))
    if (name in fields) c.eachNumber(name, range, most.timesteps);
  return fields as SchedulerConfig;
}
