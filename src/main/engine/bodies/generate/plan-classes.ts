/** Owns how many pictures of each class a generation makes, and how their requested difficulties are spread. */
import { apportion } from '../../../../core/recipes/apportion.ts';
import {
  type DifficultyDraw,
  type DifficultyRequest,
  difficultyDraw,
} from '../../../../core/recipes/requested-difficulty.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import {
  type Catalog,
  classesOf,
  currentScorerId,
  getScorer,
  trainingCounts,
  trainingDifficulties,
} from '../../../catalog/index.ts';

type Params = JobParams<'generate'>;
/** A class as its row has it. */
export type ChosenClass = ReturnType<typeof classesOf>[number];

/** @throws for a name that the dataset does not have. */
export function chosenClasses(catalog: Catalog, { datasetId, classes: names }: Params): ChosenClass[] {
  const classes = classesOf(catalog, datasetId);
  if (names === 'all') return classes;
  return names.map((name) => {
    const found = classes.find((c) => c.name === name);
    if (found) return found;
    throw new Error(`class ${name} is not in this dataset; it has ${classes.map((c) => c.name).join(', ')}`);
  });
}

/** Pictures of each of `chosen`, in their order. */
export function picturesPerClass(catalog: Catalog, params: Params, chosen: readonly ChosenClass[]): number[] {
  const { ratio, share, count, datasetId } = params;
  if (ratio === null) return chosen.map(() => count);
  const training = trainingCounts(catalog, datasetId);
  const real = chosen.map((c) => training.get(c.id) ?? 0);
  const total = Math.round(ratio * real.reduce((sum, n) => sum + n, 0));
  if (total === 0)
    throw new Error(`a ratio of ${ratio} of the chosen classes' training images is no image; raise it`);
  return apportion(total, share === 'balanced' ? real.map(() => 1) : real);
}

/** @returns what draws the difficulties of one class. @throws where there is nothing to match. */
export function difficultyDraws(
  catalog: Catalog,
  params: Params,
  chosen: readonly ChosenClass[],
): (chosenClass: ChosenClass) => DifficultyDraw {
  const requestOf = requests(catalog, params, chosen);
  return (c) => difficultyDraw(requestOf(c), rngFromSeed(params.seed, `${c.name} difficulties`));
}

function requests(
  catalog: Catalog,
  params: Params,
  chosen: readonly ChosenClass[],
): (chosenClass: ChosenClass) => DifficultyRequest {
  const { distribution, mu, sigma, low, high, bins } = params;
  switch (distribution) {
    case 'normal':
      return () => ({ kind: 'normal', mu, sigma });
    case 'fixed':
      return () => ({ kind: 'fixed', value: mu });
    case 'uniform':
      return () => ({ kind: 'uniform', low, high });
    case 'bins':
      return () => ({ kind: 'histogram', counts: bins });
    default:
      return realDifficulties(catalog, params, chosen);
  }
}

/** As the real set has them by the scorer: of the chosen classes together, or of each. */
function realDifficulties(
  catalog: Catalog,
  { datasetId, scorerId, distribution }: Params,
  chosen: readonly ChosenClass[],
): (chosenClass: ChosenClass) => DifficultyRequest {
  const rows = trainingDifficulties(catalog, datasetId, scorerToMatch(catalog, datasetId, scorerId));
  if (distribution === 'real') {
    const ids = new Set(chosen.map((c) => c.id));
    const difficulties = rows.filter((row) => ids.has(row.classId)).map((row) => row.difficulty);
    if (difficulties.length === 0)
      throw new Error('no training image of the chosen classes is scored; score the dataset first');
    return () => ({ kind: 'samples', difficulties });
  }
  const byClass = Map.groupBy(rows, (row) => row.classId);
  return ({ id, name }) => {
    const own = byClass.get(id);
    if (!own)
      throw new Error(
        `no training image of class ${name} is scored, so there is no histogram to match; leave the class out`,
      );
    return { kind: 'samples', difficulties: own.map((row) => row.difficulty) };
  };
}

function scorerToMatch(catalog: Catalog, datasetId: number, asked: number | null): number {
  const scorerId = asked ?? currentScorerId(catalog, datasetId);
  if (scorerId === null)
    throw new Error('nothing is scored yet, so there are no difficulties to match; score the dataset first');
  if (getScorer(catalog, scorerId).datasetId !== datasetId)
    throw new Error(`scorer ${scorerId} belongs to another dataset; choose one of this dataset`);
  return scorerId;
}
