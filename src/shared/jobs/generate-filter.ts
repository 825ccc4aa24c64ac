/** Owns the parameters of a generation's filter: which of the samples, measured as they are made, are kept. */
import { z } from 'zod';
import { field } from '../field.ts';
import { keepsAll } from './generate-rules.ts';
import { generateGroups } from './parts.ts';

const group = generateGroups.filter;
const difficulty = z.number().min(0).max(1);

export const keeping = (params: Readonly<Record<string, unknown>>): boolean =>
  !keepsAll(params as unknown as Parameters<typeof keepsAll>[0]);

export const filter = {
  keepWithin: field(z.number().gt(0).max(1).nullable().default(null), {
    label: 'Maximum distance',
    help: 'Keep only samples whose measured difficulty is at most this far from the requested one.',
    level: 'basic',
    group,
    // A base model only is asked for no difficulty.
    only: { holds: (params) => keeping(params) && params.modelId === null },
    none: 'Any',
    step: 0.05,
  }),
  keepMin: field(difficulty.default(0), {
    label: 'Lowest measured difficulty',
    help: 'Keep only samples of at least this measured difficulty.',
    level: 'basic',
    group,
    only: { holds: keeping },
    step: 0.05,
  }),
  keepMax: field(difficulty.default(1), {
    label: 'Highest measured difficulty',
    help: 'Keep only samples of at most this measured difficulty.',
    level: 'basic',
    group,
    only: { holds: keeping },
    step: 0.05,
  }),
  keepAgreeing: field(z.boolean().default(false), {
    label: 'Scorer sees the class',
    help: 'Keep only samples whose most probable class, by the scorer, is their label.',
    level: 'basic',
    group,
    only: { holds: keeping },
  }),
  attempts: field(z.int().min(1).max(1000).default(5), {
    label: 'Candidates per sample',
    help: 'Candidates generated for one sample, at most.',
    advice: 'Each candidate takes as long as a sample.',
    level: 'basic',
    group,
    only: { where: 'with a --keep option', holds: keeping },
  }),
  atLimit: field(z.enum(['best', 'leave-out']).default('best'), {
    label: 'If no candidate fits',
    help: 'If no candidate can be kept: take the best one, or leave the sample out.',
    level: 'basic',
    group,
    only: { where: 'with a --keep option', holds: keeping },
    choices: { best: 'Take the nearest', 'leave-out': 'Leave it out' },
  }),
};
