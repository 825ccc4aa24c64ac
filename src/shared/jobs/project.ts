/** Owns the parameters and the result of laying out a map. */
import { z } from 'zod';
import { field } from '../field.ts';
import { count, encoder, id, leftOut, seed } from './parts.ts';

const byTsne = {
  where: 'with t-SNE',
  holds: (params: Readonly<Record<string, unknown>>) => params.method === 'tsne',
};

export const projectParams = z.object({
  datasetId: id,
  method: field(z.enum(['tsne', 'pca']).default('tsne'), {
    label: 'Method',
    help: 'How the map is made.',
    advice:
      't-SNE keeps neighbours together. PCA is a plain linear view: quick, and distances mean something.',
    level: 'basic',
    choices: { tsne: 't-SNE', pca: 'PCA' },
  }),
  modelId: field(encoder, {
    label: 'Encoder',
    help: 'The network whose features are laid out.',
    level: 'basic',
    flag: 'model',
    among: 'encoders',
  }),
  perplexity: field(z.number().min(2).max(500).default(30), {
    label: 'Perplexity',
    help: 'Effective number of neighbours of each point.',
    advice: 'Small: many tight clumps. Large: the broad shape.',
    level: 'basic',
    only: byTsne,
  }),
  iterations: field(z.int().min(50).max(10000).default(1000), {
    label: 'Iterations',
    help: 'Steps of the layout.',
    advice: '1,000 is usual.',
    level: 'basic',
    only: byTsne,
    step: 50,
  }),
  seed: field(seed, {
    label: 'Seed',
    help: 'The same seed, settings and images give the same map again.',
    level: 'advanced',
  }),
});

export const projectResult = z.object({
  projectionId: id,
  images: count,
  /** Of PCA: share of the variance that the map shows. */
  explained: z.number().optional(),
  /** Of t-SNE, of 4 images and more. */
  perplexity: z.number().optional(),
  divergence: z.number().optional(),
  ...leftOut,
});
