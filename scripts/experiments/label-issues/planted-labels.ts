/**
 * Owns the experiment on wrong labels: in a drawn demo dataset 5 % of the labels are changed by a seed, the dataset is
 * scored out of fold as ever, and the share of the changed ones among the first 5 % of each list is counted.
 */
import { join } from 'node:path';
import type { IssueRule } from '../../../src/core/difficulty/label-issues.ts';
import { type IssueRanking, rankedLabelIssues } from '../../../src/core/difficulty/label-issues-ranked.ts';
import { BUCKET_BORDERS } from '../../../src/core/difficulty/score.ts';
import { permutation, rngFromSeed } from '../../../src/core/rng.ts';
import {
  type Catalog,
  classesOf,
  currentScorerId,
  difficultyRows,
  getScorer,
  openCatalog,
  probabilitiesOf,
  setLabel,
} from '../../../src/main/catalog/index.ts';
import type { LabelIssue } from '../../../src/shared/issues.ts';
import { crux } from '../crux.ts';

export const plantedShare = 0.05;

/** Where a changed label goes: to any other class, or to the one that the scorer most takes the class for. */
export type Noise = 'any class' | 'likeliest class';

/** Lists beside the program's default one. */
const others: { name: string; rule: IssueRule; ranking: IssueRanking }[] = [
  { name: 'same suspects, by self-confidence', rule: 'class', ranking: 'self-confidence' },
  { name: 'same suspects, by normalised margin', rule: 'class', ranking: 'normalised-margin' },
  {
    name: "cleanlab's defaults (noise rate, self-confidence)",
    rule: 'noise-rate',
    ranking: 'self-confidence',
  },
];
export const defaultName = '`crux issues` (class, odds)';
export const plainName = 'plain difficulty ranking';

export interface LabelRun {
  seed: number;
  images: number;
  accuracy: number;
  /** Planted labels among the first 5 %, as a share of the planted ones; by the list's name. */
  inTop: Record<string, number>;
  /** The default list as a whole. */
  list: { length: number; found: number };
  /** The hard bucket (difficulty .66 and above), what people would look through without a list. */
  hardBucket: { length: number; found: number };
}

/** A drawn, imported dataset `demo` in `folder`/catalog, scored once with its true labels. */
export function plantAndSearch(folder: string, seed: number, noises: readonly Noise[]): Map<Noise, LabelRun> {
  const dir = join(folder, 'catalog');
  crux(dir, ['import', join(folder, 'dataset'), '--name', 'demo']);
  crux(dir, ['score', 'demo', '--seed', String(seed)]);
  const catalog = openCatalog(dir);
  try {
    const likeliest = mostConfused(catalog);
    const runs = new Map<Noise, LabelRun>();
    for (const noise of noises) {
      const planted = plant(catalog, seed, noise === 'any class' ? null : likeliest);
      runs.set(noise, search(catalog, seed, new Set(planted.keys())));
      relabel(catalog, planted);
    }
    return runs;
  } finally {
    catalog.close();
  }
}

/** class id -> the other class with the largest mean probability over its images. */
function mostConfused(catalog: Catalog): Map<number, number> {
  const { classIds, probabilities, rows } = scored(catalog);
  const k = classIds.length;
  return new Map(
    classIds.map((classId, own) => {
      const sums = new Float64Array(k);
      rows.forEach((row, i) => {
        if (row.classId === classId) for (let c = 0; c < k; c++) sums[c] += probabilities[i * k + c];
      });
      sums[own] = -1;
      return [classId, classIds[sums.indexOf(Math.max(...sums))]];
    }),
  );
}

/** Changes labels; image id -> class id before. likeliest null: to any other class, all as likely. */
function plant(catalog: Catalog, seed: number, likeliest: Map<number, number> | null): Map<number, number> {
  const rng = rngFromSeed(seed, 'planted labels');
  const images = catalog.all<{ id: number; classId: number }>(
    'SELECT id, class_id AS classId FROM images ORDER BY id',
  );
  const classIds = classesOf(catalog, 1).map((c) => c.id);
  const chosen = permutation(images.length, rng).slice(0, Math.round(plantedShare * images.length));
  const before = new Map<number, number>();
  const after = new Map<number, number>();
  for (const at of chosen) {
    const { id, classId } = images[at];
    const different = classIds.filter((other) => other !== classId);
    before.set(id, classId);
    after.set(id, likeliest?.get(classId) ?? different[rng.int(different.length)]);
  }
  relabel(catalog, after);
  return before;
}

function relabel(catalog: Catalog, classOf: ReadonlyMap<number, number>): void {
  catalog.write(() => {
    for (const [id, classId] of classOf) setLabel(catalog, id, classId, 'import');
  });
}

function search(catalog: Catalog, seed: number, planted: ReadonlySet<number>): LabelRun {
  crux(catalog.dir, ['score', 'demo', '--seed', String(seed)]);
  const answer = crux(catalog.dir, ['issues', 'demo']) as { issues: LabelIssue[] };
  const list = answer.issues.map((issue) => issue.imageId);
  const { classIds, probabilities, rows, accuracy } = scored(catalog);
  const n = rows.length;
  const found = (ids: readonly number[]) => ids.filter((id) => planted.has(id)).length;
  const inTop = (ids: readonly number[]) => found(ids.slice(0, planted.size)) / planted.size;

  const labels = rows.map((row) => classIds.indexOf(row.classId));
  const listOf = (options: { rule: IssueRule; ranking: IssueRanking }) =>
    rankedLabelIssues(probabilities, n, classIds.length, labels, options).issues.map(
      (issue) => rows[issue.row].imageId,
    );
  const byDifficulty = [...rows].sort((a, b) => b.difficulty - a.difficulty || a.imageId - b.imageId);
  const hard = rows.filter((row) => row.difficulty >= BUCKET_BORDERS.hard).map((row) => row.imageId);
  return {
    seed,
    images: n,
    accuracy,
    inTop: {
      [defaultName]: inTop(list),
      [plainName]: inTop(byDifficulty.map((row) => row.imageId)),
      ...Object.fromEntries(others.map((other) => [other.name, inTop(listOf(other))])),
    },
    list: { length: list.length, found: found(list) / planted.size },
    hardBucket: { length: hard.length, found: found(hard) / planted.size },
  };
}

/** Difficulty and probabilities of the newest scorer, row by row. */
function scored(catalog: Catalog) {
  const scorer = getScorer(catalog, currentScorerId(catalog, 1)!);
  const rows = difficultyRows(catalog, scorer.id, 'real');
  const stored = probabilitiesOf(catalog, scorer.id);
  const k = scorer.classIds.length;
  const probabilities = new Float32Array(rows.length * k);
  rows.forEach((row, i) => {
    probabilities.set(stored.get(row.imageId)!, i * k);
  });
  const accuracy = rows.reduce((hits, row) => hits + row.agrees, 0) / rows.length;
  return { classIds: scorer.classIds, probabilities, rows, accuracy };
}
