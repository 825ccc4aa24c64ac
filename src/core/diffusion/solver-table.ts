/**
 * Owns what the exponential-integrator solvers (DPM-Solver++, UniPC) share: alpha, sigma and half the log
 * signal-to-noise ratio at every timestep, the timesteps themselves, and the common config keys.
 *
 * Symbols (Lu et al. 2022): alpha_t = sqrt(alpha-bar_t), sigma_t = sqrt(1 - alpha-bar_t),
 * lambda_t = log(alpha_t / sigma_t).
 */
import { roundHalfEven } from '../round.ts';
import { noiseSchedule, type SchedulerConfig } from './noise-schedule.ts';
import { karrasSigmas, openTimesteps, requireSteps, spacingOf, timestepOfSigma } from './timesteps.ts';

export interface SolverTable {
  alphasCumprod: Float64Array;
  alpha: Float64Array;
  sigma: Float64Array;
  lambda: Float64Array;
  /** Falling, each once (so possibly fewer than asked for); the step after the last one goes to timestep 0. */
  timesteps: number[];
  /** The timestep that step i arrives at. */
  target(i: number): number;
}

export function solverTable(name: string, config: SchedulerConfig, steps: number): SolverTable {
  const { alphasCumprod } = noiseSchedule(config);
  const total = alphasCumprod.length;
  requireSteps(name, steps, total);
  const alpha = alphasCumprod.map((a) => Math.sqrt(a));
  const sigma = alphasCumprod.map((a) => Math.sqrt(1 - a));
  const lambda = alpha.map((a, t) => Math.log(a) - Math.log(sigma[t]));
  const visited = config.use_karras_sigmas
    ? karrasTimesteps(alphasCumprod, steps)
    : openTimesteps(spacingOf(config, 'linspace'), total, steps, config.steps_offset ?? 0);
  // Many steps, rounded, may meet on one timestep; a step from it to itself has no length to divide by.
  const timesteps = visited.filter((t, i) => t !== visited[i - 1]);
  return {
    alphasCumprod,
    alpha,
    sigma,
    lambda,
    timesteps,
    target: (i) => (i === timesteps.length - 1 ? 0 : timesteps[i + 1]),
  };
}

function karrasTimesteps(alphasCumprod: Float64Array, steps: number): number[] {
  const sigmas = alphasCumprod.map((a) => Math.sqrt((1 - a) / a));
  const logs = sigmas.map(Math.log);
  return karrasSigmas(sigmas[0], sigmas[sigmas.length - 1], steps).map((s) =>
    roundHalfEven(timestepOfSigma(s, logs)),
  );
}
