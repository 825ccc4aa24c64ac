/**
 * Owns the checks of the schedulers: noise schedule, timesteps, every state of every run under a fixed formula in
 * place of a network, x_0 predictions, noising, velocity, and where image to image starts.
 */
import { createScheduler, schedulerOfClass } from '../../../src/core/diffusion/create-scheduler.ts';
import {
  addNoise,
  noiseSchedule,
  type SchedulerConfig,
  velocity,
} from '../../../src/core/diffusion/noise-schedule.ts';
import { boundsOf, predict, predictionTypeOf } from '../../../src/core/diffusion/prediction.ts';
import { type Scheduler, type SchedulerOptions, startRun } from '../../../src/core/diffusion/scheduler.ts';
import { img2imgStart } from '../../../src/core/diffusion/timesteps.ts';
import type { SchedulerName } from '../../../src/shared/schedulers.ts';
import type { OracleCase } from '../case.ts';
import { type Check, compare, same, statement, type Tolerance } from '../compare.ts';
import { type CaseRun, type GoldenOptions, type Part, scaled } from '../graph.ts';

interface Run {
  label: string;
  config_overrides: SchedulerConfig;
  num_inference_steps: number;
  timesteps: number[];
  init_noise_sigma: number;
  eta?: number;
  sigmas?: number[];
  noise_per_step?: (number[] | null)[];
  pred_original_sample_first_last?: number[][];
  states: number[][];
  tol: Tolerance;
}

interface Oracle {
  scheduler: string;
  base_config: SchedulerConfig;
  alphas_cumprod_first?: number;
  alphas_cumprod_last?: number;
  alphas_cumprod_sum?: number;
  alphas_cumprod_at?: Record<string, number>;
  betas_first_last?: [number, number];
  x_start: number[];
  x0: number[];
  noise: number[];
  runs?: Run[];
  add_noise?: { num_inference_steps: number; timestep: number; out: number[] }[];
  add_noise_any_timestep?: { timesteps: number[]; out: number[][] };
  get_velocity?: { timesteps: number[]; out: number[][] };
  img2img?: Img2Img[];
}

interface Img2Img {
  num_inference_steps: number;
  strength: number;
  t_start_index: number;
  first_timestep?: number;
  timesteps_used: number[];
}

/** Fields that the checks read, and prose. Any other field is one they would pass over. */
const FIELDS = new Set(
  'scheduler base_config alphas_cumprod_first alphas_cumprod_last alphas_cumprod_sum alphas_cumprod_at betas_first_last x_start x0 noise runs add_noise add_noise_any_timestep get_velocity img2img note'.split(
    ' ',
  ),
);
const RUN_FIELDS = new Set(
  'label config_overrides num_inference_steps effective timesteps init_noise_sigma order eta sigmas noise_per_step noise_note pred_original_sample_first_last states fp32_vs_fp64 tol note'.split(
    ' ',
  ),
);

/** Of the schedule's own figures, which the oracle computes in float32. */
const SCHEDULE: Tolerance = { max_abs: 1e-6, rel_l2: 1e-5 };
/** Of timesteps that need not be whole (Euler), which the oracle rounds to float32. */
const FRACTIONAL: Tolerance = { max_abs: 2e-2, rel_l2: 2e-5 };

/** The oracle's stand-in for a network: 0.3 x + 0.1 sin(t / 100 + i), in float64 and rounded. */
const network = (x: Float32Array, t: number) =>
  Float32Array.from(x, (value, i) => 0.3 * value + 0.1 * Math.sin(t / 100 + i));

export function schedulersCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const files = c.files().filter((file) => file.endsWith('.json') && file !== 'meta.json');
  const fallback: Tolerance = c.meta.tolerance?.default ?? { max_abs: 1e-4, rel_l2: 1e-4 };
  return { parts: files.flatMap((file) => partsOf(c, file, options, fallback)) };
}

function partsOf(c: OracleCase, file: string, options: GoldenOptions, fallback: Tolerance): Part[] {
  const oracle: Oracle = c.json(file);
  const who = file.replace('.json', '');
  const then = asThen(c.meta);
  const tolerance = scaled(options, fallback);
  const named = (checks: Check[]) => checks.map((check) => ({ ...check, check: `${who}: ${check.check}` }));
  const unknown = Object.keys(oracle).filter((field) => !FIELDS.has(field));
  const name = schedulerOfClass(oracle.scheduler);
  const parts: Part[] = [
    {
      name: `${who}: fields`,
      run: async () =>
        named([
          statement('scheduler is known', name ? [] : [`${oracle.scheduler} is not`]),
          statement(
            'fields are known',
            unknown.map((field) => `${file}: ${field} is not`),
          ),
        ]),
    },
  ];
  if (!name) return parts;
  const part = (label: string, run: () => Check[]) =>
    parts.push({ name: `${who}: ${label}`, run: async () => named(run()) });
  part('noise schedule', () => checkSchedule(oracle, options));
  for (const run of oracle.runs ?? []) {
    part(`${run.label}, ${run.num_inference_steps} steps`, () => checkRun(oracle, name, run, then, options));
  }
  part('noising', () => checkNoising(oracle, name, then, tolerance));
  part('image to image', () => checkStarts(oracle, name, then));
  return parts;
}

