/** What must hold of every scheduler by its equations, without an oracle. */
import { describe, expect, it } from 'vitest';
import {
  createScheduler,
  schedulerNames,
  schedulerOfClass,
} from '../../../src/core/diffusion/create-scheduler.ts';
import { addNoise, noiseSchedule, type SchedulerConfig } from '../../../src/core/diffusion/noise-schedule.ts';
import {
  initialState,
  type Scheduler,
  type SchedulerName,
  startRun,
} from '../../../src/core/diffusion/scheduler.ts';
import { closedTimesteps, img2imgStart, openTimesteps } from '../../../src/core/diffusion/timesteps.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { roundHalfEven } from '../../../src/core/round.ts';

const config: SchedulerConfig = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  clip_sample: false,
  set_alpha_to_one: true,
  skip_prk_steps: true,
};
const { alphasCumprod } = noiseSchedule(config);
const rng = rngFromSeed(11);
const x0 = randn(16, rng);
const eps = randn(16, rng);
const noise = (n: number) => randn(n, rng);

function run(scheduler: Scheduler, start: Float32Array, model: (x: Float32Array, t: number) => Float32Array) {
  const steps = startRun(scheduler);
  let x: Float32Array = start;
  for (const [i, t] of scheduler.timesteps.entries()) {
    x = steps.step(model(scheduler.scaleInput(x, i), t), i, x, noise);
  }
  return x;
}
function expectNear(got: Float32Array, want: ArrayLike<number>, tolerance: number) {
  for (let k = 0; k < got.length; k++) expect(Math.abs(got[k] - want[k])).toBeLessThan(tolerance);
}

describe('noise schedule', () => {
  it('has the closed-form values of its three kinds', () => {
    const { betas } = noiseSchedule(config);
    const root = Math.sqrt(0.00085) + ((Math.sqrt(0.012) - Math.sqrt(0.00085)) * 499) / 999;
    expect(betas[499]).toBe(Math.fround(root * root));
    expect(alphasCumprod[0]).toBe(Math.fround(1 - betas[0]));
    expect(alphasCumprod[500] / alphasCumprod[499]).toBeCloseTo(1 - betas[500], 6);
    expect(noiseSchedule({}).betas[999]).toBe(Math.fround(0.02));
    expect(noiseSchedule({}).betas[500]).toBeCloseTo(0.0001 + (0.0199 * 500) / 999, 9);
    const cosine = noiseSchedule({ beta_schedule: 'squaredcos_cap_v2' }).alphasCumprod;
    const bar = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    expect(cosine[499]).toBeCloseTo(bar(0.5) / bar(0), 6);
    expect(noiseSchedule({ trained_betas: [0.5, 0.5] }).alphasCumprod[1]).toBe(0.25);
  });
  it('refuses what it cannot do', () => {
    expect(() => noiseSchedule({ beta_schedule: 'sigmoid' })).toThrow(/beta_schedule "sigmoid"/);
    expect(() => noiseSchedule({ trained_betas: [0.1, 1] })).toThrow(/beta 1 at timestep 1/);
    expect(() => noiseSchedule({ rescale_betas_zero_snr: true })).toThrow(/rescale_betas_zero_snr/);
  });
});

describe('timesteps', () => {
  it('of many Karras steps are each visited once', () => {
    const many = createScheduler('dpm-solver++', { ...config, use_karras_sigmas: true }, 200);
    expect(many.timesteps.length).toBeLessThan(200);
    expect(new Set(many.timesteps).size).toBe(many.timesteps.length);
  });
  it('follow the three spacings', () => {
    expect(closedTimesteps('leading', 1000, 4, 1)).toEqual([751, 501, 251, 1]);
    expect(closedTimesteps('linspace', 1000, 4, 1)).toEqual([999, 666, 333, 0]);
    expect(closedTimesteps('trailing', 1000, 4, 1)).toEqual([999, 749, 499, 249]);
    expect(closedTimesteps('trailing', 1000, 16, 0)[1]).toBe(937); // 937.5 rounds to 938, then 1 less
    expect(openTimesteps('leading', 1000, 4, 1)).toEqual([801, 601, 401, 201]);
    expect(openTimesteps('linspace', 1000, 3, 1)).toEqual([999, 666, 333]);
    expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 4, 2, 3]);
  });
  it('img2img runs the last share of the steps', () => {
    expect([0.01, 0.3, 0.5, 1].map((s) => img2imgStart(10, s))).toEqual([10, 7, 5, 0]);
    for (const bad of [0, -1, 1.01, Number.NaN]) expect(() => img2imgStart(10, bad)).toThrow(/strength/);
  });
  it('are within the schedule, for any number of steps and spacing', () => {
    for (const name of schedulerNames) {
      for (const timestep_spacing of ['leading', 'linspace', 'trailing']) {
        for (const steps of [1, 2, 7, 50]) {
          const { timesteps } = createScheduler(name, { ...config, timestep_spacing }, steps);
          expect(timesteps.length).toBe(name === 'pndm' && steps > 1 ? steps + 1 : steps);
          for (const t of timesteps) {
            expect(t).toBeLessThan(1000);
            if (name !== 'ddim-inverse') expect(t).toBeGreaterThanOrEqual(0);
          }
        }
      }
    }
  });
});

