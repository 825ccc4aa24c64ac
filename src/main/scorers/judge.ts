/**
 * Owns asking a stored scorer about images that it has not judged: its encoder, and its probes, its classes'
 * columns of the logits, or the names of its classes.
 */
import { temperedProbabilities } from '../../core/metrics/temperature.ts';
import { scoreParams } from '../../shared/jobs/score.ts';
import { type Catalog, classesOf, getScorer, type StoredScorer } from '../catalog/index.ts';
import { labelColumns, softmaxOfColumns } from '../datasets/class-probabilities.ts';
import type { ImageEncoder } from '../models/encoder.ts';
import { openEncoder } from '../models/open-encoder.ts';
import type { RuntimeOptions } from '../runtime/runtime.ts';
import { meanProbabilities, restoreProbes } from './probe-store.ts';
import { zeroShot } from './zero-shot.ts';

export interface Judge {
  scorer: StoredScorer;
  encoder: ImageEncoder;
  /** What of the encoder's output it reads. */
  column: 'vector' | 'logits';
  /** x: f32[n,dim] of that column -> f32[n,k], columns in the order of scorer.classIds. */
  probabilities(x: Float32Array, n: number, dim: number): Float32Array;
  close(): Promise<void>;
}

/** @throws where the scorer is gone or of another dataset. */
export function scorerOfDataset(
  catalog: Catalog,
  datasetId: number,
  scorerId: number,
  job: string,
): StoredScorer {
  const scorer = getScorer(catalog, scorerId);
  if (scorer.datasetId !== datasetId)
    throw new Error(`${job}: scorer ${scorerId} belongs to another dataset; choose one of this dataset`);
  return scorer;
}

/** A scorer of this dataset that can measure new images. @throws with what to do instead. */
export function scorerFor(catalog: Catalog, datasetId: number, scorerId: number, job: string): StoredScorer {
  const scorer = scorerOfDataset(catalog, datasetId, scorerId, job);
  if (scorer.method === 'precomputed')
    throw new Error(
      `${job}: given probabilities cannot measure new images; score with a probe or a classifier first`,
    );
  return scorer;
}

/** The caller closes it. @throws where the encoder gives other features than those that the scorer stands on. */
export async function openJudge(
  catalog: Catalog,
  scorer: StoredScorer,
  runtime: RuntimeOptions,
): Promise<Judge> {
  const encoder = await openEncoder(catalog, scorer.modelId, runtime);
  if (encoder.hash !== scorer.modelHash) {
    await encoder.close();
    throw new Error(
      `scorer ${scorer.name}: since it scored, ${scorer.modelName} has changed, or images are prepared for it in another way; score the dataset again`,
    );
  }
  const tempered = (p: Float32Array, n: number) =>
    temperedProbabilities(p, n, scorer.classIds.length, scorer.temperature);
  const part = { scorer, encoder, close: () => encoder.close() };
  if (scorer.probes) {
    const probes = restoreProbes(scorer.probes);
    return {
      ...part,
      column: 'vector',
      probabilities: (x, n) => tempered(meanProbabilities(probes, x, n), n),
    };
  }
  const nameOf = new Map(classesOf(catalog, scorer.datasetId).map((c) => [c.id, c.name]));
  const names = scorer.classIds.map((id) => nameOf.get(id) ?? '');
  if (scorer.method === 'zero-shot') {
    const { prompts } = scoreParams.parse(scorer.params);
    const told = await zeroShot(encoder, names, prompts);
    return { ...part, column: 'vector', probabilities: (x, n) => tempered(told(x), n) };
  }
  const columns = labelColumns(names, encoder.labels, encoder.name);
  return {
    ...part,
    column: 'logits',
    probabilities: (x, n, dim) => tempered(softmaxOfColumns(x, n, dim, columns), n),
  };
}
