/** Owns the ids of the models that ship with the program. */

export const BUILTIN = {
  diffusion: 'builtin:diffusion',
  encoder: 'builtin:encoder',
  clip: 'builtin:clip',
} as const;
