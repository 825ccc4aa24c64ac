/**
 * Owns the map of a dataset: t-SNE or the first two principal components of every image's features, real and
 * synthetic together. A t-SNE run is checkpointed every few seconds and goes on to the very same result.
 */
import { pcaSteps } from '../../../core/projection/pca.ts';
import {
  createTsne,
  defaultSettings,
  prepareTsneSteps,
  type TsneState,
  tsneSteps,
} from '../../../core/projection/tsne.ts';
import { rngFromSeed } from '../../../core/rng.ts';
import type { JobResult } from '../../../shared/jobs/index.ts';
import { addProjection, type LoadedEmbeddings, workImages } from '../../catalog/index.ts';
import { pump } from '../../files/pump.ts';
import type { JobBody, JobContext } from '../../jobs/job-context.ts';
import { featuresOf } from '../../scorers/embedding.ts';

const CHECKPOINT_MS = 3000;
const SLICE_MS = 40;

interface Checkpoint {
  ids: Uint32Array;
  state: TsneState;
}

export const projectBody: JobBody<'project'> = async (ctx) => {
  const { catalog, params } = ctx;
  const images = workImages(catalog, params.datasetId);
  const { set, images: seen, vectors, dim } = await featuresOf(ctx, params.modelId, images);
  const loaded = { ids: Uint32Array.from(seen, ({ id }) => id), vectors, dim };
  if (loaded.ids.length === 0)
    throw new Error('project: no image of the dataset can be read; connect their disk, or import some first');
  const { positions, figures } =
    params.method === 'pca' ? await byPca(ctx, loaded) : await byTsne(ctx, loaded);
  ctx.signal.throwIfAborted();
  const projectionId = addProjection(catalog, {
    datasetId: params.datasetId,
    method: params.method,
    modelName: set.modelName,
    modelHash: set.modelHash,
    params,
    ids: loaded.ids,
    positions,
    jobId: ctx.job.id,
  });
  return { projectionId, images: loaded.ids.length, ...figures };
};

type Placed = {
  positions: Float32Array;
  figures: Pick<JobResult<'project'>, 'explained' | 'perplexity' | 'divergence'>;
};

async function byPca(ctx: JobContext<'project'>, { ids, vectors, dim }: LoadedEmbeddings): Promise<Placed> {
  const n = ids.length;
  ctx.progress({ stage: 'principal components', done: 0, total: 100 });
  const result = await pump(pcaSteps(vectors, n, dim, 2, { rng: rngFromSeed(ctx.params.seed, 'pca') }), {
    signal: ctx.signal,
    onProgress: (share) => ctx.progress({ done: Math.round(100 * share) }),
  });
  const positions = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < Math.min(2, result.r); c++) positions[2 * i + c] = result.scores[i * result.r + c];
  }
  const explained = result.variances.reduce((sum, v) => sum + v, 0) / (result.totalVariance || 1);
  return { positions, figures: { explained } };
}

async function byTsne(ctx: JobContext<'project'>, { ids, vectors, dim }: LoadedEmbeddings): Promise<Placed> {
  const { params, signal } = ctx;
  const n = ids.length;
  const rng = rngFromSeed(params.seed, 'tsne');
  const { perplexity, iterations } = params;
  if (n < 4) {
    const positions = await pump(tsneSteps(vectors, n, dim, { rng, perplexity, iterations }), { signal });
    return { positions, figures: {} };
  }
  ctx.progress({ stage: 'finding neighbours', done: 0, total: 100 });
  const { affinities, initial } = await pump(prepareTsneSteps(vectors, n, dim, { rng, perplexity }), {
    signal,
    onProgress: (share) => ctx.progress({ done: Math.round(100 * share) }),
  });
  const stored = ctx.readCheckpoint<Checkpoint>();
  const sameImages = stored?.ids.length === n && stored.ids.every((id, i) => id === ids[i]);
  const run = createTsne(
    affinities,
    stored && sameImages ? stored.state : initial,
    defaultSettings(n, iterations),
  );
  ctx.progress({ stage: 'laying out the map', done: run.iteration, total: iterations });
  let rested = performance.now();
  let saved = rested;
  while (!run.done) {
    run.step();
    if (performance.now() - rested < SLICE_MS) continue;
    ctx.progress({ done: run.iteration });
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted || performance.now() - saved > CHECKPOINT_MS) {
      ctx.writeCheckpoint<Checkpoint>({ ids, state: run.state() });
      saved = performance.now();
    }
    signal.throwIfAborted();
    rested = performance.now();
  }
  return {
    positions: run.positions(),
    figures: { perplexity: affinities.perplexity, divergence: run.divergence() },
  };
}
