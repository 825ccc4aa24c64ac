/** What must hold of every scheduler by its equations, without an oracle. */
import { describe, expect, it } from 'vitest';
import {
  createScheduler,
  keptOfConfig,
  schedulerFor,
  schedulerNames,
  schedulerOfClass,
} from '../../../src/core/diffusion/create-scheduler.ts';
import { addNoise, noiseSchedule, type SchedulerConfig } from '../../../src/core/diffusion/noise-schedule.ts';
import { initialState, type Scheduler, startRun } from '../../../src/core/diffusion/scheduler.ts';
import { closedTimesteps, img2imgStart, openTimesteps } from '../../../src/core/diffusion/timesteps.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { roundHalfEven } from '../../../src/core/round.ts';
import type { SchedulerName } from '../../../src/shared/schedulers.ts';

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

/** model: of the call's own input and its index. */
function run(scheduler: Scheduler, start: Float32Array, model: (x: Float32Array, i: number) => Float32Array) {
  const steps = startRun(scheduler);
  let x: Float32Array = start;
  for (const i of scheduler.timesteps.keys()) {
    x = steps.step(model(scheduler.scaleInput(x, i), i), i, x, noise);
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
  });
  it('reaches pure noise at its end where the config asks for zero terminal SNR', () => {
    const zero = noiseSchedule({ ...config, rescale_betas_zero_snr: true });
    expect(zero.alphasCumprod[999]).toBe(0);
    expect(zero.betas[999]).toBe(1);
    // Algorithm 1: the first value stays, those between are shifted and scaled.
    expect(zero.alphasCumprod[0]).toBeCloseTo(alphasCumprod[0], 6);
    const [first, last, some] = [0, 999, 600].map((t) => Math.sqrt(alphasCumprod[t]));
    expect(Math.sqrt(zero.alphasCumprod[600])).toBeCloseTo(((some - last) * first) / (first - last), 5);
  });
  it('at zero terminal SNR, v-prediction returns to x_0 from pure noise; epsilon cannot', () => {
    const zero = { ...config, rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
    for (const name of ['ddim', 'euler', 'dpm-solver++', 'unipc', 'heun'] as const) {
      const scheduler = createScheduler(name, { ...zero, prediction_type: 'v_prediction' }, 1);
      // At alpha-bar 0 v is -x_0, whatever the noise.
      const start = eps.map((value) => value * scheduler.initNoiseSigma);
      expectNear(
        run(scheduler, start, () => x0.map((value) => -value)),
        x0,
        name === 'ddim' ? 1e-6 : 2e-3,
      );
    }
    const blind = createScheduler('ddim', zero, 1);
    expect(() => blind.step(eps, 0, eps, initialState)).toThrow(/zero terminal SNR/);
  });
});

describe('timesteps', () => {
  it('are as many as the steps, and each is another level, also where two levels round to one timestep', () => {
    const many = createScheduler('dpm-solver++', { ...config, use_karras_sigmas: true }, 200);
    expect(many.timesteps.length).toBe(200);
    expect(new Set(many.timesteps).size).toBeLessThan(200);
    const levels = many.timesteps.map((_, i) => many.addNoise(Float32Array.of(0), Float32Array.of(1), i)[0]);
    expect(new Set(levels).size).toBe(200);
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
          const twice = ['heun', 'dpm2', 'dpm2-ancestral'].includes(name);
          const calls = twice ? 2 * steps - 1 : name === 'pndm' && steps > 1 ? steps + 1 : steps;
          expect(timesteps.length).toBe(calls);
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
  /** Fresh noise is unknown to a model that knows the first: of these only the step to x_0 is exact. */
  const noisy = ['ddpm', 'euler-ancestral', 'dpm2-ancestral', 'lcm'];
  /** alpha-bar where call i begins, by what noise is multiplied by there. */
  const alphaOf = (scheduler: Scheduler, i: number) => {
    const scale = scheduler.addNoise(Float32Array.of(0), Float32Array.of(1), i)[0];
    return scheduler.initNoiseSigma === 1 ? 1 - scale * scale : 1 / (scale * scale + 1);
  };
  for (const name of schedulerNames.filter((n) => n !== 'ddim-inverse')) {
    // PNDM mixes predictions of several timesteps, and only epsilon is the same at all of them; DPM2 refuses x_0.
    const types =
      name === 'pndm'
        ? ['epsilon']
        : Object.keys(outputs).filter((type) => !(name.startsWith('dpm2') && type === 'sample'));
    for (const prediction_type of types) {
      it(`${name}, ${prediction_type}`, () => {
        // DEIS and TCD stop at timestep 0, which keeps a little noise.
        const end = name === 'deis' || name === 'tcd' ? alphasCumprod[0] : 1;
        const want = x0.map((v, k) => Math.sqrt(end) * v + Math.sqrt(1 - end) * eps[k]);
        for (const steps of [1, 5, 20]) {
          const scheduler = createScheduler(name, { ...config, prediction_type }, steps, { eta: 0 });
          const start = scheduler.addNoise(x0, eps, 0);
          const got = run(scheduler, start, (_, i) => outputs[prediction_type](alphaOf(scheduler, i)));
          if (!noisy.includes(name) || steps === 1) expectNear(got, want, 3e-5);
          else if (prediction_type === 'sample') expectNear(got, x0, 2e-5);
        }
      });
    }
  }
  it('PNDM, with the Runge-Kutta warm-up', () => {
    const warm = createScheduler('pndm', { ...config, skip_prk_steps: false }, 10);
    expect(warm.timesteps).toHaveLength(3 * 4 + 7);
    expectNear(
      run(warm, warm.addNoise(x0, eps, 0), () => eps),
      x0,
      2e-5,
    );
  });
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
    expect(() => createScheduler('pndm', { ...config, skip_prk_steps: false }, 3)).toThrow(/skip_prk_steps/);
    expect(() => createScheduler('ddim', config, 0)).toThrow(/ddim: 0 steps/);
    expect(() => createScheduler('ddim', { ...config, timestep_spacing: 'odd' }, 5)).toThrow(/"odd"/);
    expect(() => createScheduler('ddim', { ...config, prediction_type: 'odd' }, 5)).toThrow(/"odd"/);
    expect(() => createScheduler('unipc', { ...config, solver_order: 4 }, 5)).toThrow(/solver_order 4/);
    expect(() => createScheduler('dpm-solver++', { ...config, algorithm_type: 'odd' }, 5)).toThrow(
      /algorithm_type/,
    );
    expect(() => createScheduler('nope' as SchedulerName, config, 5)).toThrow(
      /"nope" is unknown, expected one of pndm/,
    );
    const eta = createScheduler('ddim', config, 5, { eta: 0.5 });
    expect(() => eta.step(eps, 0, x0, initialState)).toThrow(/no noise source/);
    expect(() => eta.step(eps, 9, x0, initialState, noise)).toThrow(/step 9, expected 0 to 4/);
    expect(() => startRun(eta).step(eps, 1, x0, noise)).toThrow(/step 1, expected 0/);
    expect(() => eta.step(new Float32Array(3), 0, x0, initialState, noise)).toThrow(/3 values beside 16/);
    expect(() =>
      createScheduler('euler', { ...config, use_karras_sigmas: true, use_beta_sigmas: true }, 5),
    ).toThrow(/use_karras_sigmas and use_beta_sigmas/);
    const flow = { ...config, use_flow_sigmas: true };
    expect(() => createScheduler('unipc', flow, 5)).toThrow(/use_flow_sigmas .*flow-matching/);
    expect(schedulerOfClass('PNDMScheduler')).toBe('pndm');
    expect(schedulerOfClass('LMSDiscreteScheduler')).toBe('lms');
    expect(schedulerOfClass('EDMEulerScheduler')).toBeUndefined();
  });
});

