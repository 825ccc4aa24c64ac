/**
 * Owns what every scheduler is: a description of one run (its timesteps) and a pure step. What a multistep
 * method remembers is a value, `SchedulerState`, handed in and handed back; nothing is kept inside.
 *
 * All schedulers are elementwise, so `sample` may hold a batch of any shape that is at the same step.
 */

import type { SchedulerName } from '../../shared/schedulers.ts';

/** Standard normal noise of the given size. Called only by steps that add noise, at most once per step. */
export type NoiseSource = (size: number) => Float32Array;

export type Vector = Float32Array | Float64Array;

/** What a run remembers between two steps. Plain data: it may be stored and read back. */
export interface SchedulerState {
  /** Steps taken since the start, which for img2img is not the index into the timesteps. */
  readonly calls: number;
  /** What the network said at the steps before, newest last, in the form that the method combines. */
  readonly outputs: readonly Vector[];
  /** A sample kept for a later call: where a step of several calls began. */
  readonly heldSample: Float32Array | null;
  /** An output kept with it: Heun's first slope, Runge-Kutta's sum so far. */
  readonly heldOutput: Vector | null;
  /** Order of the last predictor (UniPC). */
  readonly order: number;
}

export const initialState: SchedulerState = {
  calls: 0,
  outputs: [],
  heldSample: null,
  heldOutput: null,
  order: 0,
};

export interface StepResult {
  /** x at the next timestep, f32 of the sample's size */
  sample: Float32Array<ArrayBuffer>;
  state: SchedulerState;
}

export interface Scheduler {
  readonly name: SchedulerName;
  /** What the model is called with, in order. Some repeat a timestep (PNDM, Heun); some are fractional (Euler). */
  readonly timesteps: readonly number[];
  /**
   * Index of the call that begins a step of the run: where image-to-image may enter. Heun's steps are of two calls, those
   * of PNDM's warm-up of four; PNDM's repeated second call counts as a step.
   */
  callOf(step: number): number;
  /** A run from noise starts at standard normal noise times this. */
  readonly initNoiseSigma: number;
  /** The model's input at step i. Returns `sample` itself where nothing is to be scaled. */
  scaleInput(sample: Float32Array, i: number): Float32Array;
  /**
   * From the model's output at step i (index into `timesteps`) to the next sample. Arguments stay unchanged.
   * Start with `initialState`, then pass on what the step before returned.
   */
  step(
    modelOutput: Float32Array,
    i: number,
    sample: Float32Array,
    state: SchedulerState,
    noise?: NoiseSource,
  ): StepResult;
  /** x_0 noised to where step i begins. */
  addNoise(original: Float32Array, noise: Float32Array, i: number): Float32Array;
}

type Own = 'name' | 'timesteps' | 'addNoise';
type Optional = 'callOf' | 'initNoiseSigma' | 'scaleInput';

/** What one method declares. A call per step, standard normal noise and an unscaled input go without saying. */
export interface Method extends Pick<Scheduler, Own>, Partial<Pick<Scheduler, Optional>> {
  /** As a scheduler's, of a step within the run. `keep`: what it remembers anew, besides the count of calls. */
  step(...args: Parameters<Scheduler['step']>): {
    sample: Float32Array<ArrayBuffer>;
    keep?: Partial<Omit<SchedulerState, 'calls'>>;
  };
}

/** The scheduler of a method: checks which step it is asked for, and counts calls. */
export function schedulerOf(method: Method): Scheduler {
  const { name, timesteps } = method;
  return {
    callOf: (step) => step,
    initNoiseSigma: 1,
    ...method,
    scaleInput(sample, i) {
      requireStep(name, i, timesteps);
      return method.scaleInput?.(sample, i) ?? sample;
    },
    step(modelOutput, i, sample, state, noise) {
      requireStep(name, i, timesteps);
      const { sample: next, keep } = method.step(modelOutput, i, sample, state, noise);
      return { sample: next, state: { ...state, ...keep, calls: state.calls + 1 } };
    },
  };
}

/** What a run adds to the checkpoint's config. */
export interface SchedulerOptions {
  /** DDIM: 0 is deterministic, 1 adds as much noise as DDPM. TCD: its gamma. [0,1] */
  eta?: number;
  /** Samples in the batch; matters to dynamic thresholding alone. 1 by default. */
  rows?: number;
  /** DPM-Solver++ and UniPC: whole timesteps to visit, falling, instead of those of the config's spacing. */
  timesteps?: readonly number[];
  /** DDIM inversion: where the noise of a step is predicted. See ddim-inverse.ts. */
  predictAt?: 'target' | 'source';
}

/** A run in progress, for callers that take one step after the other: holds the state between them. */
export interface SchedulerRun {
  /** Takes the next step of the scheduler. @throws when i does not follow the last step's. */
  step(
    modelOutput: Float32Array,
    i: number,
    sample: Float32Array,
    noise?: NoiseSource,
  ): Float32Array<ArrayBuffer>;
}

/** Opens a run that begins at index `start` of the timesteps (0 from noise; `img2imgStart` from an image). */
export function startRun(scheduler: Scheduler, start = 0): SchedulerRun {
  let state = initialState;
  return {
    step(modelOutput, i, sample, noise) {
      if (i !== start + state.calls) {
        throw new Error(
          `${scheduler.name}: step ${i}, expected ${start + state.calls}; a run's steps are in order`,
        );
      }
      const result = scheduler.step(modelOutput, i, sample, state, noise);
      state = result.state;
      return result.sample;
    },
  };
}

function requireStep(who: string, i: number, timesteps: readonly number[]): void {
  if (!(Number.isInteger(i) && i >= 0 && i < timesteps.length)) {
    throw new Error(`${who}: step ${i}, expected 0 to ${timesteps.length - 1}`);
  }
}

/** Adds `scale` times fresh noise. @throws when noise is due and there is no source of it. */
export function addDrawn(who: string, to: Float32Array, scale: number, noise: NoiseSource | undefined): void {
  if (!(scale > 0)) return;
  if (!noise) throw new Error(`${who}: this step adds noise, but no noise source was given`);
  const drawn = noise(to.length);
  for (let k = 0; k < to.length; k++) to[k] += scale * drawn[k];
}
