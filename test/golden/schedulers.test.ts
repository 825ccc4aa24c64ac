/** Whole trajectories of every scheduler against the oracle: timesteps, states, noising, img2img starts. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createScheduler,
  schedulerNames,
  schedulerOfClass,
} from '../../src/core/diffusion/create-scheduler.ts';
import {
  addNoise,
  noiseSchedule,
  type SchedulerConfig,
  velocity,
} from '../../src/core/diffusion/noise-schedule.ts';
import { startRun } from '../../src/core/diffusion/scheduler.ts';
import { img2imgStart } from '../../src/core/diffusion/timesteps.ts';
import { goldenPath, hasGolden, readGoldenJson } from './read-safetensors.ts';

interface Tolerance {
  max_abs: number;
  rel_l2: number;
}
interface Run {
  label: string;
  config_overrides: SchedulerConfig;
  num_inference_steps: number;
  timesteps: number[];
  init_noise_sigma: number;
  eta?: number;
  sigmas?: number[];
  noise_per_step?: (number[] | null)[];
  states: number[][];
  tol: Tolerance;
}
interface Case {
  scheduler: string;
  base_config: SchedulerConfig;
  alphas_cumprod_first: number;
  alphas_cumprod_last: number;
  alphas_cumprod_sum: number;
  alphas_cumprod_at: Record<string, number>;
  betas_first_last: [number, number];
  x_start: number[];
  x0: number[];
  noise: number[];
  runs: Run[];
  add_noise: { num_inference_steps: number; timestep: number; out: number[] }[];
  add_noise_any_timestep?: { timesteps: number[]; out: number[][] };
  get_velocity?: { timesteps: number[]; out: number[][] };
  img2img?: {
    num_inference_steps: number;
    strength: number;
    t_start_index: number;
    timesteps_used: number[];
  }[];
}

const present = hasGolden('schedulers');
const { tolerance } = present
  ? readGoldenJson<{ tolerance: { default: Tolerance } }>('schedulers', 'meta.json')
  : { tolerance: { default: { max_abs: 0, rel_l2: 0 } } };
const files = present
  ? readdirSync(goldenPath('schedulers')).filter((name) => name.endsWith('.json') && name !== 'meta.json')
  : [];

/** The oracle's stand-in for a network, evaluated in float64 and rounded. */
const model = (x: Float32Array, t: number) =>
  Float32Array.from(x, (value, i) => 0.3 * value + 0.1 * Math.sin(t / 100 + i));

function expectNear(what: string, got: ArrayLike<number>, want: ArrayLike<number>, tol: Tolerance): void {
  expect(got.length, `${what}: size`).toBe(want.length);
  let largest = 0;
  let square = 0;
  let norm = 0;
  for (let k = 0; k < want.length; k++) {
    const d = Math.abs(got[k] - want[k]);
    largest = Number.isNaN(d) ? Number.NaN : Math.max(largest, d);
    square += d * d;
    norm += want[k] ** 2;
  }
  expect(largest, `${what}: largest difference`).toBeLessThanOrEqual(tol.max_abs);
  expect(Math.sqrt(square / norm), `${what}: relative L2`).toBeLessThanOrEqual(tol.rel_l2);
}