function checkSchedule(oracle: Oracle, options: GoldenOptions): Check[] {
  const { betas, alphasCumprod } = noiseSchedule(oracle.base_config);
  const at = Object.entries(oracle.alphas_cumprod_at ?? {});
  const pairs: [string, number[], (number | undefined)[]][] = [
    ['first and last beta', [betas[0], betas[betas.length - 1]], oracle.betas_first_last ?? []],
    ['first alpha-bar', [alphasCumprod[0]], [oracle.alphas_cumprod_first]],
    ['last alpha-bar', [alphasCumprod[alphasCumprod.length - 1]], [oracle.alphas_cumprod_last]],
    // Relative: a sum over the whole schedule.
    [
      'mean alpha-bar',
      [mean(alphasCumprod)],
      [oracle.alphas_cumprod_sum && oracle.alphas_cumprod_sum / betas.length],
    ],
    ['alpha-bar at some timesteps', at.map(([t]) => alphasCumprod[Number(t)]), at.map(([, a]) => a)],
  ];
  return pairs
    .filter(([, , want]) => want.length > 0 && want[0] !== undefined)
    .map(([name, got, want]) =>
      compare(name, { data: got }, { data: want as number[] }, scaled(options, SCHEDULE)),
    );
}

const mean = (values: Float64Array) => values.reduce((total, v) => total + v, 0) / values.length;

/** What differed in the version that made the oracle; `timesteps` are those of a recorded run. */
export interface Then {
  config: SchedulerConfig;
  options(config: SchedulerConfig, timesteps: readonly number[]): SchedulerOptions;
}

/**
 * Diffusers before 0.22 ended DPM-Solver++ and UniPC at timestep 0, rounded the levels of Karras' sigmas to whole
 * timesteps, and asked for an inversion's noise where a step begins.
 */
export function asThen(meta: { made_with?: { diffusers?: string } }): Then {
  const [major, minor] = (meta.made_with?.diffusers ?? '1.0').split('.').map(Number);
  if (major > 0 || minor >= 22) return { config: {}, options: () => ({}) };
  return {
    config: { final_sigmas_type: 'sigma_min' },
    options: (config, timesteps) => ({
      predictAt: 'source',
      ...(config.use_karras_sigmas ? { timesteps } : {}),
    }),
  };
}

function checkRun(
  oracle: Oracle,
  name: SchedulerName,
  run: Run,
  then: Then,
  options: GoldenOptions,
): Check[] {
  const label = `${run.label}, ${run.num_inference_steps} steps`;
  const tolerance = scaled(options, run.tol);
  // Euler ended without noise then as now.
  const ended = name === 'euler' ? {} : then.config;
  const config = { ...oracle.base_config, ...ended, ...run.config_overrides };
  const scheduler = createScheduler(name, config, run.num_inference_steps, {
    eta: run.eta,
    ...then.options(config, run.timesteps),
  });
  const whole = run.timesteps.every(Number.isInteger);
  const start = name === 'ddim-inverse' ? oracle.x0 : oracle.x_start;
  const unknown = Object.keys(run).filter((field) => !RUN_FIELDS.has(field));
  const checks = [
    statement(
      `${label}: fields are known`,
      unknown.map((field) => `${field} is not`),
    ),
    compare(
      `${label}: timesteps`,
      { data: scheduler.timesteps },
      { data: run.timesteps },
      whole && name !== 'euler' ? { max_abs: 0 } : FRACTIONAL,
    ),
    compare(
      `${label}: initial noise sigma`,
      { data: [scheduler.initNoiseSigma] },
      { data: [run.init_noise_sigma] },
      { rel_l2: 1e-5 },
    ),
  ];
  let x: Float32Array = Float32Array.from(start, (value) => value * scheduler.initNoiseSigma);
  const states: Float32Array[] = [x];
  const originals: Float32Array[] = [];
  const steps = startRun(scheduler);
  for (let i = 0; i < scheduler.timesteps.length; i++) {
    const input = scheduler.scaleInput(x, i);
    const output = network(input, scheduler.timesteps[i]);
    originals.push(originalOf(scheduler, config, input, output, i));
    const drawn = run.noise_per_step?.[i];
    x = steps.step(output, i, x, drawn ? () => Float32Array.from(drawn) : undefined);
    states.push(x);
  }
  for (let k = 0; k < Math.max(states.length, run.states.length); k++) {
    const [got, want] = [states[k] ?? [], run.states[k] ?? []];
    checks.push(compare(`${label}: state ${k}`, { data: got }, { data: want }, tolerance));
  }
  if (run.sigmas) {
    // The last is 0, where the run ends.
    const sigmas = [...scheduler.timesteps.map((_, i) => sigmaOf(scheduler, i)), 0];
    checks.push(compare(`${label}: sigmas`, { data: sigmas }, { data: run.sigmas }, { rel_l2: 1e-5 }));
  }
  run.pred_original_sample_first_last?.forEach((want, i) => {
    const got = i === 0 ? originals[0] : originals[originals.length - 1];
    const which = i === 0 ? 'first' : 'last';
    checks.push(compare(`${label}: ${which} x_0 prediction`, { data: got }, { data: want }, tolerance));
  });
  return checks;
}

