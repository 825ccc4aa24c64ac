/**
 * Owns PNDM in the form Stable Diffusion runs it ("PLMS": Liu et al. 2022, "Pseudo Numerical Methods for
 * Diffusion Models on Manifolds", without the Runge-Kutta warm-up).
 *
 * n steps make n + 1 model calls: the second timestep is visited twice, because the first move is done again
 * with the mean of both predictions (pseudo improved Euler). From then on eps' is the linear multistep
 * (Adams-Bashforth) combination of up to four predictions, eq. 12.
 *
 * Entered in mid-schedule (img2img) it behaves as the reference does: the second CALL of the run, whatever
 * its timestep, is the repeat. Only a start at 0 repeats a timestep; prefer DDIM for img2img.
 */
import { addNoise, noiseSchedule, requireSameSize, type SchedulerConfig } from './noise-schedule.ts';
import { predictionTypeOf } from './prediction.ts';
import { alphaAt, requireStep, type Scheduler } from './scheduler.ts';
import { closedTimesteps, requireSteps, spacingOf } from './timesteps.ts';

/** Weights of the newest prediction first, by how many there are. */
const ADAMS_BASHFORTH = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

export function pndm(config: SchedulerConfig, steps: number): Scheduler {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps('pndm', steps, total);
  if (!config.skip_prk_steps) {
    throw new Error(
      'pndm: skip_prk_steps is false; the Runge-Kutta warm-up is not supported, set it true as Stable Diffusion does',
    );
  }
  const type = predictionTypeOf(config);
  if (type === 'sample') throw new Error('pndm: prediction_type "sample", wanted epsilon or v_prediction');
  const plain = closedTimesteps(spacingOf(config, 'leading'), total, steps, config.steps_offset ?? 0);
  const timesteps = steps > 1 ? [plain[0], plain[1], ...plain.slice(1)] : plain;
  const stride = Math.floor(total / steps);
  const finalAlpha = config.set_alpha_to_one ? 1 : alphasCumprod[0];

  return {
    name: 'pndm',
    timesteps,
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, t) => addNoise(original, noise, alphaAt('pndm', alphasCumprod, t)),
    step(modelOutput, i, sample, state) {
      requireStep('pndm', i, timesteps);
      requireSameSize('pndm: model output', modelOutput, sample);
      const repeat = state.calls === 1;
      // The repeated call goes over the first interval again, from the sample it started at.
      const t = repeat ? timesteps[i] + stride : timesteps[i];
      const from = repeat && state.heldSample ? state.heldSample : sample;
      const outputs = repeat ? state.outputs : [...state.outputs.slice(-3), modelOutput];
      const terms = repeat ? [modelOutput, outputs[0]] : [...outputs].reverse();
      const weights = repeat ? [1 / 2, 1 / 2] : ADAMS_BASHFORTH[outputs.length - 1];

      const alpha = alphaAt('pndm', alphasCumprod, t);
      const previous = t - stride;
      const alphaPrevious = previous >= 0 ? alphasCumprod[previous] : finalAlpha;
      // The transfer part phi, eq. 11: x_(t-d) = sqrt(a'/a) x_t - (a' - a) eps / (a sqrt(1-a') + sqrt(a (1-a) a'))
      const p = Math.sqrt(alphaPrevious / alpha);
      const q =
        (alphaPrevious - alpha) /
        (alpha * Math.sqrt(1 - alphaPrevious) + Math.sqrt(alpha * (1 - alpha) * alphaPrevious));
      const rootAlpha = Math.sqrt(alpha);
      const rootRest = Math.sqrt(1 - alpha);
      const next = new Float32Array(sample.length);
      for (let k = 0; k < next.length; k++) {
        let combined = 0;
        for (let m = 0; m < terms.length; m++) combined += weights[m] * terms[m][k];
        const epsilon = type === 'v_prediction' ? rootAlpha * combined + rootRest * from[k] : combined;
        next[k] = p * from[k] - q * epsilon;
      }
      return {
        sample: next,
        state: { ...state, calls: state.calls + 1, outputs, heldSample: state.calls === 0 ? sample : null },
      };
    },
  };
}
