/** Owns the real images that generated ones are held against: their features and what the scorers say of them. */
import { gather } from '../../../../core/metrics/class-quality.ts';
import { evenly, type RealClass } from '../../../../core/metrics/level-quality.ts';
import type { ScorerRole } from '../../../../shared/control.ts';
import { classesOf, type DifficultyRow, difficultyRows, type StoredScorer } from '../../../catalog/index.ts';
import { usedImages } from '../../../datasets/used-images.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { featuresOf } from '../../../scorers/embedding.ts';

/** Of classes with more, so many are compared with, spread evenly over their difficulties. */
const mostReal = 500;

export interface RealImages {
  /** In the order of the names. */
  classes: RealClass[];
  dim: number;
  encoder: { name: string; hash: string };
  /** Of all real images of these classes, also of those that are not compared with. */
  difficulties: Partial<Record<ScorerRole, number[]>>;
}

/** @param scorers the one that the adapter was trained with first: features are its encoder's. */
export async function realImages(
  ctx: JobContext<'control'>,
  scorers: readonly { role: ScorerRole; scorer: StoredScorer }[],
  names: readonly string[],
): Promise<RealImages> {
  const { catalog, params } = ctx;
  const images = await usedImages(ctx);
  const { set, images: seen, vectors, dim } = await featuresOf(ctx, scorers[0].scorer.modelId, images);
  const vectorOf = new Map(seen.map(({ id }, row) => [id, row]));
  const idOf = new Map(classesOf(catalog, params.datasetId).map((c) => [c.name, c.id]));
  const wanted = new Set(names.map((name) => idOf.get(name)));
  const used = new Set(images.map(({ id }) => id));
  const [training, heldOut] = scorers.map(({ scorer }) =>
    difficultyRows(catalog, scorer.id, 'real').filter(
      (row) => wanted.has(row.classId) && used.has(row.imageId),
    ),
  );
  const heldOutOf = heldOut && new Map(heldOut.map((row) => [row.imageId, row.agrees === 1]));
  const classes = names.map((className): RealClass => {
    const all = training.filter((row) => row.classId === idOf.get(className) && vectorOf.has(row.imageId));
    if (all.length === 0)
      throw new Error(
        `control: class ${className} has no scored real image; score the dataset with ${scorers[0].scorer.name}`,
      );
    const rows = evenly(all.sort(byDifficulty), mostReal);
    const heldOutAgrees = heldOutOf && rows.map((row) => heldOutOf.get(row.imageId));
    return {
      className,
      difficulty: rows.map((row) => row.difficulty),
      agrees: rows.map((row) => row.agrees === 1),
      heldOutAgrees: heldOutAgrees?.every((v) => v !== undefined) ? heldOutAgrees : null,
      features: gather(
        vectors,
        rows.map((row) => vectorOf.get(row.imageId)!),
        dim,
      ),
    };
  });
  const difficultiesOf = (rows: readonly DifficultyRow[]) => rows.map((row) => row.difficulty);
  return {
    classes,
    dim,
    encoder: { name: set.modelName, hash: set.modelHash },
    difficulties: {
      trainingScorer: difficultiesOf(training),
      ...(heldOut && heldOut.length > 0 && { heldOutScorer: difficultiesOf(heldOut) }),
    },
  };
}

const byDifficulty = (a: DifficultyRow, b: DifficultyRow) =>
  a.difficulty - b.difficulty || a.imageId - b.imageId;
