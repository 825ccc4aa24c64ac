/**
 * Owns how much room on the disk a job takes, looked at before it starts and told when the disk is full. Estimates: the
 * write itself decides, so a job is refused only where less than half of its estimate is free.
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JobKind, JobParams, JobRequest } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import {
  bytesOfImages,
  type Catalog,
  classesOf,
  diskFull,
  freeSpace,
  getJob,
  imageIds,
  megabytes,
  presentImages,
  smallWrite,
} from '../catalog/index.ts';
import type { JobContext } from '../jobs/job-context.ts';
import { loraNumbers, ownSize } from '../models/diffusion/memory-estimate.ts';
import { latentShape } from '../models/diffusion/sessions.ts';
import { findModel } from '../models/registry.ts';
import { diffusionModelOf } from './job-memory.ts';

/** Bytes of one imported image: its thumbnail of 256 pixels, and its rows. */
export const imported = 9_000;
/** Bytes of one image's features, of 512 numbers. */
const features = 2_500;
/** Bytes of a row besides: a caption, a position, a sample's provenance. */
const row = 500;
/** Bytes of a stored PNG's pixel: as of photographs; drawings take less. */
const pngPixel = 2;
/** A job that has less than this share of what it takes is refused. */
const refusedBelow = 0.5;

/** Bytes of a whole run, by kind. May throw where a model is missing, which the job itself says better. */
const wholeRun: { [K in JobKind]: (catalog: Catalog, params: JobParams<K>) => number } = {
  import: () => 0, // known after the search: the body asks
  relink: () => 0, // rows change in place
  embed: (catalog, { datasetId }) => features * presentImages(catalog, datasetId),
  score: (catalog, { datasetId }) => scoring(catalog, datasetId),
  project: (catalog, { datasetId }) => (features + row) * presentImages(catalog, datasetId),
  rescore: (catalog, { datasetId }) => scoring(catalog, datasetId),
  issues: (catalog, { datasetId }) => (features + row) * presentImages(catalog, datasetId),
  caption: (catalog, { datasetId }) => row * presentImages(catalog, datasetId),
  fit: fitting,
  train: training,
  generate: (catalog, params) => {
    const numbers = classCount(catalog, params.datasetId, params.classes);
    const made =
      params.ratio === null
        ? params.count * numbers
        : params.ratio * presentImages(catalog, params.datasetId);
    return made * pictureBytes(catalog, { kind: 'generate', params });
  },
  // Besides a few dozen pictures, the features and probabilities of every one that is measured.
  control: (catalog, params) => 4 * (features + row) * everyLevel(catalog, params),
  'hard-factors': (catalog, params) => (features + row) * everyLevel(catalog, params),
  export: (catalog, { datasetId, filter, format, scorerId }) => {
    const ids = imageIds(catalog, datasetId, filter, 'path', scorerId ?? undefined);
    // A probability as text, with its class's name.
    if (format !== 'imagefolder') return (row + 40 * classesOf(catalog, datasetId).length) * ids.length;
    return bytesOfImages(catalog, ids) + row * ids.length;
  },
};

/** Features where there are none yet, and a probability of every class. */
const scoring = (catalog: Catalog, datasetId: number): number =>
  (features + row + 4 * classesOf(catalog, datasetId).length) * presentImages(catalog, datasetId);

const classCount = (catalog: Catalog, datasetId: number, classes: 'all' | readonly string[]): number =>
  classes === 'all' ? classesOf(catalog, datasetId).length : classes.length;

const everyLevel = (
  catalog: Catalog,
  { datasetId, classes, levels, count }: JobParams<'control' | 'hard-factors'>,
): number => classCount(catalog, datasetId, classes) * levels.length * count;

function pictureBytes(catalog: Catalog, request: Extract<JobRequest, { kind: 'generate' }>): number {
  const model = diffusionModelOf(catalog, request);
  const side = request.params.size ?? (model ? ownSize(model) : 512);
  return pngPixel * side ** 2 + 10 * row;
}

/** Of what a job goes on from, two generations are kept while the next one is written. */
const generations = 3;

/** Latents of every image and its mirror image, checkpoints of weights and both moments, and the model. */
function training(catalog: Catalog, params: JobParams<'train'>): number {
  const model = diffusionModelOf(catalog, { kind: 'train', params });
  if (!model) return 0;
  const { numbers } = latentShape(model);
  const learned = loraNumbers(model, params.rank);
  return 4 * (4 * numbers * presentImages(catalog, params.datasetId) + (generations * 3 + 1) * learned);
}

/** Checkpoints of weights and both moments, the best epoch, and the model. */
function fitting(catalog: Catalog, { modelId, train }: JobParams<'fit'>): number {
  const scratch = 3.6e6; // bytes of the small residual network
  const weights = modelId === null ? scratch : bytesBelow(findModel(catalog, modelId).path);
  return (train === 'head' ? 2 : generations * (3 + 1) + 1) * weights;
}

function bytesBelow(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (!facts?.isDirectory()) return facts?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}

/** What grows with the share that is done. Of the others, what lies in the job's folder needs no more room. */
const growing: readonly JobKind[] = ['export', 'generate', 'embed', 'control', 'hard-factors'];

/** Bytes that the rest of a job takes, about. Never throws: it is asked for when something else has failed. */
export function spaceNeeded(catalog: Catalog, jobId: number): number {
  try {
    const { kind, params, done, total } = getJob(catalog, jobId);
    const rest = total === null || total === 0 ? 1 : Math.max(0, 1 - done / total);
    if (kind === 'import') return Math.max(smallWrite, imported * (total ?? 0) * rest);
    const whole = (wholeRun[kind] as (catalog: Catalog, params: unknown) => number)(catalog, params);
    const left = growing.includes(kind) ? whole * rest : whole - bytesBelow(catalog.jobDir(jobId));
    return Math.max(smallWrite, left);
  } catch {
    return smallWrite;
  }
}

/** The folders that a job writes to; the catalog's first. */
export const writtenFolders = (catalog: Catalog, { kind, params }: Pick<Job, 'kind' | 'params'>): string[] =>
  kind === 'export' && typeof params.out === 'string'
    ? [catalog.dir, dirname(resolve(params.out))]
    : [catalog.dir];

/**
 * Looks at the free space before a job, or a part of it, writes: says in the log where it may not be enough.
 * @throws OwnFault where it is less than half of what is needed.
 */
export function tellSpace(
  { catalog, job, log }: Pick<JobContext, 'catalog' | 'job' | 'log'>,
  needed: number = spaceNeeded(catalog, job.id),
): void {
  if (needed <= smallWrite) return; // a few rows: their own write tells
  const folder = writtenFolders(catalog, job).at(-1)!;
  const free = freeSpace(folder);
  if (free < refusedBelow * needed) throw diskFull(folder, needed);
  if (free < needed)
    log(
      'warn',
      `${megabytes(free)} are free at ${folder}, about ${megabytes(needed)} may be needed; where that is not enough the job stops, and can be resumed once there is room`,
    );
}
