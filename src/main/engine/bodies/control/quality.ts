/** Owns the diversity and faithfulness of what a control report generated. */
import { gather } from '../../../../core/metrics/class-quality.ts';
import {
  type GeneratedClass,
  levelQualitySteps,
  type QualityOptions,
  setQualitySteps,
} from '../../../../core/metrics/level-quality.ts';
import type { ControlQuality } from '../../../../shared/control.ts';
import { pump } from '../../../files/pump.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { type Measured, rowsOf } from './measure.ts';
import type { RealImages } from './real-classes.ts';

/** k of the balls, as in Naeem et al. 2020. */
const neighbours = 5;
/** Fewer real images of a class in a band are too few to be compared with. */
const fewestMatched = 8;
/** Of each class and level the first so many seeds are compared: pairs cost the square. */
const mostDraws = 500;

export async function controlQuality(
  ctx: JobContext<'control'>,
  real: RealImages,
  levels: readonly number[],
  controlled: Measured,
  baselines: Partial<Record<'base' | 'plain', Measured>>,
): Promise<ControlQuality> {
  const options: QualityOptions = { d: real.dim, neighbours, fewestMatched };
  const beside = (measured: Measured) =>
    real.classes.map((one) => ({ real: one, generated: generatedClass(measured, one.className) }));
  const run = {
    signal: ctx.signal,
    onProgress: (share: number) => ctx.progress({ done: Math.round(100 * share) }),
  };
  const of = async (measured: Measured | undefined) =>
    measured ? await pump(setQualitySteps(beside(measured), options), run) : null;
  ctx.progress({ stage: 'comparing with the real images', done: 0, total: 100 });
  return {
    encoder: real.encoder,
    neighbours,
    levels: await pump(levelQualitySteps(beside(controlled), levels, options), run),
    baselines: { base: await of(baselines.base), plain: await of(baselines.plain) },
  };
}

function generatedClass(measured: Measured, className: string): GeneratedClass {
  const rows = rowsOf(measured, className).filter((row) => measured.pictures[row].draw < mostDraws);
  const { trainingScorer, heldOutScorer } = measured.samples;
  return {
    requested: rows.map((row) => measured.pictures[row].difficulty),
    agrees: rows.map((row) => trainingScorer![row].agrees),
    heldOutAgrees: heldOutScorer ? rows.map((row) => heldOutScorer[row].agrees) : null,
    features: gather(measured.features, rows, measured.dim),
  };
}