describe('with the exact noise known, a run returns to x_0', () => {
  const outputs: Record<string, (a: number) => Float32Array> = {
    epsilon: () => eps,
    v_prediction: (a) => eps.map((e, k) => Math.sqrt(a) * e - Math.sqrt(1 - a) * x0[k]),
    sample: () => x0,
  };
  for (const name of schedulerNames.filter((n) => n !== 'ddim-inverse')) {
    // PNDM mixes predictions of several timesteps, and only epsilon is the same at all of them.
    for (const prediction_type of name === 'pndm' ? ['epsilon'] : Object.keys(outputs)) {
      it(`${name}, ${prediction_type}`, () => {
        // DPM-Solver++ and UniPC stop at timestep 0, which keeps a little noise.
        const solver = name === 'dpm-solver++' || name === 'unipc';
        const end = solver ? alphasCumprod[0] : 1;
        const want = x0.map((v, k) => Math.sqrt(end) * v + Math.sqrt(1 - end) * eps[k]);
        for (const steps of [1, 5, 20]) {
          const scheduler = createScheduler(name, { ...config, prediction_type }, steps);
          const t = scheduler.timesteps[0];
          const start = scheduler.addNoise(x0, eps, t);
          const alphaAt = (at: number) => alphasCumprod[at];
          // Euler's last whole timestep may be interpolated; its alpha-bar comes from sigma.
          const got = run(scheduler, start, (_, at) => {
            if (name !== 'euler') return outputs[prediction_type](alphaAt(at));
            const low = Math.floor(at);
            const sigmaAt = (n: number) => Math.sqrt(1 / alphasCumprod[Math.min(n, 999)] - 1);
            const sigma = sigmaAt(low) + (at - low) * (sigmaAt(low + 1) - sigmaAt(low));
            return outputs[prediction_type](1 / (sigma * sigma + 1));
          });
          if (name === 'ddpm' && steps > 1) {
            // Ancestral noise is unknown to this model: only the last step, which lands on alpha-bar = 1, is exact.
            if (prediction_type === 'sample') expectNear(got, x0, 1e-5);
          } else expectNear(got, want, 2e-5);
        }
      });
    }
  }
  it('ddim-inverse ends at the same noise on the last timestep', () => {
    const inverse = createScheduler('ddim-inverse', { ...config, set_alpha_to_one: true }, 10);
    expectNear(
      run(inverse, x0, () => eps),
      addNoise(x0, eps, alphasCumprod[901]),
      1e-5,
    );
  });
});

describe('accuracy on a Gaussian, where the ODE has a closed solution', () => {
  // Data ~ N(0, c^2): eps(x, t) = sigma x / (alpha^2 c^2 + sigma^2), and x_t scales with sqrt(alpha^2 c^2 + sigma^2).
  const c = 0.3;
  const spread = (a: number) => Math.sqrt(a * c * c + 1 - a);
  const model = (x: Float32Array, t: number) => {
    const a = alphasCumprod[t];
    return x.map((v) => (Math.sqrt(1 - a) * v) / spread(a) ** 2);
  };
  /** Of half a run: the last intervals are so wide in log SNR that no order shows there. */
  const error = (name: SchedulerName, steps: number, order = 2) => {
    const scheduler = createScheduler(name, { ...config, solver_order: order }, steps);
    const { timesteps } = scheduler;
    const half = steps / 2;
    const steppers = startRun(scheduler);
    let x: Float32Array = Float32Array.of(1);
    for (let i = 0; i < half; i++) x = steppers.step(model(x, timesteps[i]), i, x);
    const want = spread(alphasCumprod[timesteps[half]]) / spread(alphasCumprod[timesteps[0]]);
    return Math.abs(x[0] / want - 1);
  };
  it('DDIM is of first order: twice the steps, half the error', () => {
    const [coarse, fine] = [error('ddim', 20), error('ddim', 40)];
    expect(fine).toBeLessThan(0.05);
    expect(coarse / fine).toBeGreaterThan(1.6);
    expect(coarse / fine).toBeLessThan(2.6);
  });
  it('the multistep methods are of higher order', () => {
    for (const name of ['dpm-solver++', 'unipc', 'pndm'] as const) {
      expect(error(name, 40), name).toBeLessThan(error('ddim', 40) / 4);
    }
    // Second order: a quarter; UniPC's corrector makes it third: an eighth. (PNDM's first steps set its error.)
    expect(error('dpm-solver++', 20) / error('dpm-solver++', 40)).toBeGreaterThan(3);
    expect(error('unipc', 20) / error('unipc', 40)).toBeGreaterThan(5);
    // Its first two steps are of lower order, which is seen in the ratio.
    expect(error('dpm-solver++', 20, 3) / error('dpm-solver++', 40, 3)).toBeGreaterThan(4.5);
  });
});

