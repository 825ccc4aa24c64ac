/** Owns putting a control report together from what was measured and what is known of the real images. */
import { densityCurve } from '../../../../core/difficulty/density.ts';
import { bucketSharesOf, type ControlSample, controlFiguresSteps } from '../../../../core/metrics/control.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import type {
  ControlFigures,
  ControlPicture,
  ControlReport,
  ControlVariant,
  LevelDensities,
  ScorerRole,
  VariantSummary,
} from '../../../../shared/control.ts';
import { getDataset, type StoredScorer } from '../../../catalog/index.ts';
import { pump } from '../../../files/pump.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { classMaps } from './maps.ts';
import { type Measured, pictureName, shownDraws } from './measure.ts';
import { controlQuality } from './quality.ts';
import type { RealImages } from './real-classes.ts';
import { fileNames } from './report-files.ts';

type Context = JobContext<'control'>;

export interface ReportParts {
  adapter: ControlReport['adapter'];
  names: readonly string[];
  /** In rising order. */
  levels: readonly number[];
  scorers: readonly { role: ScorerRole; scorer: StoredScorer }[];
  real: RealImages;
  controlled: Measured;
  baselines: Partial<Record<'base' | 'plain', Measured>>;
}

export async function assembleReport(ctx: Context, parts: ReportParts): Promise<ControlReport> {
  const { controlled, baselines, levels, names } = parts;
  const real = parts.real.difficulties;
  const densitiesBy = (role: ScorerRole) =>
    controlled.samples[role] ? densities(real[role] ?? [], controlled.samples[role], levels) : null;
  const summaries: ControlReport['baselines'] = {};
  for (const [variant, measured] of Object.entries(baselines))
    summaries[variant as 'base' | 'plain'] = await summary(
      ctx,
      variant as ControlVariant,
      atEveryLevel(measured, levels),
    );
  return {
    dataset: ctx.params.datasetId,
    datasetName: getDataset(ctx.catalog, ctx.params.datasetId).name,
    adapter: parts.adapter,
    settings: ctx.params,
    classes: [...names],
    scorers: Object.fromEntries(
      parts.scorers.map(({ role, scorer }) => [role, { id: scorer.id, name: scorer.name }]),
    ) as ControlReport['scorers'],
    ...(await summary(ctx, 'controlled', controlled)),
    baselines: summaries,
    realBuckets: {
      trainingScorer: bucketSharesOf(real.trainingScorer!),
      heldOutScorer: real.heldOutScorer ? bucketSharesOf(real.heldOutScorer) : null,
    },
    densities: densitiesBy('trainingScorer')!,
    heldOutDensities: densitiesBy('heldOutScorer'),
    quality: await controlQuality(ctx, parts.real, levels, controlled, baselines),
    maps: await classMaps(ctx, parts.real.classes, controlled),
    pictures: (['controlled', 'base', 'plain'] as const).flatMap((variant) => {
      const measured = variant === 'controlled' ? controlled : baselines[variant];
      return measured ? keptPictures(variant, measured) : [];
    }),
    files: { ...fileNames, charts: [] },
  };
}

/** Pictures that know no level, as if made for each. */
function atEveryLevel(measured: Measured, levels: readonly number[]) {
  const spread = (samples: readonly ControlSample[]) =>
    levels.flatMap((requested) => samples.map((s) => ({ ...s, requested })));
  const samples = Object.fromEntries(
    Object.entries(measured.samples).map(([role, own]) => [role, spread(own)]),
  );
  return { pictures: measured.pictures, samples };
}

async function summary(
  ctx: Context,
  variant: ControlVariant,
  { pictures, samples }: Pick<Measured, 'pictures' | 'samples'>,
): Promise<VariantSummary> {
  const nameOf = new Map(pictures.map((p) => [p.classIndex, p.className]));
  const figures = async (role: ScorerRole): Promise<ControlFigures | null> => {
    const own = samples[role];
    if (!own) return null;
    const rng = rngFromSeed(ctx.params.seed, `${variant} ${role}`);
    return await pump(
      controlFiguresSteps(own, (i) => nameOf.get(i)!, rng),
      ctx,
    );
  };
  const training = (await figures('trainingScorer'))!;
  const heldOut = await figures('heldOutScorer');
  return {
    spearman: {
      trainingScorer: training.spearman.value,
      heldOutScorer: heldOut?.spearman.value ?? null,
    },
    agreementAtLow: training.agreementAtLow,
    easyShare: training.easyShare,
    rises: training.rises,
    levels: training.levels.map((level, i) => ({ ...level, heldOut: heldOut?.levels[i] ?? null })),
    figures: { trainingScorer: training, heldOutScorer: heldOut },
  };
}

/** Of the real images, and of the generated ones at each level. */
function densities(
  real: readonly number[],
  samples: readonly ControlSample[],
  levels: readonly number[],
): LevelDensities {
  const curve = (values: readonly number[]) => Array.from(densityCurve(values).y);
  return {
    x: Array.from(densityCurve(real).x),
    real: curve(real),
    levels: levels.map((requested) => ({
      requested,
      y: curve(samples.filter((s) => s.requested === requested).map((s) => s.measured)),
    })),
  };
}

function keptPictures(variant: ControlVariant, { pictures, samples }: Measured): ControlPicture[] {
  return pictures.flatMap((p, i) => {
    if (p.draw >= shownDraws) return [];
    const { measured, agrees } = samples.trainingScorer![i];
    return [
      {
        variant,
        className: p.className,
        seed: p.seed,
        draw: p.draw,
        requested: variant === 'controlled' ? p.difficulty : null,
        measured,
        agrees,
        file: pictureName(variant, p),
      },
    ];
  });
}
