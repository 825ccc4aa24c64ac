/** Owns the maps of a control report: t-SNE of each class's real and generated images (the paper's Fig. 7). */
import { evenly, type RealClass } from '../../../../core/metrics/level-quality.ts';
import { tsneSteps } from '../../../../core/projection/tsne.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import type { ClassMap } from '../../../../shared/control.ts';
import { pump } from '../../../files/pump.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { type Measured, rowsOf } from './measure.ts';

/** A map costs about the square of its points. */
const mostRealPoints = 300;
const mostGeneratedPoints = 500;
/** Of data sets with more classes the first so many are drawn. */
const mostMaps = 20;
const perplexity = 30;
/** Hundredths of a unit of t-SNE are far below what is seen. */
const decimals = 100;

export async function classMaps(
  ctx: JobContext<'control'>,
  real: readonly RealClass[],
  controlled: Measured,
): Promise<ClassMap[]> {
  const drawn = real.slice(0, mostMaps);
  const maps: ClassMap[] = [];
  for (const one of drawn) {
    ctx.progress({ stage: 'laying out the maps', done: maps.length, total: drawn.length });
    maps.push(await classMap(ctx, one, controlled));
  }
  return maps;
}

async function classMap(
  ctx: JobContext<'control'>,
  real: RealClass,
  controlled: Measured,
): Promise<ClassMap> {
  const { dim: d } = controlled;
  const realRows = evenly(
    real.difficulty.map((_, row) => row),
    mostRealPoints,
  );
  const own = rowsOf(controlled, real.className);
  const levels = new Set(ctx.params.levels).size;
  const draws = Math.max(1, Math.floor(mostGeneratedPoints / levels));
  const made = own.filter((row) => controlled.pictures[row].draw < draws);
  const n = realRows.length + made.length;
  const features = new Float32Array(n * d);
  for (const [i, row] of realRows.entries())
    features.set(real.features.subarray(row * d, (row + 1) * d), i * d);
  for (const [i, row] of made.entries())
    features.set(controlled.features.subarray(row * d, (row + 1) * d), (realRows.length + i) * d);
  const rng = rngFromSeed(ctx.params.seed, `map ${real.className}`);
  const positions = await pump(tsneSteps(features, n, d, { rng, perplexity }), ctx);
  const measured = controlled.samples.trainingScorer!;
  return {
    className: real.className,
    positions: Array.from(positions, (v) => Math.round(v * decimals) / decimals),
    requested: [...realRows.map(() => null), ...made.map((row) => controlled.pictures[row].difficulty)],
    measured: [...realRows.map((row) => real.difficulty[row]), ...made.map((row) => measured[row].measured)],
  };
}
