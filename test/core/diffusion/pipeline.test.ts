/** The denoising loop over networks that are known in closed form. */
import { describe, expect, it } from 'vitest';
import { createScheduler } from '../../../src/core/diffusion/create-scheduler.ts';
import { noiseSchedule, type SchedulerConfig } from '../../../src/core/diffusion/noise-schedule.ts';
import {
  firstStageSteps,
  fromImage,
  fromNoise,
  invert,
  type NoisePredictor,
  sample,
} from '../../../src/core/diffusion/pipeline.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import type { SchedulerName } from '../../../src/shared/schedulers.ts';

const config: SchedulerConfig = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  skip_prk_steps: true,
  steps_offset: 1,
  clip_sample: false,
  set_alpha_to_one: false,
};
const size = 24;
const { alphasCumprod } = noiseSchedule(config);
/** alpha-bar at a timestep between rows too (Euler's): linear in sigma, as its schedule is. */
function alphaAt(t: number): number {
  const sigmaOf = (i: number) => Math.sqrt((1 - alphasCumprod[i]) / alphasCumprod[i]);
  const low = Math.max(0, Math.floor(t));
  const high = Math.min(999, low + 1);
  const sigma = sigmaOf(low) + Math.max(0, t - low) * (sigmaOf(high) - sigmaOf(low));
  return 1 / (1 + sigma * sigma);
}

const target = randn(size, rngFromSeed(1)).map((v) => 0.5 * v);
/** The perfect network for data that is `target` alone, as epsilon or as v. */
const perfect =
  (type: 'epsilon' | 'v_prediction'): NoisePredictor =>
  async (x, t) => {
    const a = alphaAt(t);
    return x.map((value, k) => {
      const x0 = target[k % size];
      const eps = (value - Math.sqrt(a) * x0) / Math.sqrt(1 - a);
      return type === 'epsilon' ? eps : Math.sqrt(a) * eps - Math.sqrt(1 - a) * x0;
    });
  };
const largest = (a: Float32Array, b: Float32Array) =>
  a.reduce((m, value, k) => Math.max(m, Math.abs(value - b[k])), 0);
const alone = () => ({ states: [new Float32Array(1)], scales: [] });

describe('sample', () => {
  it.each(['pndm', 'ddim', 'ddpm', 'dpm-solver++', 'unipc', 'euler'] as SchedulerName[])(
    '%s reaches the data, and reads v as it reads epsilon',
    async (name) => {
      const results: Float32Array[] = [];
      for (const type of ['epsilon', 'v_prediction'] as const) {
        const scheduler = createScheduler(name, { ...config, prediction_type: type }, 20);
        const rng = rngFromSeed(3);
        results.push(
          await sample({
            predict: perfect(type),
            scheduler,
            ...fromNoise(scheduler, randn(size, rngFromSeed(2))),
            conditioning: alone,
            noise: (n) => randn(n, rng),
          }),
        );
      }
      // The last step leaves at most the noise of timestep 0 (sigma 0.03).
      expect(largest(results[0], target)).toBeLessThan(0.12);
      // PNDM's reference mixes the outputs of several steps as they are, which for v is not the same mixture.
      expect(largest(results[1], results[0])).toBeLessThan(name === 'pndm' ? 0.03 : 1e-4);
    },
  );

  it('calls the network once with all that guidance compares, and mixes it by the scales', async () => {
    const scheduler = createScheduler('ddim', config, 4);
    const calls: number[][] = [];
    const predict: NoisePredictor = async (x, _, states) => {
      calls.push([x.length, states[0], states[1]]);
      return x.map((_, k) => states[Math.floor(k / size)]);
    };
    const run = (states: number[], scales: number[]) =>
      sample({
        predict,
        scheduler,
        ...fromNoise(scheduler, randn(size, rngFromSeed(2))),
        conditioning: () => ({ states: states.map((value) => Float32Array.of(value)), scales }),
      });
    const guided = await run([0.25, 0.5], [3]);
    expect(calls).toEqual(Array(4).fill([2 * size, 0.25, 0.5]));
    // 0.25 + 3 (0.5 - 0.25) = 1
    expect(largest(guided, await run([1], []))).toBe(0);
    expect(calls.at(-1)).toEqual([size, 1, undefined]);
    // 0.25 + 2 (0.5 - 0.25) + 4 (0.625 - 0.5) = 1.25
    expect(largest(await run([0.25, 0.5, 0.625], [2, 4]), await run([1.25], []))).toBe(0);
  });

  it('asks for the conditioning of every step and tells every result', async () => {
    const scheduler = createScheduler('pndm', config, 5);
    const asked: number[] = [];
    const told: number[] = [];
    const latents = randn(size, rngFromSeed(2));
    const before = latents.slice();
    const last = await sample({
      predict: perfect('epsilon'),
      scheduler,
      latents,
      start: 2,
      conditioning: (i) => {
        asked.push(i);
        return alone();
      },
      onStep: (i, now) => {
        told.push(i);
        expect(now).toHaveLength(size);
      },
    });
    expect(asked).toEqual([2, 3, 4, 5]);
    expect(told).toEqual(asked);
    expect(latents).toEqual(before);
    expect(last).not.toEqual(before);
    await expect(
      sample({
        predict: perfect('epsilon'),
        scheduler,
        latents,
        start: 6,
        conditioning: alone,
      }),
    ).rejects.toThrow('start at step 6, wanted 0 to 5');
  });
});

