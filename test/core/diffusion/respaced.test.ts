import { expect, it } from 'vitest';
import { createScheduler } from '../../../src/core/diffusion/create-scheduler.ts';
import { schedulerConfig } from '../../../src/core/diffusion/scheduler-config.ts';
import type { SchedulerName } from '../../../src/shared/schedulers.ts';
import reference from '../../fixtures/schedulers/respaced.json' with { type: 'json' };

it.each(
  reference.cases.map((one) => {
    const spacing = Object.keys(one.config).find((key) => key.startsWith('use_'));
    return [`${one.name} ${spacing} beta_end ${one.config.beta_end} ${one.steps} steps`, one] as const;
  }),
)('%s: the timesteps of the reference', (_, { name, config, steps, timesteps }) => {
  const ours = createScheduler(name as SchedulerName, schedulerConfig(config), steps).timesteps;
  expect([...ours].length).toBe(timesteps.length);
  // Whole timesteps are exact; the reference computes those in the middle of DPM2's steps in float32.
  for (const [i, t] of timesteps.entries()) expect(ours[i], `call ${i}`).toBeCloseTo(t, 1);
});
