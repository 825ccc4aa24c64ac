/**
 * Owns the report on what is wrong with a dataset: labels that confident learning suspects, by out-of-fold
 * probabilities, and images that are there twice, by their bytes and their embeddings. Without a scorer to believe it is
 * of duplicates alone. It lies in the catalog's `issues/<job>` folder; nothing of the dataset is changed.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rankedLabelIssues } from '../../../../core/difficulty/label-issues-ranked.ts';
import {
  type DuplicateRows,
  type DuplicateSearch,
  duplicateClusters,
  duplicateRowsSteps,
  duplicateSteps,
  duplicateThresholdSteps,
  judgedRows,
  pickRows,
  type SameImage,
  startDuplicateSearch,
} from '../../../../core/difficulty/near-duplicates.ts';
import { sameDetails } from '../../../../core/difficulty/picture-details.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import { BUILTIN } from '../../../../shared/built-in.ts';
import {
  confirmedLabelTag,
  type DuplicateCluster,
  type IssuesReport,
  labelsLeftOut,
} from '../../../../shared/issues.ts';
import {
  classesOf,
  currentScorerId,
  imagesWithTag,
  listScorers,
  probabilitiesOf,
  type StoredScorer,
  type WorkImage,
} from '../../../catalog/index.ts';
import { storedImages } from '../../../datasets/used-images.ts';
import { pump } from '../../../files/pump.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import { featuresOf } from '../../../scorers/embedding.ts';
import { scorerOfDataset } from '../../../scorers/judge.ts';
import { detailsOf } from './image-details.ts';

type Context = JobContext<'issues'>;

const CHECKPOINT_MS = 5000;

interface Checkpoint {
  /** Another list of images begins anew. */
  ids: Uint32Array;
  /** The threshold that was chosen. */
  similarity: number;
  search: DuplicateSearch;
  /** Among those that `search` found, with a look at their details; null: not begun, or a similarity was asked for. */
  confirmed: DuplicateSearch | null;
}

export const issuesBody: JobBody<'issues'> = async (ctx) => {
  const { catalog, params } = ctx;
  const scorer = scorerOf(ctx);
  const images = storedImages(ctx);
  if (scorer) ctx.progress({ stage: 'looking for wrong labels', done: 0, total: null });
  else ctx.log('info', labelsLeftOut);
  const labels = scorer ? labelsOf(ctx, scorer, images) : noLabels(images);
  const found = await duplicatesOf(ctx, scorer, images);
  const report: IssuesReport = {
    datasetId: params.datasetId,
    scorer: scorer && { id: scorer.id, name: scorer.name, method: scorer.method },
    ...labels,
    ...found,
  };
  const file = join('issues', String(ctx.job.id), 'issues.json');
  mkdirSync(dirname(catalog.file(file)), { recursive: true });
  writeWhole(catalog.file(file), Buffer.from(`${JSON.stringify(report)}\n`));
  return {
    file,
    images: report.images,
    ...(scorer
      ? {
          issues: report.issues.length,
          noise: report.noise,
          hard: report.hard,
          confirmed: report.confirmed,
        }
      : { labelsLeftOut }),
    duplicates: report.duplicates.length,
    exact: report.duplicates.filter((cluster) => cluster.kind === 'exact').length,
    leaking: report.duplicates.filter((cluster) => cluster.leaks).length,
    labelsDiffer: report.duplicates.filter((cluster) => cluster.labelsDiffer).length,
  };
};

/** The scorer asked for; else the dataset's current one if it is out of fold, else the newest that is; null: none is. */
function scorerOf({ catalog, params, log }: Context): StoredScorer | null {
  const outOfFold = listScorers(catalog, params.datasetId).filter((s) => s.method === 'out-of-fold');
  const current = currentScorerId(catalog, params.datasetId);
  const id = params.scorerId ?? (outOfFold.find((s) => s.id === current) ?? outOfFold[0])?.id;
  if (id === undefined) return null;
  const scorer = scorerOfDataset(catalog, params.datasetId, id, 'issues');
  if (scorer.method === 'in-sample')
    throw new Error(
      `issues: scorer ${id} (${scorer.name}) was asked about the very images it had learned, and believes their wrong labels; score with method out-of-fold`,
    );
  if (scorer.method !== 'out-of-fold')
    log(
      'warn',
      `${scorer.name}: if it has learned from these images with these labels, it believes the wrong ones and few are found`,
    );
  return scorer;
}

const noLabels = (images: readonly WorkImage[]) => ({
  images: images.length,
  noise: 0,
  hard: 0,
  confirmed: 0,
  pairs: [],
  issues: [],
});

