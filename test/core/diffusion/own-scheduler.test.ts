/** What is said of a scheduler config that the model's own scheduler, or every scheduler, refuses. */
import { describe, expect, it } from 'vitest';
import {
  mustChooseScheduler,
  noSchedulerFor,
  schedulerFor,
} from '../../../src/core/diffusion/create-scheduler.ts';

describe("a model's own scheduler that cannot be built", () => {
  it.each([
    [
      { _class_name: 'PNDMScheduler', prediction_type: 'sample' },
      /prediction_type "sample".*--scheduler: .*ddim/,
    ],
    [{ _class_name: 'DDPMScheduler', variance_type: 'learned_range' }, /learned_range.*--scheduler: .*ddim/],
    [{ _class_name: 'PNDMScheduler', timestep_spacing: 'odd' }, /timestep_spacing "odd".*--scheduler: /],
  ])('%j: another is to be chosen', (config, said) => {
    expect(noSchedulerFor(config)).toBeNull();
    expect(mustChooseScheduler(config)).toMatch(said);
    expect(() => schedulerFor('model', config)).toThrow(/^scheduler\/scheduler_config\.json: /);
  });

  it('an unknown beta_schedule: none helps', () => {
    const config = { _class_name: 'PNDMScheduler', beta_schedule: 'sigmoid' };
    expect(noSchedulerFor(config)).toMatch(/scheduler_config\.json: .*beta_schedule "sigmoid"/);
    expect(mustChooseScheduler(config)).toBeNull();
    expect(() => schedulerFor('model', config)).toThrow(/sigmoid/);
  });
});
