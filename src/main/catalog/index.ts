/** Owns the catalog's public names: everything outside this folder imports from here. */
export * from './blobs.ts';
export * from './captions.ts';
export * from './datasets.ts';
export * from './difficulty.ts';
export * from './edits.ts';
export * from './embeddings.ts';
export * from './images.ts';
export * from './issues.ts';
export * from './jobs.ts';
export * from './labels.ts';
export { migrate, migrations } from './migrations/index.ts';
export * from './models.ts';
export * from './open.ts';
export * from './projections.ts';
export * from './review.ts';
export * from './scores.ts';
export * from './settings.ts';
export * from './synthetic.ts';
