/**
 * Owns what every scheduler is: a description of one run (its timesteps) and a pure step. What a multistep
 * method remembers is a value, `SchedulerState`, handed in and handed back; nothing is kept inside.
 *
 * All schedulers are elementwise, so `sample` may hold a batch of any shape that is at the same step.
 */

export type SchedulerName = 'pndm' | 'ddim' | 'ddpm' | 'ddim-inverse' | 'dpm-solver++' | 'unipc' | 'euler';

/** Standard normal noise of the given size. Called only by steps that add noise, at most once per step. */
export type NoiseSource = (size: number) => Float32Array;

/** What a run remembers between two steps. Plain data: it may be stored and read back. */
export interface SchedulerState {
  /** Steps taken since the start, which for img2img is not the index into the timesteps. */
  readonly calls: number;
  /** Newest last; model outputs (PNDM) or x_0 predictions (DPM-Solver++, UniPC). */
  readonly outputs: readonly (Float32Array | Float64Array)[];
  /** The timestep of each of `outputs`. */
  readonly outputTimesteps: readonly number[];
  /** A sample kept for the next step (PNDM's second call, UniPC's corrector). */
  readonly heldSample: Float32Array | null;
  /** Order of the last predictor (UniPC). */
  readonly order: number;
}

export const initialState: SchedulerState = {
  calls: 0,
  outputs: [],
  outputTimesteps: [],
  heldSample: null,
  order: 0,
};

export interface StepResult {
  /** x at the next timestep, f32 of the sample's size */
  sample: Float32Array<ArrayBuffer>;
  state: SchedulerState;
}

export interface Scheduler {
  readonly name: SchedulerName;
  /** What the model is called with, in order. PNDM repeats its second; Euler's may be fractional. */
  readonly timesteps: readonly number[];
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
  /** x_0 noised to timestep t. @throws when t is not on the schedule (Euler: not one of `timesteps`). */
  addNoise(original: Float32Array, noise: Float32Array, t: number): Float32Array;
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
          `${scheduler.name}: step ${i}, wanted ${start + state.calls}; a run's steps are in order`,
        );
      }
      const result = scheduler.step(modelOutput, i, sample, state, noise);
      state = result.state;
      return result.sample;
    },
  };
}

/** alpha-bar at timestep t. @throws naming the scheduler when t is no row of the table. */
export function alphaAt(who: string, alphasCumprod: Float64Array, t: number): number {
  const value = alphasCumprod[t];
  if (value === undefined) {
    throw new Error(`${who}: timestep ${t}, wanted a whole number from 0 to ${alphasCumprod.length - 1}`);
  }
  return value;
}

export function requireStep(who: string, i: number, timesteps: readonly number[]): void {
  if (!(Number.isInteger(i) && i >= 0 && i < timesteps.length)) {
    throw new Error(`${who}: step ${i}, wanted 0 to ${timesteps.length - 1}`);
  }
}