describe('where a run starts', () => {
  it('an image, at the share of the steps that the strength leaves', () => {
    const scheduler = createScheduler('ddim', config, 10);
    const noise = randn(size, rngFromSeed(4));
    const { latents, start } = fromImage(scheduler, 10, target, noise, 0.6);
    expect(start).toBe(4);
    const a = alphasCumprod[scheduler.timesteps[4]];
    expect(latents[3]).toBeCloseTo(Math.sqrt(a) * target[3] + Math.sqrt(1 - a) * noise[3], 6);
    expect(() => fromImage(scheduler, 10, target, noise, 0.05)).toThrow('leaves none to run');
  });

  it("noise at the scheduler's own scale", () => {
    const scheduler = createScheduler('euler', config, 10);
    const { latents } = fromNoise(scheduler, Float32Array.of(1, -2));
    expect(latents[0]).toBeCloseTo(scheduler.initNoiseSigma, 4);
    expect(scheduler.initNoiseSigma).toBeGreaterThan(10);
  });
});

it('inversion and sampling cancel for a network that is consistent along the path', async () => {
  const seen: number[] = [];
  const predict: NoisePredictor = async (x, t) => {
    seen.push(t);
    return x.map((_, k) => Math.sin(k));
  };
  const states = new Float32Array(1);
  const noise = await invert({ predict, config, steps: 10, latents: target, states });
  expect(seen).toEqual([1, 101, 201, 301, 401, 501, 601, 701, 801, 901]);
  const back = await sample({
    predict,
    scheduler: createScheduler('ddim', config, 10),
    latents: noise,
    conditioning: alone,
  });
  expect(largest(noise, target)).toBeGreaterThan(0.1);
  expect(largest(back, target)).toBeLessThan(1e-5);
});

it.each([
  [0, 0],
  [0.3, 3],
  [0.4, 4],
  [1, 10],
])('a share of %d leaves %d of ten steps to the first prompt', (share, steps) => {
  const { timesteps } = createScheduler('ddim', config, 10);
  expect(firstStageSteps(timesteps, 1000, share)).toBe(steps);
});

it('a repeated timestep of PNDM stays in its stage', () => {
  const { timesteps } = createScheduler('pndm', config, 10);
  expect(timesteps.slice(0, 4)).toEqual([901, 801, 801, 701]);
  expect(firstStageSteps(timesteps, 1000, 0.2)).toBe(3);
  expect(() => firstStageSteps(timesteps, 1000, 1.2)).toThrow('wanted 0 to 1');
});
