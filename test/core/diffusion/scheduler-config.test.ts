/** scheduler_config.json: what is read, and what no schedule can be built of. */
import { describe, expect, it } from 'vitest';
import { schedulerConfig } from '../../../src/core/diffusion/scheduler-config.ts';

const own = {
  _class_name: 'PNDMScheduler',
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
};

describe("a scheduler's config", () => {
  it('is taken as it is, and null stands for the default', () => {
    expect(schedulerConfig({ ...own, trained_betas: null, variance_type: null })).toEqual(own);
    const trained = { ...own, trained_betas: [0.1, 0.2], disable_corrector: [] };
    expect(schedulerConfig(trained)).toEqual(trained);
    expect(schedulerConfig({})).toEqual({});
  });

  it.each([
    ['num_train_timesteps', 0, 'an integer of 1 to 100000'],
    ['num_train_timesteps', -1, 'an integer of 1 to 100000'],
    ['num_train_timesteps', 1e12, 'an integer of 1 to 100000'],
    ['num_train_timesteps', 1.5, 'an integer of 1 to 100000'],
    ['num_train_timesteps', '"1000"', 'an integer of 1 to 100000'],
    ['beta_start', '1e999', 'a number of 0 to 1'],
    ['beta_end', -0.1, 'a number of 0 to 1'],
    ['steps_offset', 1e9, 'an integer of 0 to 100000'],
    ['trained_betas', '"half"', 'a list of at most 100000 numbers'],
    ['trained_betas', '[0.1,1e999]', 'a list of at most 100000 numbers'],
    ['trained_betas', '[0.1,2]', 'a list of at most 100000 numbers of 0 to 1'],
    ['solver_order', 1e9, 'an integer of 1 to 3'],
    ['disable_corrector', 7, 'a list of at most 100000 numbers'],
  ])('%s %s is refused', (field, value, wanted) => {
    const json = JSON.parse(JSON.stringify({ ...own, [field]: '@' }).replace('"@"', String(value)));
    expect(() => schedulerConfig(json)).toThrow(
      new RegExp(`^scheduler config: ${field} is .*expected ${wanted}`),
    );
  });

  it('is an object', () => {
    expect(() => schedulerConfig([])).toThrow('scheduler config: expected an object of fields');
  });
});