describe.skipIf(!present)('schedulers against their oracle', () => {
  it('every scheduler of the oracle is here', () => {
    expect(files.length).toBeGreaterThan(0);
    const classes = files.map((file) => readGoldenJson<Case>('schedulers', file).scheduler);
    expect(classes.map(schedulerOfClass).sort()).toEqual([...schedulerNames].sort());
  });

  for (const file of files) {
    const oracle = readGoldenJson<Case>('schedulers', file);
    const name = schedulerOfClass(oracle.scheduler);
    if (!name) continue;
    const base = oracle.base_config;

    describe(oracle.scheduler, () => {
      it('noise schedule', () => {
        const { betas, alphasCumprod } = noiseSchedule(base);
        expect(betas[0]).toBeCloseTo(oracle.betas_first_last[0], 8);
        expect(betas[betas.length - 1]).toBeCloseTo(oracle.betas_first_last[1], 8);
        expect(alphasCumprod[0]).toBeCloseTo(oracle.alphas_cumprod_first, 6);
        expect(alphasCumprod[alphasCumprod.length - 1]).toBeCloseTo(oracle.alphas_cumprod_last, 7);
        const sum = alphasCumprod.reduce((total, a) => total + a, 0);
        expect(Math.abs(sum / oracle.alphas_cumprod_sum - 1)).toBeLessThan(1e-6);
        for (const [t, a] of Object.entries(oracle.alphas_cumprod_at)) {
          expect(Math.abs(alphasCumprod[Number(t)] - a), `t ${t}`).toBeLessThan(1e-6);
        }
      });

      for (const run of oracle.runs) {
        it(`${run.label}, ${run.num_inference_steps} steps`, () => {
          const config = { ...base, ...run.config_overrides };
          const scheduler = createScheduler(name, config, run.num_inference_steps, { eta: run.eta });
          expect(scheduler.timesteps.length).toBe(run.timesteps.length);
          run.timesteps.forEach((t, i) => {
            // Whole timesteps exactly; Euler's fractional ones are float32 in the oracle.
            if (name !== 'euler') expect(scheduler.timesteps[i]).toBe(t);
            else expect(Math.abs(scheduler.timesteps[i] - t)).toBeLessThan(5e-3);
          });
          expect(scheduler.initNoiseSigma).toBeCloseTo(run.init_noise_sigma, 4);
          const start = oracle.scheduler.startsWith('DDIMInverse') ? oracle.x0 : oracle.x_start;
          let x: Float32Array = Float32Array.from(start, (value) => value * scheduler.initNoiseSigma);
          expectNear('start', x, run.states[0], run.tol);
          const steps = startRun(scheduler);
          for (let i = 0; i < scheduler.timesteps.length; i++) {
            const output = model(scheduler.scaleInput(x, i), scheduler.timesteps[i]);
            const drawn = run.noise_per_step?.[i];
            x = steps.step(output, i, x, drawn ? () => Float32Array.from(drawn) : undefined);
            expectNear(`state ${i + 1}`, x, run.states[i + 1], run.tol);
          }
        });
      }

      it('noising', () => {
        const x0 = Float32Array.from(oracle.x0);
        const noise = Float32Array.from(oracle.noise);
        // The inverse has no noising of its own in the oracle.
        if (name !== 'ddim-inverse') expect(oracle.add_noise.length).toBeGreaterThan(0);
        for (const { num_inference_steps, timestep, out } of oracle.add_noise) {
          const scheduler = createScheduler(name, base, num_inference_steps);
          expectNear(`t ${timestep}`, scheduler.addNoise(x0, noise, timestep), out, tolerance.default);
        }
        const { alphasCumprod } = noiseSchedule(base);
        oracle.add_noise_any_timestep?.timesteps.forEach((t, i) => {
          const want = oracle.add_noise_any_timestep!.out[i];
          expectNear(`any t ${t}`, addNoise(x0, noise, alphasCumprod[t]), want, tolerance.default);
        });
        oracle.get_velocity?.timesteps.forEach((t, i) => {
          const want = oracle.get_velocity!.out[i];
          expectNear(`velocity ${t}`, velocity(x0, noise, alphasCumprod[t]), want, tolerance.default);
        });
      });

      it.skipIf(!oracle.img2img)('img2img starts', () => {
        for (const start of oracle.img2img!) {
          const scheduler = createScheduler(name, base, start.num_inference_steps);
          const at = img2imgStart(start.num_inference_steps, start.strength);
          expect(at).toBe(start.t_start_index);
          const used = scheduler.timesteps.slice(at);
          expect(used.length).toBe(start.timesteps_used.length);
          used.forEach((t, i) => {
            expect(t).toBeCloseTo(start.timesteps_used[i], 3);
          });
        }
      });
    });
  }
});
