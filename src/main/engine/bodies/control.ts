/**
 * Owns the control report: the same seeds of every class at every difficulty level, measured by the scorer that the
 * model was trained with and by one that it was not, beside the base model and a plain LoRA, which know no difficulty. What comes out is
 * data and pictures in the catalog's `control/<job>` folder.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { densityCurve } from '../../../core/difficulty/density.ts';
import { type ControlSample, controlFigures } from '../../../core/metrics/control.ts';
import type { WeightedAdapter } from '../../../core/nn/adapters/lora-adapter.ts';
import { rngFromSeed } from '../../../core/rng.ts';
import type { JobParams } from '../../../shared/jobs.ts';
import { type Catalog, classesOf, currentScorerId, difficultyRows } from '../../catalog/index.ts';
import { readAdapter } from '../diffusion/adapter-file.ts';
import { type GenerationModel, openGenerationModel } from '../diffusion/generation-model.ts';
import { type GeneratorOptions, openGenerator, type PictureRequest } from '../diffusion/generator.ts';
import type { DifficultyAdapter } from '../diffusion/sessions.ts';
import { decodeRgb } from '../images/decode.ts';
import { encodePng } from '../images/png.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { type Judge, openJudge, scorerFor } from '../judge.ts';
import { readLoraFile } from '../models/lora-file.ts';
import { findModel, newestAdapter } from '../models/registry.ts';
import { writeWhole } from '../write-whole.ts';

type Context = JobContext<'control'>;
/** The model as trained, the base model alone, and with a LoRA that knows no difficulty. */
type Variant = 'controlled' | 'base' | 'plain';
type ScorerRole = 'trainingScorer' | 'heldOutScorer';

export interface PlannedPicture extends PictureRequest {
  className: string;
  /** Position of the level in rising order. */
  level: number;
  /** Number of the seed within the class. */
  draw: number;
}

/** What is kept of each picture, by variant: enough to finish from. */
type Measured = Record<Variant, Partial<Record<ScorerRole, ControlSample[]>>>;

/** Pictures of so many seeds per class are kept for looking at. */
const shownDraws = 2;

