/**
 * Owns the denoising loop, apart from what predicts the noise: a batch of latents through the steps of a
 * scheduler, with conditioning that may change from step to step and classifier-free guidance; and the same loop
 * run backwards. Nothing here knows of sessions, so the product, the oracle's checks and tests run one loop.
 *
 * Shapes: n = pictures in the batch, latents f32[n,c,h,w], text states f32[n,tokens,width].
 */
import { NotFinite, requireFinite } from '../finite.ts';
import { ddimInverse } from './ddim-inverse.ts';
import { guide } from './guidance.ts';
import type { SchedulerConfig } from './noise-schedule.ts';
import { type NoiseSource, type Scheduler, type SchedulerOptions, startRun } from './scheduler.ts';
import { img2imgStart } from './timesteps.ts';

/**
 * The network: sample f32[rows,c,h,w] at timestep t with text states f32[rows,tokens,width] -> epsilon or v, of the
 * sample's shape. rows is n, or under guidance n for each of the conditioning's states, in their order. t may be
 * fractional (Euler) or negative (the first step of an inversion) and goes to the network as it is.
 */
export type NoisePredictor = (
  sample: Float32Array,
  timestep: number,
  states: Float32Array,
) => Promise<Float32Array>;

/** What one step is conditioned on. */
export interface Conditioning {
  /** f32[n,tokens,width] each, from what tells the network least to what tells it all; one alone: no guidance. */
  states: readonly Float32Array[];
  /** One fewer; see `guide`. */
  scales: readonly number[];
}

export interface SampleOptions {
  predict: NoisePredictor;
  scheduler: Scheduler;
  /** Where the run starts, from `fromNoise` or `fromImage`: f32[n,c,h,w]. Stays unchanged. */
  latents: Float32Array;
  /** Index of the first step into the scheduler's timesteps. */
  start?: number;
  /** Of step i, an index into the timesteps: prompts that change on the way are this function's business. */
  conditioning: (i: number) => Conditioning;
  /** For steps that add noise (DDPM, DDIM with eta > 0): called once a step, with the size of the batch. */
  noise?: NoiseSource;
  /** After step i, with the latents it led to. Awaited: it may show them or throw to stop the run. */
  onStep?: (i: number, latents: Float32Array) => Promise<void> | void;
}

/**
 * Runs all steps from `start` on. @returns the last latents, f32[n,c,h,w].
 * @throws NotFinite naming the step at which a number came to be none.
 */
export async function sample(options: SampleOptions): Promise<Float32Array> {
  const { predict, scheduler, conditioning, noise, onStep } = options;
  const start = options.start ?? 0;
  const { timesteps } = scheduler;
  if (!(Number.isInteger(start) && start >= 0 && start < timesteps.length)) {
    throw new Error(`${scheduler.name}: start at step ${start}, wanted 0 to ${timesteps.length - 1}`);
  }
  const run = startRun(scheduler, start);
  let latents = options.latents;
  for (let i = start; i < timesteps.length; i++) {
    const input = scheduler.scaleInput(latents, i);
    const { states, scales } = conditioning(i);
    const inputs = states.map(() => input);
    const step = `step ${i + 1} of ${timesteps.length} (${scheduler.name}, t = ${timesteps[i]})`;
    const outputs = await predict(joined(inputs), timesteps[i], joined(states)).catch((error) => {
      throw error instanceof NotFinite ? new NotFinite(`${step}: ${error.message}`, { cause: error }) : error;
    });
    const predictions = states.map((_, k) => outputs.subarray(k * input.length, (k + 1) * input.length));
    latents = run.step(guide(predictions, scales), i, latents, noise);
    requireFinite(
      latents,
      `${step}: the batch of latents`,
      'Take more steps, another scheduler or a lower guidance scale.',
    );
    await onStep?.(i, latents);
  }
  return latents;
}

export interface InvertOptions {
  predict: NoisePredictor;
  config: SchedulerConfig;
  steps: number;
  /** Of images, VAE-scaled: f32[n,c,h,w]. */
  latents: Float32Array;
  /** Of the plain prompt: f32[n,tokens,width]. */
  states: Float32Array;
  predictAt?: SchedulerOptions['predictAt'];
  onStep?: SampleOptions['onStep'];
}

/**
 * DDIM inversion: the noise that DDIM would make these latents from, f32[n,c,h,w]. Without guidance, since the
 * guided map is not the one that is inverted (Mokady et al. 2023, sec. 3.1).
 */
export async function invert(options: InvertOptions) {
  const { predict, config, steps, latents, states, predictAt, onStep } = options;
  return await sample({
    predict,
    scheduler: ddimInverse(config, steps, { predictAt }),
    latents,
    conditioning: () => ({ states: [states], scales: [] }),
    onStep,
  });
}

export interface RunStart {
  latents: Float32Array;
  start: number;
}

/** Text to image: standard normal `noise` f32[n,c,h,w] (or inverted latents) at the scheduler's own scale. */
export function fromNoise(scheduler: Scheduler, noise: Float32Array): RunStart {
  return { latents: noise.map((value) => value * scheduler.initNoiseSigma), start: 0 };
}

/**
 * Image to image (SDEdit): `original`, VAE-scaled f32[n,c,h,w], noised to where the last `strength` of the steps
 * begin. @param steps what the scheduler was made with; some make more calls than steps.
 * @throws when the strength leaves no step to run.
 */
export function fromImage(
  scheduler: Scheduler,
  steps: number,
  original: Float32Array,
  noise: Float32Array,
  strength: number,
): RunStart {
  const step = img2imgStart(steps, strength);
  if (step >= steps) {
    throw new Error(
      `img2img: strength ${strength} of ${steps} steps leaves none to run; take at least ${(1 / steps).toFixed(3)} or more steps`,
    );
  }
  const start = scheduler.callOf(step);
  return { latents: scheduler.addNoise(original, noise, start), start };
}

/**
 * Two-stage prompts (Diff-II): the number of leading steps that belong to the first `share` of the noise schedule,
 * those with t >= (1 - share) trainTimesteps. 0: the second stage alone; 1: the first alone.
 * @param trainTimesteps length of the training schedule (1000).
 */
export function firstStageSteps(timesteps: readonly number[], trainTimesteps: number, share: number): number {
  if (!(share >= 0 && share <= 1)) throw new Error(`two-stage prompt: share ${share}, wanted 0 to 1`);
  // A hair below the border: (1 - 0.7) x 1000 is 300.00000000000006, and timestep 300 belongs to the first stage.
  const border = (1 - share) * trainTimesteps - 1e-6;
  const second = timesteps.findIndex((t) => t < border);
  return share === 0 ? 0 : second < 0 ? timesteps.length : second;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
