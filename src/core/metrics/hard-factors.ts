/**
 * Owns the check of what makes a class hard (the paper's Fig. 8, as figures): which factor's strength rises with
 * difficulty in the images that a difficulty model generates, against which does in the real images.
 */
import { spearman } from '../difficulty/rank.ts';

/** One image: its difficulty (requested, or the stored score) and its factors' strengths. */
export interface FactorObservation {
  className: string;
  difficulty: number; // [0,1]
  /** In the order of the names; of generated images as a regressor predicts them. */
  strengths: ArrayLike<number>;
  /** Of a real image: as the regressor reads them when it has not seen the image; absent or NaN where unknown. */
  read?: ArrayLike<number>;
}

export interface ClassHardFactors {
  className: string;
  realCount: number;
  generatedCount: number;
  /** Spearman's rho with difficulty, in the order of the names; null where one side does not vary. */
  real: (number | null)[];
  generated: (number | null)[];
  /**
   * As `real`, of the readings in place of the truth: near `generated` and far from `real`, it is the reading that
   * errs; near `real` and far from `generated`, the generated images differ.
   */
  realRead: (number | null)[];
  /** Factor that rises most with difficulty in generated images; null where none rises. */
  top: string | null;
  /** The two that rise most in real images (fewer where fewer rise). */
  topReal: string[];
  /** Whether `top` is among `topReal`. */
  matches: boolean;
}

export interface HardFactors {
  names: string[];
  classes: ClassHardFactors[];
  matching: number;
  /** Classes that would match if `top` were drawn at random from the factors that can be read. */
  matchingByChance: number;
}

/** So many of the real images' factors count as what makes a class hard. */
const realPlaces = 2;

/**
 * One row per class of `generated`, in its order. `readable[f]`: whether the regressor can tell factor f at all; one
 * that it cannot is named nowhere, for its predictions are noise. Only factors that RISE with difficulty are named:
 * one that falls does not make an image hard.
 */
export function hardFactors(
  real: readonly FactorObservation[],
  generated: readonly FactorObservation[],
  names: readonly string[],
  readable: readonly boolean[] = names.map(() => true),
): HardFactors {
  for (const o of [...real, ...generated])
    if (o.strengths.length !== names.length)
      throw new Error(
        `hard factors: ${o.strengths.length} strengths in ${o.className}, wanted ${names.length}`,
      );
  const classNames = [...new Set(generated.map((o) => o.className))];
  const classes = classNames.map((className): ClassHardFactors => {
    const inReal = real.filter((o) => o.className === className);
    const inGenerated = generated.filter((o) => o.className === className);
    const row = {
      className,
      realCount: inReal.length,
      generatedCount: inGenerated.length,
      real: correlations(inReal, names.length),
      generated: correlations(inGenerated, names.length).map((rho, f) => (readable[f] ? rho : null)),
      realRead: correlations(
        inReal.flatMap((o) => (o.read ? [{ ...o, strengths: o.read }] : [])),
        names.length,
      ),
    };
    const top = rising(row.generated, names)[0] ?? null;
    const topReal = rising(row.real, names).slice(0, realPlaces);
    return { ...row, top, topReal, matches: top !== null && topReal.includes(top) };
  });
  const named = names.filter((_, f) => readable[f]);
  return {
    names: [...names],
    classes,
    matching: classes.filter((c) => c.matches).length,
    matchingByChance: classes.reduce(
      (sum, c) => sum + c.topReal.filter((name) => named.includes(name)).length / Math.max(1, named.length),
      0,
    ),
  };
}

function correlations(observations: readonly FactorObservation[], k: number): (number | null)[] {
  const difficulty = observations.map((o) => o.difficulty);
  return Array.from({ length: k }, (_, f) => {
    const { rho } = spearman(
      observations.map((o) => o.strengths[f]),
      difficulty,
    );
    return Number.isNaN(rho) ? null : rho;
  });
}

/** Names of the factors with a positive correlation, the largest first. */
const rising = (rho: readonly (number | null)[], names: readonly string[]): string[] =>
  names
    .map((name, f) => ({ name, rho: rho[f] ?? 0 }))
    .filter((c) => c.rho > 0)
    .sort((a, b) => b.rho - a.rho)
    .map((c) => c.name);

/** A real image that may be shown beside generated ones. */
export interface RealCandidate {
  imageId: number;
  difficulty: number; // [0,1]
  /** Its features, of the same encoder as the generated images'. */
  features: ArrayLike<number>;
}

/**
 * For each generated image of one class and level, a real image of that difficulty that looks like it: of the `pool`
 * candidates whose difficulty is nearest to the level, the nearest by cosine of the features. No image is shown twice
 * while there are others; images come as they are in `generated`, so the first choose first.
 */
export function realBeside(
  level: number,
  generated: readonly ArrayLike<number>[],
  candidates: readonly RealCandidate[],
  pool: number,
): RealCandidate[] {
  if (candidates.length === 0) throw new Error('hard factors: no real image of the class to show beside');
  const near = [...candidates]
    .sort((a, b) => Math.abs(a.difficulty - level) - Math.abs(b.difficulty - level) || a.imageId - b.imageId)
    .slice(0, Math.max(pool, 1));
  let left = near;
  return generated.map((features) => {
    if (left.length === 0) left = near;
    const similarity = left.map((c) => cosine(features, c.features));
    const chosen = left[similarity.indexOf(Math.max(...similarity))];
    left = left.filter((c) => c !== chosen);
    return chosen;
  });
}

/** 0 where one has no length. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`hard factors: ${b.length} features, wanted ${a.length}`);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
