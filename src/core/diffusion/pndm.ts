/**
 * Owns PNDM (Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds"): the linear multistep form
 * that Stable Diffusion runs ("PLMS"), and before it, where the config asks for it, the Runge-Kutta warm-up.
 *
 * Without the warm-up n steps make n + 1 model calls: the second timestep is visited twice, because the first move is
 * done again with the mean of both predictions (pseudo improved Euler). From then on eps' is the linear multistep
 * (Adams-Bashforth) combination of up to four predictions, eq. 12. With it the first three steps are made of four calls
 * each (eq. 13), at the ends and, twice, in the middle.
 *
 * Entered in mid-schedule (img2img) it behaves as the reference does: the second CALL of the run, whatever
 * its timestep, is the repeat. Only a start at 0 repeats a timestep; prefer DDIM for img2img.
 */
import { addNoise, noiseSchedule, requireSameSize, type SchedulerConfig } from './noise-schedule.ts';
import { boundsOf, predictionTypeOf } from './prediction.ts';
import { type Scheduler, type SchedulerState, schedulerOf, type Vector } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

/** Weights of the newest prediction first, by how many there are. */
const ADAMS_BASHFORTH = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/** Of the four calls of one Runge-Kutta step: what each prediction counts for, and how much of the step it is moved by. */
const RUNGE_KUTTA = [1 / 6, 1 / 3, 1 / 3, 1 / 6];
const WARM_UP_STEPS = 3;

export function pndm(config: SchedulerConfig, steps: number): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('pndm', steps, total);
  const type = predictionTypeOf(config);
  if (type === 'sample') throw new Error('pndm: prediction_type "sample", expected epsilon or v_prediction');
  if (boundsOf(config, null).threshold)
    throw new Error('pndm: thresholding is not done by this method; take ddim');
  const plain = closedTimesteps(spacingOf(config, 'leading'), total, steps, config.steps_offset ?? 0);
  const stride = Math.floor(total / steps);
  const half = Math.floor(stride / 2);
  const warmUp = !config.skip_prk_steps;
  if (warmUp && steps <= WARM_UP_STEPS) {
    throw new Error(
      `pndm: ${steps} steps, but the Runge-Kutta warm-up (skip_prk_steps false) takes ${WARM_UP_STEPS}; take more, or set skip_prk_steps true`,
    );
  }
  const warmUpCalls = warmUp
    ? plain
        .slice(0, WARM_UP_STEPS)
        .flatMap((t, j) => [t, plain[j + 1] + half, plain[j + 1] + half, plain[j + 1]])
    : [];
  const multistep = warmUp
    ? plain.slice(WARM_UP_STEPS)
    : steps > 1
      ? [plain[0], plain[1], ...plain.slice(1)]
      : plain;
  const timesteps = [...warmUpCalls, ...multistep];
  const finalAlpha = config.set_alpha_to_one ? 1 : alphasCumprod[0];
  if (timesteps.some((t) => alphasCumprod[t] === 0)) {
    throw new Error(
      'pndm: it steps by the noise, which at zero terminal SNR (rescale_betas_zero_snr) says nothing of the image; take ddim, euler or dpm-solver++',
    );
  }

  /** The transfer part phi, eq. 11, from timestep t to `previous`, by the prediction that `outputs` combine to. */
  const transfer = (
    from: Float32Array,
    t: number,
    previous: number,
    outputs: readonly Vector[],
    weights: readonly number[],
  ) => {
    const alpha = alphasCumprod[t];
    const alphaPrevious = previous >= 0 ? alphasCumprod[previous] : finalAlpha;
    // x_(t-d) = sqrt(a'/a) x_t - (a' - a) eps / (a sqrt(1-a') + sqrt(a (1-a) a'))
    const p = Math.sqrt(alphaPrevious / alpha);
    const q =
      (alphaPrevious - alpha) /
      (alpha * Math.sqrt(1 - alphaPrevious) + Math.sqrt(alpha * (1 - alpha) * alphaPrevious));
    const rootAlpha = Math.sqrt(alpha);
    const rootRest = Math.sqrt(1 - alpha);
    const next = new Float32Array(from.length);
    for (let k = 0; k < next.length; k++) {
      let combined = 0;
      for (let m = 0; m < outputs.length; m++) combined += weights[m] * outputs[m][k];
      const epsilon = type === 'v_prediction' ? rootAlpha * combined + rootRest * from[k] : combined;
      next[k] = p * from[k] - q * epsilon;
    }
    return next;
  };

  /** Call i of the warm-up: the first two and the third move by half a step or a whole one, the last by all four. */
  const rungeKutta = (output: Float32Array, i: number, sample: Float32Array, state: SchedulerState) => {
    const call = i % 4;
    const begins = call === 0;
    const from = begins ? sample : state.heldSample!;
    const sum = output.map((value, k) => RUNGE_KUTTA[call] * value + (begins ? 0 : state.heldOutput![k]));
    const t = warmUpCalls[i - call];
    const previous = timesteps[i] - (call % 2 === 0 ? half : 0);
    const last = call === 3;
    return {
      sample: transfer(from, t, previous, [last ? sum : output], [1]),
      keep: {
        outputs: begins ? [...state.outputs, output] : state.outputs,
        heldSample: last ? null : from,
        heldOutput: last ? null : sum,
      },
    };
  };

  return schedulerOf({
    name: 'pndm',
    timesteps,
    callOf: (step) => step + 3 * Math.min(step, warmUpCalls.length / 4),
    addNoise: (original, noise, i) => addNoise(original, noise, alphasCumprod[timesteps[i]]),
    step(modelOutput, i, sample, state) {
      requireSameSize('pndm: model output', modelOutput, sample);
      if (i < warmUpCalls.length) return rungeKutta(modelOutput, i, sample, state);
      const repeat = !warmUp && state.calls === 1;
      // The repeated call goes over the first interval again, from the sample it started at.
      const t = repeat ? timesteps[i] + stride : timesteps[i];
      const from = repeat && state.heldSample ? state.heldSample : sample;
      const outputs = repeat ? state.outputs : [...state.outputs.slice(-3), modelOutput];
      const terms = repeat ? [modelOutput, outputs[0]] : [...outputs].reverse();
      const weights = repeat ? [1 / 2, 1 / 2] : ADAMS_BASHFORTH[outputs.length - 1];
      return {
        sample: transfer(from, t, t - stride, terms, weights),
        keep: { outputs, heldSample: state.calls === 0 ? sample : null },
      };
    },
  });
}
