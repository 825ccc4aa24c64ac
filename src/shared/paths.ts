/**
 * Owns how the window speaks of files. It never names one: a native dialog gives it a token, and main puts the path in
 * its place wherever a schema has a `pathFor` (main/path-tokens.ts). The command line, whose person typed the path,
 * writes the path itself into the same field.
 */
import { z } from 'zod';
import { limits } from './limits.ts';

/** What a path is chosen for. A token works for nothing else. */
export const pathPurpose = z.enum([
  'dataset-folder',
  'manifest',
  'model-file',
  'model-folder',
  'models-folder',
  'lora',
  'embedding',
  'factors',
  'export-folder',
]);
export type PathPurpose = z.infer<typeof pathPurpose>;

/** What was chosen in a dialog: `token` is for requests, `path` only to be shown. */
export const chosenPath = z.object({ token: z.string().max(100), path: z.string().max(limits.path) });
export type ChosenPath = z.infer<typeof chosenPath>;

/** Which fields of the contract are paths, and what each may have been chosen for. */
export const pathFields = z.registry<{ purposes: readonly PathPurpose[] }>();

/** A file or folder: from the window its token, in a job its absolute path. */
export const pathFor = (...purposes: [PathPurpose, ...PathPurpose[]]) =>
  z.string().min(1).max(limits.path).register(pathFields, { purposes });

/** Endings of the files that are read as manifests, without the dot. */
export const manifestEndings: readonly string[] = 'csv tsv txt jsonl ndjson json parquet'.split(' ');
