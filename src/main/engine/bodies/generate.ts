/**
 * Owns the generation job: class + prompt + difficulty -> pictures with their full provenance, in the catalog and
 * inside each PNG. Batches have fixed borders, so a resumed job makes the same pictures.
 */
import { createHash } from 'node:crypto';
import { angleBetween, circleInterpolate, drawLambda } from '../../../core/diffusion/circle.ts';
import { rngFromSeed } from '../../../core/rng.ts';
import type { ModelEntry, Provenance, StartingPoint } from '../../../shared/domain.ts';
import { addSynthetic, madeIndices } from '../../catalog/index.ts';
import { readAdapter } from '../diffusion/adapter-file.ts';
import { type GenerationModel, openGenerationModel } from '../diffusion/generation-model.ts';
import {
  batchesOf,
  type PlannedPicture,
  planPictures,
  type SourceImage,
} from '../diffusion/generation-plan.ts';
import { type Generator, openGenerator, type PictureRequest } from '../diffusion/generator.ts';
import { type InvertedLatents, invertImages } from '../diffusion/inversion.ts';
import type { PreviewPicture } from '../diffusion/previewer.ts';
import { type DifficultyAdapter, toPlanes } from '../diffusion/sessions.ts';
import { decodeRgb } from '../images/decode.ts';
import { encodePng } from '../images/png.ts';
import type { JobBody, JobContext } from '../job-context.ts';
import { readAdditions } from '../models/additions.ts';
import { findModel, newestAdapter } from '../models/registry.ts';
import { tellMemory } from '../tell-memory.ts';
import { createdBy } from '../version.ts';
import { writeWhole } from '../write-whole.ts';

type Context = JobContext<'generate'>;

/** What the job generates with. */
interface Setup {
  recipe: string;
  model: GenerationModel;
  adapter: DifficultyAdapter | null;
  /** In the adapter's order; null without one. */
  classes: readonly string[] | null;
  /** Hashes by role, for the provenance. */
  hashes: Record<string, string>;
}

/** The base model alone where one is named; otherwise a difficulty adapter on the model it was trained on. */
async function setUp({ catalog, params }: Context): Promise<Setup> {
  const { additions, hashes: added } = await readAdditions(params);
  if (params.modelId !== null && params.adapterId === null) {
    const model = openGenerationModel(findModel(catalog, params.modelId, 'diffusion').path, additions);
    return {
      recipe: 'text-to-image',
      model,
      adapter: null,
      classes: null,
      hashes: { diffusion: await model.hash(), ...added },
    };
  }
  const entry = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  const { config, adapter } = readAdapter(entry.path);
  const base: ModelEntry = findModel(catalog, params.modelId ?? config.baseModelId, 'diffusion');
  const model = openGenerationModel(base.path, additions);
  const hash = await model.hash();
  if (hash !== config.baseModelHash) {
    throw new Error(
      `${base.name} is not the model that ${entry.name} was trained on (its files differ); train again, or put the old files back`,
    );
  }
  return {
    recipe: 'difficulty-controlled',
    model,
    adapter,
    classes: config.classes,
    hashes: { diffusion: hash, adapter: entry.hash, ...added },
  };
}

/** Drawn once where it reads the dataset: a resumed job goes on as it began, whatever happened there since. */
function planOf(ctx: Context, classes: readonly string[] | null): PlannedPicture[] {
  const { catalog, params } = ctx;
  if (!readsDataset(params)) return planPictures(catalog, params, classes);
  const known = ctx.readCheckpoint<PlannedPicture[]>();
  if (known) return known;
  const planned = planPictures(catalog, params, classes);
  ctx.writeCheckpoint(planned);
  return planned;
}

const readsDataset = ({ init, ratio, distribution, promptSource }: Context['params']): boolean =>
  init !== 'noise' || ratio !== null || distribution.startsWith('real') || promptSource === 'captions';

/** Each image of any pair once, in the order of first use. */
function imagesOf(planned: readonly PlannedPicture[]) {
  const images = new Map<number, SourceImage & { prompt: string; classIndex: number }>();
  for (const { sources, prompt, classIndex } of planned) {
    for (const source of sources) {
      if (!images.has(source.id)) images.set(source.id, { ...source, prompt, classIndex });
    }
  }
  return [...images.values()];
}

/** How each picture of the job starts, and how its provenance tells it. */
type Starter = (p: PlannedPicture) => Promise<{ from?: PictureRequest['from']; start?: StartingPoint }>;