describe("a model's own scheduler", () => {
  it('is what "model" means, and one that is not here is refused by its name', () => {
    expect(schedulerFor('model', { _class_name: 'HeunDiscreteScheduler' })).toBe('heun');
    expect(schedulerFor('unipc', { _class_name: 'HeunDiscreteScheduler' })).toBe('unipc');
    expect(() => schedulerFor('model', { _class_name: 'FlowMatchEulerDiscreteScheduler' })).toThrow(
      /FlowMatchEulerDiscreteScheduler, which Crux does not have; choose one/,
    );
    expect(() => schedulerFor('model', {})).toThrow(/names no class/);
  });
  it('chosen otherwise, it says what of the config is kept and what has no meaning', () => {
    const own = { ...config, _class_name: 'PNDMScheduler', trained_betas: null };
    expect(keptOfConfig('pndm', own)).toBeNull();
    expect(keptOfConfig('euler', own)).toEqual({
      kept: ['beta_end', 'beta_schedule', 'beta_start', 'clip_sample', 'num_train_timesteps', 'steps_offset'],
      dropped: ['set_alpha_to_one', 'skip_prk_steps'],
    });
  });
});

describe('every run is finite or refused by name', () => {
  const outputs: [string, SchedulerConfig][] = [
    ['epsilon', {}],
    ['velocity', { prediction_type: 'v_prediction' }],
    [
      'zero terminal SNR',
      { prediction_type: 'v_prediction', rescale_betas_zero_snr: true, timestep_spacing: 'trailing' },
    ],
    ['Karras', { use_karras_sigmas: true }],
    ['the level of timestep 0 at its end', { final_sigmas_type: 'sigma_min' }],
  ];
  it.each(outputs)('with %s', (_, change) => {
    const refused = new Map<string, string>();
    for (const name of schedulerNames) {
      for (const solver_order of [1, 2, 3]) {
        for (const steps of [1, 2, 3, 4, 5, 7, 20, 50]) {
          const of = `${name}, order ${solver_order}, ${steps} steps`;
          let scheduler: Scheduler;
          try {
            scheduler = createScheduler(name, { ...config, ...change, solver_order }, steps);
          } catch (error) {
            refused.set(name, (error as Error).message);
            continue;
          }
          const end = run(scheduler, scheduler.addNoise(x0, eps, 0), (x) => x.map((v) => 0.3 * v + 0.1));
          expect(end.every(Number.isFinite), of).toBe(true);
        }
      }
    }
    // PNDM steps by the noise alone.
    expect([...refused.keys()]).toEqual(change.rescale_betas_zero_snr ? ['pndm'] : []);
    for (const sentence of refused.values()) expect(sentence).toMatch(/zero terminal SNR/);
  });
  it('refuses steps that begin beyond the schedule', () => {
    expect(() => createScheduler('ddim', config, 1000)).toThrow(
      /begin at timestep 1000, but the last one is 999/,
    );
    expect(createScheduler('ddim', { ...config, steps_offset: 0 }, 1000).timesteps[0]).toBe(999);
  });
});

it("image to image enters PNDM's warm-up at the beginning of a step", () => {
  const warm = createScheduler('pndm', { ...config, skip_prk_steps: false }, 50);
  expect([0, 1, 2, 3, 4].map((step) => warm.callOf(step))).toEqual([0, 4, 8, 12, 13]);
  for (const step of [0, 1, 2, 3, 10]) {
    const start = warm.callOf(step);
    const steps = startRun(warm, start);
    let x: Float32Array = warm.addNoise(x0, eps, start);
    for (let i = start; i < warm.timesteps.length; i++) x = steps.step(eps, i, x);
    expectNear(x, x0, 2e-5);
  }
});