describe('steps', () => {
  it('DDIM with eta 1 is DDPM', () => {
    const out = randn(16, rngFromSeed(4));
    const draw = randn(16, rngFromSeed(5));
    const eta1 = createScheduler('ddim', config, 10, { eta: 1 });
    const ancestral = createScheduler('ddpm', config, 10);
    for (let i = 0; i < 9; i++) {
      const a = eta1.step(out, i, x0, initialState, () => draw).sample;
      const b = ancestral.step(out, i, x0, initialState, () => draw).sample;
      expectNear(a, b, 1e-5);
    }
  });
  it('are pure: same arguments, same result, arguments untouched; batches do not mix', () => {
    for (const name of schedulerNames) {
      const scheduler = createScheduler(name, config, 6);
      let state = initialState;
      let x: Float32Array = Float32Array.from([...x0, ...eps]);
      for (const i of scheduler.timesteps.keys()) {
        const out = x.map((v, k) => 0.3 * v + Math.sin(i + k));
        const before = [x.slice(), out.slice(), structuredClone(state)];
        const draw = randn(x.length, rngFromSeed(i));
        const first = scheduler.step(out, i, x, state, () => draw);
        const again = scheduler.step(out, i, x, structuredClone(state), () => draw);
        expect(again).toEqual(first);
        expect([x, out, state]).toEqual(before);
        if (i === 0) {
          const half = scheduler.step(out.slice(0, 16), i, x.slice(0, 16), state, () => draw.slice(0, 16));
          expect(first.sample.slice(0, 16)).toEqual(half.sample);
        }
        state = first.state;
        x = first.sample;
      }
    }
  });
  it('clipping bounds x_0 where the config asks for it', () => {
    const clipped = createScheduler('ddim', { ...config, clip_sample: true }, 1);
    const far = new Float32Array(4).fill(50);
    expect([...clipped.step(new Float32Array(4), 0, far, initialState).sample]).toEqual([1, 1, 1, 1]);
  });
  it('errors name the scheduler and the remedy', () => {
    expect(() => createScheduler('pndm', { ...config, skip_prk_steps: false }, 5)).toThrow(/skip_prk_steps/);
    expect(() => createScheduler('ddim', config, 0)).toThrow(/ddim: 0 steps/);
    expect(() => createScheduler('ddim', { ...config, timestep_spacing: 'odd' }, 5)).toThrow(/"odd"/);
    expect(() => createScheduler('ddim', { ...config, prediction_type: 'odd' }, 5)).toThrow(/"odd"/);
    expect(() => createScheduler('unipc', { ...config, solver_order: 4 }, 5)).toThrow(/solver_order 4/);
    expect(() => createScheduler('dpm-solver++', { ...config, algorithm_type: 'dpmsolver' }, 5)).toThrow(
      /algorithm_type/,
    );
    expect(() => createScheduler('nope' as SchedulerName, config, 5)).toThrow(
      /"nope" is unknown, wanted one of pndm/,
    );
    const eta = createScheduler('ddim', config, 5, { eta: 0.5 });
    expect(() => eta.step(eps, 0, x0, initialState)).toThrow(/no noise source/);
    expect(() => eta.step(eps, 9, x0, initialState, noise)).toThrow(/step 9, wanted 0 to 4/);
    expect(() => startRun(eta).step(eps, 1, x0, noise)).toThrow(/step 1, wanted 0/);
    expect(() => eta.step(new Float32Array(3), 0, x0, initialState, noise)).toThrow(/3 values beside 16/);
    expect(() => createScheduler('euler', config, 5).addNoise(x0, eps, 12.5)).toThrow(/timestep 12.5/);
    expect(schedulerOfClass('PNDMScheduler')).toBe('pndm');
    expect(schedulerOfClass('LMSDiscreteScheduler')).toBeUndefined();
  });
});
