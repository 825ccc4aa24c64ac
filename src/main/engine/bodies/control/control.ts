/**
 * Owns the control report: the same seeds of every class at every difficulty level, measured by the scorer that the
 * model was trained with and by one that it was not, beside the base model and a plain LoRA, which know no difficulty.
 * What comes out is data and pictures in the catalog's `control/<job>` folder (src/shared/control.ts).
 */
import { join } from 'node:path';
import type { WeightedAdapter } from '../../../../core/nn/adapters/lora-adapter.ts';
import type { ControlVariant } from '../../../../shared/control.ts';
import { classesOf, type StoredScorer } from '../../../catalog/index.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import { tellMemory } from '../../../jobs/tell-memory.ts';
import { type GenerationModel, openGenerationModel } from '../../../models/diffusion/generation-model.ts';
import { generationLoad } from '../../../models/diffusion/memory-estimate.ts';
import { tellPrompts } from '../../../models/diffusion/tell-prompts.ts';
import { readLoraFile } from '../../../models/lora-file.ts';
import { findModel } from '../../../models/registry.ts';
import { type Judge, openJudge, scorerFor } from '../../../scorers/judge.ts';
import { folderOf, type Judges, type Measured, makeAndMeasure } from './measure.ts';
import { plan } from './plan.ts';
import { realImages } from './real-classes.ts';
import { assembleReport } from './report.ts';
import { writeReport } from './report-files.ts';
import { openSubject } from './subject.ts';

type Context = JobContext<'control'>;

export const controlBody: JobBody<'control'> = async (ctx) => {
  const { catalog, params } = ctx;
  const { entry, adapter, trained, base, levels, names, scorerId } = openSubject(ctx);
  const plainLora = params.plainLoraId === null ? null : plainLoraOf(ctx, params.plainLoraId);
  const scorers = scorersOf(ctx, scorerId);
  for (const { scorer } of scorers) knowsAll(ctx, scorer, names);
  const real = await realImages(ctx, scorers, names);
  const planned = plan(params, names, trained, levels);

  const measured: Partial<Record<ControlVariant, Measured>> = {};
  const opened: Judge[] = [];
  try {
    for (const { scorer } of scorers) opened.push(await openJudge(catalog, scorer, ctx.runtime));
    const judges: Judges = scorers.map(({ role }, i) => ({ role, judge: opened[i] }));
    const generation = openGenerationModel(base.path);
    const chunks = tellPrompts(ctx, generation, params, {
      written: [params.prompt, params.negativePrompt],
      prompts: [...planned.map(({ prompt }) => prompt), params.negativePrompt],
      added: [],
    });
    const load = { ...generationLoad(params, generation.size, ctx.runtime.lowMemory), chunks };
    tellMemory(ctx, generation.memory(load));
    measured.controlled = await makeAndMeasure(ctx, 'controlled', generation, adapter, planned, judges);
    // Without difficulty every level is the same picture: one of each seed is made.
    const once = planned.filter((p) => p.level === 0);
    const compare = (variant: ControlVariant, model: GenerationModel) =>
      makeAndMeasure(ctx, variant, model, null, once, judges);
    if (params.baseline) measured.base = await compare('base', openGenerationModel(base.path));
    if (plainLora)
      measured.plain = await compare(
        'plain',
        openGenerationModel(base.path, { loras: [plainLora], tokens: [] }),
      );
  } finally {
    for (const judge of opened) await judge.close();
  }

  const { controlled, ...baselines } = measured;
  const assembled = await assembleReport(ctx, {
    adapter: { id: entry.id, name: entry.name, hash: entry.hash },
    names,
    levels,
    scorers,
    real,
    controlled: controlled!,
    baselines,
  });
  const report = await writeReport(ctx, assembled, measured);
  const { spearman, agreementAtLow, rises, figures } = report;
  return {
    file: join(folderOf(ctx), 'control.json'),
    page: join(folderOf(ctx), report.files.page),
    images: Object.values(measured).reduce((total, { pictures }) => total + pictures.length, 0),
    spearman,
    slope: {
      trainingScorer: figures.trainingScorer.slope.value,
      heldOutScorer: figures.heldOutScorer?.slope.value ?? null,
    },
    agreementAtLow,
    easyShare: report.easyShare,
    rises,
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

function scorersOf({ catalog, params }: Context, trainingId: number) {
  const scorer = (id: number) => scorerFor(catalog, params.datasetId, id, 'control');
  const heldOut = params.heldOutScorerId;
  if (heldOut === trainingId)
    throw new Error('control: the held-out scorer is the one trained with; choose another, or none');
  return [
    { role: 'trainingScorer' as const, scorer: scorer(trainingId) },
    ...(heldOut === null ? [] : [{ role: 'heldOutScorer' as const, scorer: scorer(heldOut) }]),
  ];
}

/** Before anything is generated: classes may have come after the scorer. */
function knowsAll({ catalog, params }: Context, scorer: StoredScorer, names: readonly string[]): void {
  const known = new Set(scorer.classIds);
  for (const { id, name } of classesOf(catalog, params.datasetId))
    if (names.includes(name) && !known.has(id))
      throw new Error(`control: scorer ${scorer.name} does not know class ${name}; score the dataset again`);
}