export const controlBody: JobBody<'control'> = async (ctx) => {
  const { catalog, params } = ctx;
  const entry = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  const { config, adapter } = readAdapter(entry.path);
  const base = findModel(catalog, config.baseModelId, 'diffusion');
  const plainLora = params.plainLoraId === null ? null : plainLoraOf(ctx, params.plainLoraId);
  const levels = [...new Set(params.levels)].sort((a, b) => a - b);
  const scorers = scorersOf(ctx);
  const names = namesOf(ctx, config.classes);
  const planned = plan(params, names, config.classes, levels);
  const measured: Measured = { controlled: {}, base: {}, plain: {}, ...ctx.readCheckpoint<Measured>() };

  const judges: Partial<Record<ScorerRole, Judge>> = {};
  try {
    for (const [role, scorer] of Object.entries(scorers))
      judges[role as ScorerRole] = await openJudge(catalog, scorer, ctx.runtime);
    await makeAndMeasure(
      ctx,
      'controlled',
      openGenerationModel(base.path),
      adapter,
      planned,
      judges,
      measured,
    );
    // Without difficulty every level is the same picture: one of each seed is made.
    const once = planned.filter((p) => p.level === 0);
    const compare = (variant: Variant, model: GenerationModel) =>
      makeAndMeasure(ctx, variant, model, null, once, judges, measured);
    if (params.baseline) await compare('base', openGenerationModel(base.path));
    if (plainLora) await compare('plain', openGenerationModel(base.path, { loras: [plainLora], tokens: [] }));
  } finally {
    for (const judge of Object.values(judges)) await judge.close();
  }

  const report = {
    dataset: params.datasetId,
    adapter: { id: entry.id, name: entry.name, hash: entry.hash },
    settings: params,
    classes: names,
    scorers: Object.fromEntries(
      Object.entries(scorers).map(([role, s]) => [role, { id: s.id, name: s.name }]),
    ),
    ...summary(measured.controlled),
    baselines: {
      ...(params.baseline && { base: summary(atEveryLevel(measured.base, levels)) }),
      ...(plainLora && { plain: summary(atEveryLevel(measured.plain, levels)) }),
    },
    densities: densities(ctx, scorers.trainingScorer.id, measured.controlled.trainingScorer ?? [], levels),
  };
  const file = join('control', String(ctx.job.id), 'control.json');
  writeWhole(catalog.file(file), Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  return {
    file,
    spearman: report.spearman,
    agreementAtLow: report.agreementAtLow,
    rises: report.rises,
    levels: report.levels,
    baselines: report.baselines,
  };
};

function plainLoraOf({ catalog, params }: Context, id: string): WeightedAdapter {
  const { name, path, datasetId } = findModel(catalog, id, 'lora');
  if (datasetId !== params.datasetId)
    throw new Error(`control: ${name} was not trained on this dataset; train one with the kind plain`);
  return { name, adapter: readLoraFile(path), weight: 1 };
}

function scorersOf({ catalog, params }: Context) {
  const trainingId = params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (trainingId === null) throw new Error('control: nothing is scored yet; score the dataset first');
  const scorer = (id: number) => scorerFor(catalog, params.datasetId, id, 'control');
  const heldOut = params.heldOutScorerId;
  if (heldOut === trainingId)
    throw new Error('control: the held-out scorer is the one trained with; choose another, or none');
  return {
    trainingScorer: scorer(trainingId),
    ...(heldOut === null ? {} : { heldOutScorer: scorer(heldOut) }),
  };
}

/** The classes asked for. @throws for one that the dataset does not have or the model was not trained on. */
export function namesOf(
  { catalog, params }: { catalog: Catalog; params: Pick<JobParams<'control'>, 'classes' | 'datasetId'> },
  trained: readonly string[],
): string[] {
  const names = params.classes === 'all' ? [...trained] : params.classes;
  const known = new Set(classesOf(catalog, params.datasetId).map((c) => c.name));
  for (const name of names) {
    if (!known.has(name)) throw new Error(`class ${name} is not in this dataset`);
    if (!trained.includes(name))
      throw new Error(`the difficulty model was not trained on class ${name}; train one on this dataset`);
  }
  return names;
}

/** Every level of a seed beside the others, so that what differs in a batch is the difficulty. */
export function plan(
  params: Pick<JobParams<'control'>, 'count' | 'seed' | 'prompt' | 'negativePrompt'>,
  names: readonly string[],
  trained: readonly string[],
  levels: readonly number[],
): PlannedPicture[] {
  return names.flatMap((className) =>
    Array.from({ length: params.count }, (_, draw) => {
      const seed = rngFromSeed(params.seed, `${className} ${draw}`).int(2 ** 31);
      return levels.map((difficulty, level) => ({
        className,
        classIndex: trained.indexOf(className),
        draw,
        level,
        seed,
        difficulty,
        prompt: params.prompt.replaceAll('[CLS]', className),
        negativePrompt: params.negativePrompt,
      }));
    }).flat(),
  );
}

const stages: Record<Variant, string> = {
  controlled: 'generating at every level',
  base: 'generating with the base model',
  plain: 'generating with the plain LoRA',
};

async function makeAndMeasure(
  ctx: Context,
  variant: Variant,
  model: GenerationModel,
  adapter: DifficultyAdapter | null,
  pictures: readonly PlannedPicture[],
  judges: Partial<Record<ScorerRole, Judge>>,
  measured: Measured,
): Promise<void> {
  const { params } = ctx;
  const done = measured[variant].trainingScorer?.length ?? 0;
  if (done >= pictures.length) return;
  const options: GeneratorOptions = params;
  const generator = await openGenerator(model, adapter, options, ctx.runtime);
  try {
    for (let at = done; at < pictures.length; at += params.batchSize) {
      ctx.signal.throwIfAborted();
      ctx.progress({
        stage: stages[variant],
        done: at,
        total: pictures.length,
      });
      const batch = pictures.slice(at, at + params.batchSize);
      const made = await generator.generate(batch, async () => ctx.signal.throwIfAborted());
      const files = await Promise.all(made.map((rgb) => encodePng(rgb, generator.size, generator.size, {})));
      batch.forEach((p, i) => {
        if (p.draw < shownDraws) writeWhole(pictureFile(ctx, variant, p), files[i]);
      });
      for (const [role, judge] of Object.entries(judges)) {
        const seen = await measure(ctx, judge, batch, files);
        measured[variant][role as ScorerRole] = [...(measured[variant][role as ScorerRole] ?? []), ...seen];
      }
      ctx.writeCheckpoint(measured);
    }
  } finally {
    await generator.close();
  }
}

function pictureFile(ctx: Context, variant: Variant, p: PlannedPicture): string {
  const folder = ctx.catalog.file(join('control', String(ctx.job.id)));
  mkdirSync(folder, { recursive: true });
  return join(folder, `${variant}-${p.classIndex}-${p.draw}-${p.level}.png`);
}

/** Exactly as a generated file of the dataset would be read and judged. */
async function measure(
  ctx: Context,
  judge: Judge,
  batch: readonly PlannedPicture[],
  files: readonly Uint8Array[],
): Promise<ControlSample[]> {
  const { encoder, scorer } = judge;
  const fit = encoder.resize === 'crop' ? 'cover' : 'fill';
  const bytes = encoder.width * encoder.height * 3;
  const pixels = new Uint8Array(files.length * bytes);
  for (const [i, file] of files.entries()) {
    pixels.set(
      (await decodeRgb(file, { width: encoder.width, height: encoder.height, fit })).pixels,
      i * bytes,
    );
  }
  const { features, logits } = await encoder.run(pixels, files.length);
  const x = judge.column === 'vector' ? features : logits!;
  const probabilities = judge.probabilities(x, files.length, x.length / files.length);
  const nameOf = new Map(classesOf(ctx.catalog, scorer.datasetId).map((c) => [c.id, c.name]));
  const columns = scorer.classIds.map((id) => nameOf.get(id));
  const k = columns.length;
  return batch.map((p, i) => {
    const row = probabilities.subarray(i * k, (i + 1) * k);
    const column = columns.indexOf(p.className);
    return {
      classIndex: p.classIndex,
      requested: p.difficulty,
      measured: 1 - row[column],
      agrees: row.indexOf(Math.max(...row)) === column,
    };
  });
}

/** Pictures that know no level, as if made for each. */
function atEveryLevel(measured: Measured[Variant], levels: readonly number[]): Measured[Variant] {
  const spread = (samples: readonly ControlSample[]) =>
    levels.flatMap((requested) => samples.map((s) => ({ ...s, requested })));
  return Object.fromEntries(Object.entries(measured).map(([role, samples]) => [role, spread(samples)]));
}

function summary(measured: Measured[Variant]) {
  const training = controlFigures(measured.trainingScorer!);
  const heldOut = measured.heldOutScorer ? controlFigures(measured.heldOutScorer) : null;
  return {
    spearman: {
      trainingScorer: training.spearman.mean,
      heldOutScorer: heldOut?.spearman.mean ?? null,
    },
    agreementAtLow: training.agreementAtLow,
    easyShare: training.easyShare,
    rises: training.rises,
    levels: training.levels.map((level, i) => ({ ...level, heldOut: heldOut?.levels[i] ?? null })),
    figures: { trainingScorer: training, heldOutScorer: heldOut },
  };
}

/** Of the real images, and of the generated ones at each level (the paper's Fig. 6). */
function densities(
  ctx: Context,
  scorerId: number,
  samples: readonly ControlSample[],
  levels: readonly number[],
) {
  const real = difficultyRows(ctx.catalog, scorerId, 'real').map((row) => row.difficulty);
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
