/**
 * Owns what a requested difficulty costs: diversity and faithfulness of the generated images at each level, beside the
 * same figures of the real images that are about as hard.
 */
import type { Interval, LevelQuality, SetQuality } from '../../shared/control.ts';
import type { Steps } from '../steps.ts';
import { type ClassReference, classQuality, classReference, gather, meanQuality } from './class-quality.ts';

/** Images of one class, a row each. */
export interface ClassImages {
  features: Float32Array; // f32[n,d]
  agrees: readonly boolean[];
  /** By the held-out scorer; null: none, or not of all of them. */
  heldOutAgrees: readonly boolean[] | null;
}

/** A class's real images, in rising order of their difficulty. */
export interface RealClass extends ClassImages {
  className: string;
  difficulty: readonly number[];
}

/** A class's generated images. */
export interface GeneratedClass extends ClassImages {
  requested: readonly number[];
}

export interface QualityOptions {
  d: number;
  /** The neighbour that a ball reaches to. */
  neighbours: number;
  /** So many real images of a class must be in a band for it to be compared. */
  fewestMatched: number;
}

/** [low, high) of each level: what lies nearer to it than to another. levels: rising, in [0,1]. */
export function bandsOf(levels: readonly number[]): Interval[] {
  return levels.map((level, i) => ({
    low: i === 0 ? 0 : (levels[i - 1] + level) / 2,
    high: i === levels.length - 1 ? 1 : (level + levels[i + 1]) / 2,
  }));
}

/** `many` of the values, spread evenly over their order. */
export function evenly<T>(values: readonly T[], many: number): T[] {
  if (values.length <= many) return [...values];
  return Array.from({ length: many }, (_, i) => values[Math.floor(((i + 0.5) * values.length) / many)]);
}

/** Means over classes of what is measured within each. classes: one at least. */
export function* levelQualitySteps(
  classes: readonly { real: RealClass; generated: GeneratedClass }[],
  levels: readonly number[],
  options: QualityOptions,
): Steps<LevelQuality[]> {
  const bands = bandsOf(levels);
  const found = levels.map(() => ({
    generated: [] as SetQuality[],
    matched: [] as { generated: SetQuality; real: SetQuality }[],
  }));
  for (const [c, { real, generated }] of classes.entries()) {
    const reference = referenceOf(real, options);
    for (const [l, level] of levels.entries()) {
      const made = rowsWhere(generated.requested, (s) => s === level);
      found[l].generated.push(classQuality(reference, generatedSet(generated, made, options.d)));
      const inBand = rowsWhere(
        real.difficulty,
        (s) => s >= bands[l].low && (s < bands[l].high || (l === levels.length - 1 && s <= 1)),
      );
      const many = Math.min(made.length, inBand.length);
      if (many >= options.fewestMatched)
        found[l].matched.push({
          generated: classQuality(reference, generatedSet(generated, made.slice(0, many), options.d)),
          real: classQuality(reference, realSet(real, evenly(inBand, many), options.d)),
        });
      yield (c * levels.length + l + 1) / (classes.length * levels.length);
    }
  }
  return levels.map((requested, l) => {
    const { generated, matched } = found[l];
    return {
      requested,
      generated: meanQuality(generated),
      band: bands[l],
      matched:
        matched.length === 0
          ? null
          : {
              classes: matched.length,
              generated: meanQuality(matched.map((m) => m.generated)),
              real: meanQuality(matched.map((m) => m.real)),
            },
    };
  });
}

/** The same of images that know no level: all those of a class are one set. */
export function* setQualitySteps(
  classes: readonly { real: RealClass; generated: ClassImages }[],
  options: QualityOptions,
): Steps<SetQuality> {
  const found: SetQuality[] = [];
  for (const { real, generated } of classes) {
    const rows = generated.agrees.map((_, i) => i);
    found.push(classQuality(referenceOf(real, options), generatedSet(generated, rows, options.d)));
    yield found.length / classes.length;
  }
  return meanQuality(found);
}

const referenceOf = (real: RealClass, { d, neighbours }: QualityOptions): ClassReference =>
  classReference(real.features, real.difficulty.length, d, neighbours);

const generatedSet = (images: ClassImages, rows: readonly number[], d: number) => ({
  ...realSet(images, rows, d),
  rows: null,
});

const realSet = (images: ClassImages, rows: readonly number[], d: number) => ({
  features: gather(images.features, rows, d),
  m: rows.length,
  rows,
  agrees: rows.map((row) => images.agrees[row]),
  heldOutAgrees: images.heldOutAgrees && rows.map((row) => images.heldOutAgrees![row]),
});

const rowsWhere = (values: readonly number[], wanted: (value: number) => boolean) =>
  values.flatMap((value, row) => (wanted(value) ? [row] : []));