function labelsOf({ catalog, params }: Context, scorer: StoredScorer, images: readonly WorkImage[]) {
  const k = scorer.classIds.length;
  const stored = probabilitiesOf(catalog, scorer.id);
  const nameOf = new Map(classesOf(catalog, params.datasetId).map((c) => [c.id, c.name]));
  const columnOf = new Map(scorer.classIds.map((id, column) => [id, column]));
  const judged = images.filter(
    (image) => stored.has(image.id) && image.classId !== null && columnOf.has(image.classId),
  );
  const n = judged.length;
  if (n === 0)
    throw new Error(`issues: scorer ${scorer.id} has judged no labelled image; score the dataset again`);
  const probabilities = new Float32Array(n * k);
  judged.forEach((image, i) => {
    probabilities.set(stored.get(image.id)!, i * k);
  });
  const labels = judged.map((image) => columnOf.get(image.classId!)!);
  const { issues, noise, pairs, hard } = rankedLabelIssues(probabilities, n, k, labels, {
    rule: params.rule,
    ranking: params.ranking,
  });
  const confirmed = imagesWithTag(catalog, confirmedLabelTag);
  const name = (column: number) => nameOf.get(scorer.classIds[column])!;
  const bounded = (p: number) => Math.min(1, Math.max(0, p));
  return {
    images: n,
    noise: bounded(noise),
    hard,
    confirmed: judged.filter((image) => confirmed.has(image.id)).length,
    pairs: pairs.map(({ given, suggested, count }) => ({
      given: name(given),
      suggested: name(suggested),
      count,
    })),
    issues: issues
      .filter(({ row }) => !confirmed.has(judged[row].id))
      .map((issue) => ({
        imageId: judged[issue.row].id,
        path: judged[issue.row].path,
        given: name(issue.given),
        givenClassId: scorer.classIds[issue.given],
        suggested: name(issue.suggested),
        suggestedClassId: scorer.classIds[issue.suggested],
        selfConfidence: bounded(issue.selfConfidence),
        suggestedProbability: bounded(issue.suggestedProbability),
        difficulty: bounded(1 - issue.selfConfidence),
        normalisedMargin: bounded(issue.normalisedMargin),
        logOdds: issue.logOdds,
      })),
  };
}

async function duplicatesOf(ctx: Context, scorer: StoredScorer | null, images: readonly WorkImage[]) {
  const { params, signal } = ctx;
  const modelId = params.modelId ?? (scorer?.modelId || BUILTIN.encoder);
  const { set, images: seen, vectors, dim } = await featuresOf(ctx, modelId, images);
  const ids = Uint32Array.from(seen, ({ id }) => id);
  const n = ids.length;
  const stored = ctx.readCheckpoint<Checkpoint>();
  const known = stored?.ids.length === n && stored.ids.every((id, i) => id === ids[i]) ? stored : null;
  const onProgress = (share: number) => ctx.progress({ done: Math.round(100 * share) });
  ctx.progress({ stage: 'finding how close images usually are', done: 0, total: 100 });
  const compared = await pump(duplicateRowsSteps(vectors, n, dim, rngFromSeed(0, 'duplicates')), {
    signal,
    onProgress,
  });
  const detailed = async (rows: readonly number[]): Promise<SameImage> => {
    const details = await detailsOf(
      ctx,
      rows.map((row) => seen[row]),
    );
    return (a, b) => sameDetails(details, a, b);
  };
  let similarity = known?.similarity ?? params.similarity;
  if (similarity === null) {
    const judged = judgedRows(n);
    const same = await detailed(judged);
    ctx.progress({ stage: 'finding how close images usually are', done: 0, total: 100 });
    similarity = await pump(duplicateThresholdSteps(compared, judged, same), { signal, onProgress });
  }
  const state: Checkpoint = {
    ids,
    similarity,
    search: known?.search ?? startDuplicateSearch(seen.map((image) => image.hash)),
    confirmed: known?.confirmed ?? null,
  };
  const searched = async (search: DuplicateSearch, rows: DuplicateRows, same?: SameImage) => {
    const save = () => ctx.writeCheckpoint<Checkpoint>(state);
    ctx.progress({ stage: 'comparing images', done: 0, total: 100 });
    let savedAt = performance.now();
    try {
      await pump(duplicateSteps(search, rows, state.similarity, same), {
        signal,
        onProgress: (share) => {
          onProgress(share);
          if (performance.now() - savedAt < CHECKPOINT_MS) return;
          save();
          savedAt = performance.now();
        },
      });
      signal.throwIfAborted();
    } finally {
      if (signal.aborted) save();
    }
  };
  await searched(state.search, compared);
  let found = { search: state.search, images: seen };
  if (params.similarity === null) {
    // Who gives a similarity means the features; the one that was chosen only proposes.
    const candidates = [...state.search.similarity.keys()].filter((row) => state.search.similarity[row] > 0);
    const images = candidates.map((row) => seen[row]);
    state.confirmed ??= startDuplicateSearch(images.map((image) => image.hash));
    await searched(state.confirmed, pickRows(compared, candidates), await detailed(candidates));
    found = { search: state.confirmed, images };
  }
  const clusters = duplicateClusters(found.search).map((members) =>
    clusterOf(members, found.images, found.search),
  );
  // Array.sort is stable: among equals the first images stay first.
  clusters.sort(
    (a, b) =>
      Number(b.leaks) - Number(a.leaks) ||
      Number(b.labelsDiffer) - Number(a.labelsDiffer) ||
      b.images.length - a.images.length,
  );
  return { duplicates: clusters, similarity, encoder: { name: set.modelName, hash: set.modelHash } };
}

function clusterOf(
  members: readonly number[],
  images: readonly WorkImage[],
  search: DuplicateSearch,
): DuplicateCluster {
  const own = members.map((row) => images[row]);
  const different = (values: readonly unknown[]) =>
    new Set(values.filter((value) => value !== null)).size > 1;
  return {
    kind: different(own.map((image) => image.hash)) ? 'near' : 'exact',
    leaks: different(own.map((image) => image.split)),
    labelsDiffer: different(own.map((image) => image.className)),
    images: members.map((row) => ({
      imageId: images[row].id,
      path: images[row].path,
      className: images[row].className,
      split: images[row].split,
      similarity: search.similarity[row],
    })),
  };
}