/** What Euler's noise is multiplied by at step i: the noise added to nothing. */
const sigmaOf = (scheduler: Scheduler, i: number): number =>
  scheduler.addNoise(Float32Array.of(0), Float32Array.of(1), i)[0];

/**
 * The x_0 that the output at step i means, of the network's own input. Euler's states are scaled by
 * sqrt(sigma^2 + 1), its inputs are not, so they have alpha-bar = 1 / (sigma^2 + 1).
 */
function originalOf(
  scheduler: Scheduler,
  config: SchedulerConfig,
  input: Float32Array,
  output: Float32Array,
  i: number,
): Float32Array {
  const t = scheduler.timesteps[i];
  const { alphasCumprod } = noiseSchedule(config);
  const before = (config.set_alpha_to_one ?? true) ? 1 : alphasCumprod[0];
  const alpha =
    scheduler.name === 'euler' ? 1 / (sigmaOf(scheduler, i) ** 2 + 1) : t < 0 ? before : alphasCumprod[t];
  const bounds = boundsOf(config, scheduler.name === 'euler' ? null : true);
  return Float32Array.from(predict(predictionTypeOf(config), output, input, alpha, { bounds }).original);
}

function checkNoising(oracle: Oracle, name: SchedulerName, then: Then, tolerance: Tolerance): Check[] {
  const x0 = Float32Array.from(oracle.x0);
  const noise = Float32Array.from(oracle.noise);
  const { alphasCumprod } = noiseSchedule(oracle.base_config);
  const checks = (oracle.add_noise ?? []).map(({ num_inference_steps, timestep, out }) => {
    const scheduler = createScheduler(
      name,
      oracle.base_config,
      num_inference_steps,
      then.options(oracle.base_config, []),
    );
    // A timestep that went through float32 still finds its step; others are noised by the schedule alone.
    const i = scheduler.timesteps.findIndex((own) => Math.abs(own - timestep) < 1e-3);
    const got = i < 0 ? addNoise(x0, noise, alphasCumprod[timestep]) : scheduler.addNoise(x0, noise, i);
    const label = `noised to timestep ${timestep} of ${num_inference_steps} steps`;
    return compare(label, { data: got }, { data: out }, tolerance);
  });
  oracle.add_noise_any_timestep?.timesteps.forEach((t, i) => {
    const want = { data: oracle.add_noise_any_timestep!.out[i] };
    checks.push(
      compare(`noised to timestep ${t}`, { data: addNoise(x0, noise, alphasCumprod[t]) }, want, tolerance),
    );
  });
  oracle.get_velocity?.timesteps.forEach((t, i) => {
    const want = { data: oracle.get_velocity!.out[i] };
    checks.push(
      compare(`velocity at timestep ${t}`, { data: velocity(x0, noise, alphasCumprod[t]) }, want, tolerance),
    );
  });
  return checks;
}

function checkStarts(oracle: Oracle, name: SchedulerName, then: Then): Check[] {
  return (oracle.img2img ?? []).flatMap((start) => {
    const { num_inference_steps: steps, strength } = start;
    const label = `image to image, strength ${strength} of ${steps} steps`;
    const at = img2imgStart(steps, strength);
    const used = createScheduler(
      name,
      oracle.base_config,
      steps,
      then.options(oracle.base_config, []),
    ).timesteps.slice(at);
    const exact = start.timesteps_used.every(Number.isInteger) && name !== 'euler';
    const checks = [
      same(`${label}: first step`, [at], [start.t_start_index]),
      compare(
        `${label}: timesteps`,
        { data: used },
        { data: start.timesteps_used },
        exact ? { max_abs: 0 } : FRACTIONAL,
      ),
    ];
    if (start.first_timestep !== undefined)
      checks.push(
        compare(
          `${label}: first timestep`,
          { data: [used[0]] },
          { data: [start.first_timestep] },
          FRACTIONAL,
        ),
      );
    return checks;
  });
}
