/** Owns the names of the schedulers that a person can choose, with what a form says of each. */

interface SchedulerEntry {
  label: string;
  /** One sentence: what it does to the result. */
  help: string;
}

export const schedulers = {
  pndm: {
    label: 'PNDM',
    help: 'Multistep, deterministic; what Stable Diffusion 1 is saved with. 30 to 50 steps.',
  },
  ddim: {
    label: 'DDIM',
    help: 'The simplest: deterministic, or with noise where eta is above 0. 30 to 50 steps.',
  },
  ddpm: { label: 'DDPM', help: 'Adds noise at every step, as in training. Needs many steps.' },
  'dpm-solver++': { label: 'DPM-Solver++', help: 'Second or third order: good images in 15 to 25 steps.' },
  'dpm-solver-single': {
    label: 'DPM-Solver++ single-step',
    help: 'As DPM-Solver++, but each step stands alone; better where guidance is strong.',
  },
  unipc: { label: 'UniPC', help: 'Predictor and corrector: good images in 10 to 20 steps.' },
  deis: { label: 'DEIS', help: 'Exponential integrator of up to third order, 15 to 25 steps.' },
  euler: { label: 'Euler', help: 'First order in the noise level; deterministic. 20 to 30 steps.' },
  'euler-ancestral': {
    label: 'Euler ancestral',
    help: 'Euler with fresh noise at every step: more varied, and never settles as steps are added.',
  },
  heun: { label: 'Heun', help: 'Corrects every Euler step: two network calls a step, more exact.' },
  lms: { label: 'LMS', help: 'Linear multistep of fourth order in the noise level. 30 to 50 steps.' },
  dpm2: { label: 'DPM2', help: 'Midpoint method: two network calls a step.' },
  'dpm2-ancestral': { label: 'DPM2 ancestral', help: 'DPM2 with fresh noise at every step.' },
  lcm: { label: 'LCM', help: 'For latent consistency models and LCM LoRAs only: 1 to 8 steps.' },
  tcd: {
    label: 'TCD',
    help: 'For networks distilled with TCD only: 4 to 20 steps; eta 0.3 as in its paper.',
  },
} as const satisfies Record<string, SchedulerEntry>;

/** Those of `schedulers`, and inversion, which methods run and nobody chooses. */
export type SchedulerName = keyof typeof schedulers | 'ddim-inverse';

export const schedulerChoices = Object.keys(schedulers) as (keyof typeof schedulers)[];

/** What a job may ask for: "model" is the scheduler that the model's own config names, as it is configured there. */
export const schedulerSettings = ['model', ...schedulerChoices] as const;
export type SchedulerSetting = (typeof schedulerSettings)[number];