async function openStarter(
  ctx: Context,
  { model }: Setup,
  generator: Generator,
  planned: readonly PlannedPicture[],
): Promise<{ starter: Starter; close(): Promise<void> }> {
  const { params } = ctx;
  const { size } = generator;
  if (params.init === 'noise') return { starter: async () => ({}), close: async () => {} };
  const encoder = await model.openEncoder(ctx.runtime, size);
  const encode = async (file: string) => {
    const { pixels } = await decodeRgb(file, { width: size, height: size, fit: 'cover' });
    return (await encoder.encode(toPlanes(pixels))).mean;
  };
  const told = ({ id, path, hash }: SourceImage) => ({ id, path, hash });
  if (params.init === 'image') {
    const starter: Starter = async ({ sources: [source], strength }) => ({
      from: { image: await encode(source.file), strength: strength! },
      start: { kind: 'image', source: told(source), strength: strength! },
    });
    return { starter, close: () => encoder.close() };
  }
  const { inversionSteps } = params;
  let inverted: InvertedLatents;
  try {
    inverted = await invertImages(generator, imagesOf(planned), {
      folder: ctx.jobDir,
      steps: inversionSteps,
      encode,
      onStep(done, total) {
        ctx.signal.throwIfAborted();
        ctx.progress({ stage: 'inverting images', done, total });
      },
    });
  } finally {
    await encoder.close();
  }
  const starter: Starter = async ({ seed, sources: [source, partner] }) => {
    const [a, b] = [inverted(source.id), inverted(partner.id)];
    const lambda = drawLambda(angleBetween(a, b), rngFromSeed(seed, 'lambda'));
    return {
      from: { noise: circleInterpolate(a, b, lambda) },
      start: { kind: 'interpolate', source: told(source), partner: told(partner), lambda, inversionSteps },
    };
  };
  return { starter, close: async () => {} };
}

export const generate: JobBody<'generate'> = async (ctx) => {
  const { params } = ctx;
  const setup = await setUp(ctx);
  const planned = planOf(ctx, setup.classes);
  const firstShare = params.firstPrompts.length > 0 ? params.firstShare : 0;
  const onTruncated = (prompt: string, tokens: number) =>
    ctx.log(
      'warn',
      `the model reads ${tokens} tokens of a prompt; the end of this one is left out: ${prompt}`,
    );
  const options = { ...params, firstShare, onTruncated };
  const load = {
    batch: params.batchSize,
    size: params.size ?? setup.model.size,
    guided: params.guidanceScale > 1,
    lowMemory: ctx.runtime.lowMemory ?? false,
  };
  tellMemory(ctx, setup.model.memory(load));
  const generator = await openGenerator(setup.model, setup.adapter, options, ctx.runtime);
  try {
    const { starter, close } = await openStarter(ctx, setup, generator, planned);
    try {
      await makeAll(ctx, setup, generator, planned, starter);
    } finally {
      await close();
    }
  } finally {
    await generator.close();
  }
  return { generated: planned.length, classes: new Set(planned.map((p) => p.className)).size };
};

async function makeAll(
  ctx: Context,
  setup: Setup,
  generator: Generator,
  planned: readonly PlannedPicture[],
  starter: Starter,
): Promise<void> {
  const { catalog, params, job } = ctx;
  const made = madeIndices(catalog, job.id);
  ctx.progress({ stage: 'generating', done: made.size, total: planned.length });
  for (const batch of batchesOf(planned, params.batchSize)) {
    if (batch.every((p) => made.has(p.index))) continue;
    const show = (step: number, steps: number, picture: PreviewPicture) =>
      ctx.emit('generate.preview', {
        jobId: job.id,
        index: batch[0].index,
        step,
        steps,
        className: batch[0].className,
        difficulty: setup.adapter ? batch[0].difficulty : null,
        ...picture,
        rgb: new Uint8Array(picture.rgb),
      });
    const starts: Awaited<ReturnType<Starter>>[] = [];
    for (const p of batch) starts.push(await starter(p));
    let steps = 0;
    const pictures = await generator.generate(
      batch.map((p, i) => ({ ...p, from: starts[i].from })),
      async (step, total, preview) => {
        ctx.signal.throwIfAborted();
        steps = total;
        const picture = step < total ? await preview() : null;
        if (picture) show(step, total, picture);
      },
    );
    const { size } = generator;
    show(steps, steps, { width: size, height: size, rgb: pictures[0] });
    for (const [i, picture] of pictures.entries()) {
      if (made.has(batch[i].index)) continue;
      await store(ctx, batch[i], picture, size, provenanceOf(ctx, setup, batch[i], starts[i].start));
      made.add(batch[i].index);
    }
    ctx.progress({ done: made.size });
    ctx.emit('catalog.changed', { datasetId: params.datasetId });
  }
}

function provenanceOf(
  { params, runtime }: Context,
  { recipe, hashes, adapter }: Setup,
  p: PlannedPicture,
  start: StartingPoint | undefined,
): Provenance {
  return {
    recipe,
    models: hashes,
    seed: p.seed,
    prompt: p.prompt,
    negativePrompt: p.negativePrompt,
    ...(p.captionOf ? { captionOf: p.captionOf } : {}),
    className: p.className,
    requestedDifficulty: adapter ? p.difficulty : null,
    scheduler: params.scheduler,
    steps: params.steps,
    guidanceScale: params.guidanceScale,
    guidanceMode: params.guidanceMode,
    ...(params.eta > 0 ? { eta: params.eta } : {}),
    ...(start ? { start } : {}),
    ...(p.firstPrompt !== null ? { firstStage: { prompt: p.firstPrompt, share: params.firstShare } } : {}),
    provider: runtime.provider,
    createdBy,
  };
}

async function store(
  { catalog, params, job }: Context,
  p: PlannedPicture,
  picture: Uint8Array,
  size: number,
  provenance: Provenance,
): Promise<void> {
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
