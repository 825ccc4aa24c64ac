/**
 * Full loops of diffusers 0.42 (the configurations of its own scheduler tests, on a formula in place of a network):
 * timesteps, the sum of magnitudes after every step, and the end. Uses ../shared/today/schedulers.json.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScheduler, schedulerOfClass } from '../../src/core/diffusion/create-scheduler.ts';
import type { SchedulerConfig } from '../../src/core/diffusion/noise-schedule.ts';
import { startRun } from '../../src/core/diffusion/scheduler.ts';
import { torchRandn } from './torch-randn.ts';

interface Run {
  scheduler: string;
  config: SchedulerConfig;
  steps: number;
  timesteps: number[];
  start: string;
  absSumAfterEachStep: number[];
  finalFirst8: number[];
}

const file = join(import.meta.dirname, '../../../shared/today/schedulers.json');
const present = existsSync(file);
if (!present) console.warn('skipped: no loops of diffusers at ../shared/today/schedulers.json');

/** Runs that are not compared, each with its reason. */
function leftOut({ scheduler, config }: Run): string | null {
  if (scheduler === 'IPNDMScheduler')
    return 'for networks whose timesteps run from 1 to 0: no Stable Diffusion';
  if (scheduler === 'EDMEulerScheduler')
    return 'for networks with preconditioning of their own: no Stable Diffusion';
  // Recorded without a seed: runs that must begin alike (orders 1 and 2) differ at their first step.
  if (scheduler === 'DPMSolverSinglestepScheduler' && config.algorithm_type === 'sde-dpmsolver++')
    return 'its noise was not seeded';
  return null;
}

describe.skipIf(!present)('loops of diffusers 0.42', () => {
  const oracle = present
    ? (JSON.parse(readFileSync(file, 'utf8')) as { starts: Record<string, number[]>; runs: Run[] })
    : { starts: {}, runs: [] };
  const compared = oracle.runs.filter((run) => leftOut(run) === null);
  const told = (run: Run) =>
    Object.entries(run.config)
      .filter(([key]) => /order|algorithm|solver_type|prediction|use_(karras|lu)|^thresholding/.test(key))
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');

  it('are all compared but ten', () => {
    expect(oracle.runs).toHaveLength(127);
    expect(compared).toHaveLength(117);
  });

  it.each(compared.map((run) => [`${run.scheduler} ${told(run)}`, run] as const))('%s', (_, run) => {
    const name = schedulerOfClass(run.scheduler);
    if (!name) throw new Error(`${run.scheduler} is not known`);
    const start = oracle.starts[run.start];
    // TCD's loop has eta 0; the batch of the loops has four rows.
    const scheduler = createScheduler(name, run.config, run.steps, { eta: 0, rows: 4 });
    const noise = torchRandn(0);
    const steps = startRun(scheduler);
    let x: Float32Array = Float32Array.from(start, (value) => value * scheduler.initNoiseSigma);
    expect(scheduler.timesteps).toHaveLength(run.timesteps.length);
    for (const [i, t] of scheduler.timesteps.entries()) {
      expect(Math.abs(t - run.timesteps[i])).toBeLessThan(2e-3 * Math.max(1, t));
      // As in those tests, the scaled input itself is stepped from.
      x = scheduler.scaleInput(x, i);
      const output = x.map((value) => (value * t) / (t + 1));
      x = steps.step(output, i, x, noise);
      const sum = x.reduce((total, value) => total + Math.abs(value), 0);
      expect(sum / run.absSumAfterEachStep[i], `step ${i}`).toBeCloseTo(1, 4);
    }
    for (const [k, want] of run.finalFirst8.entries())
      expect(Math.abs(x[k] - want)).toBeLessThan(2e-5 * Math.max(1, Math.abs(want)));
  });
});
