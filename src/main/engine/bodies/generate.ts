/**
 * Owns the generation job: class + prompt + difficulty -> pictures with their full provenance, in the catalog and
 * inside each PNG. Batches have fixed borders, so a resumed job makes the same pictures.
 */
import { createHash } from 'node:crypto';
import { rngFromSeed } from '../../../core/rng.ts';
import type { Provenance } from '../../../shared/domain.ts';
import { addSynthetic, classesOf, madeIndices } from '../../catalog/index.ts';
import { readAdapter } from '../diffusion/adapter-file.ts';
import { openGenerator, type PictureRequest } from '../diffusion/generator.ts';
import { openDiffusionModel } from '../diffusion/model-folder.ts';
import { pictureSize } from '../diffusion/sessions.ts';
import { encodePng } from '../images/png.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { findModel, newestAdapter } from '../models/registry.ts';
import { createdBy } from '../version.ts';
import { writeWhole } from '../write-whole.ts';

const recipe = 'difficulty-controlled';
/** How often the picture in progress is shown. */
const previewMs = 700;

interface Planned extends PictureRequest {
  index: number;
  classId: number;
  className: string;
}

/** Every picture of the job, with its own seed and difficulty drawn from the job's seed. */
function plan(ctx: JobContext<'generate'>, adapterClasses: readonly string[]): Planned[] {
  const { catalog, params } = ctx;
  const classes = classesOf(catalog, params.datasetId);
  const names = params.classes === 'all' ? classes.map((c) => c.name) : params.classes;
  const planned: Planned[] = [];
  for (const name of names) {
    const found = classes.find((c) => c.name === name);
    if (!found)
      throw new Error(
        `class ${name} is not in this dataset; it has ${classes.map((c) => c.name).join(', ')}`,
      );
    const classIndex = adapterClasses.indexOf(name);
    if (classIndex < 0) {
      throw new Error(`the difficulty model was not trained on class ${name}; train one on this dataset`);
    }
    for (let i = 0; i < params.count; i++) {
      const rng = rngFromSeed(params.seed, `${name} ${i}`);
      const seed = rng.int(2 ** 31);
      planned.push({
        index: planned.length,
        classId: found.id,
        className: name,
        classIndex,
        seed,
        difficulty: truncatedNormal(params.mu, params.sigma, rng),
        prompt: params.prompt.replaceAll('[CLS]', name),
        negativePrompt: params.negativePrompt,
      });
    }
  }
  return planned;
}

/** s ~ N(mu, sigma) within [0,1], by rejection; sigma 0 is mu itself. */
function truncatedNormal(mu: number, sigma: number, rng: { normal(): number; uniform(): number }): number {
  if (sigma === 0) return mu;
  for (;;) {
    const s = mu + sigma * rng.normal();
    if (s >= 0 && s <= 1) return s;
  }
}

export const generate: JobBody<'generate'> = async (ctx) => {
  const { catalog, params, job } = ctx;
  const entry = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  const { config, adapter } = readAdapter(entry.path);
  const base = findModel(catalog, config.baseModelId, 'diffusion');
  const model = openDiffusionModel(base.path);
  const baseHash = await model.hash();
  if (baseHash !== config.baseModelHash) {
    throw new Error(
      `${base.name} is not the model that ${entry.name} was trained on (its files differ); train again, or put the old files back`,
    );
  }
  const planned = plan(ctx, config.classes);
  const made = madeIndices(catalog, job.id);
  const size = pictureSize(model);
  const generator = await openGenerator(model, adapter, params, ctx.runtime);
  ctx.progress({ stage: 'generating', done: made.size, total: planned.length });
  let shown = 0;
  for (let start = 0; start < planned.length; start += params.batchSize) {
    const batch = planned.slice(start, start + params.batchSize);
    if (batch.every((p) => made.has(p.index))) continue;
    const pictures = await generator.generate(batch, async (step, steps, preview) => {
      ctx.signal.throwIfAborted();
      if (performance.now() - shown < previewMs && step < steps) return;
      shown = performance.now();
      const first = batch[0];
      ctx.emit('generate.preview', {
        jobId: job.id,
        index: first.index,
        step,
        steps,
        className: first.className,
        difficulty: first.difficulty,
        width: size,
        height: size,
        rgb: new Uint8Array(await preview()),
      });
    });
    for (const [i, picture] of pictures.entries()) {
      const p = batch[i];
      if (made.has(p.index)) continue;
      const provenance: Provenance = {
        recipe,
        models: { diffusion: baseHash, adapter: entry.hash },
        seed: p.seed,
        prompt: p.prompt,
        negativePrompt: p.negativePrompt,
        className: p.className,
        requestedDifficulty: p.difficulty,
        scheduler: params.scheduler,
        steps: params.steps,
        guidanceScale: params.guidanceScale,
        guidanceMode: params.guidanceMode,
        provider: ctx.runtime.provider,
        createdBy,
      };
      const bytes = await encodePng(picture, size, size, { crux: JSON.stringify(provenance) });
      const path = `synthetic/${params.datasetId}/${job.id}-${String(p.index).padStart(6, '0')}.png`;
      writeWhole(catalog.file(path), bytes);
      addSynthetic(catalog, {
        datasetId: params.datasetId,
        classId: p.classId,
        jobId: job.id,
        index: p.index,
        path,
        hash: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
        width: size,
        height: size,
        provenance,
      });
    }
    ctx.progress({ done: start + batch.length });
    ctx.emit('catalog.changed', { datasetId: params.datasetId });
  }
  await generator.close();
  return { generated: planned.length, classes: new Set(planned.map((p) => p.className)).size };
};
