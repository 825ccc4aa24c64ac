/**
 * Owns the generation job: class + prompt + difficulty -> pictures with their full provenance, in the catalog and
 * inside each PNG; what they are made with, and what each starts from.
 */

import { angleBetween, circleInterpolate, drawLambda } from '../../../../core/diffusion/circle.ts';
import { keptOfConfig } from '../../../../core/diffusion/create-scheduler.ts';
import { writtenPrompts } from '../../../../core/prompts/written.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import { type ClassAcceptance, generateParams } from '../../../../shared/jobs/generate.ts';
import type { JobResult } from '../../../../shared/jobs/index.ts';
import { settingsOf } from '../../../../shared/recorded.ts';
import { madeIndices } from '../../../catalog/index.ts';
import { startingImages } from '../../../datasets/used-images.ts';
import { decodeRgb } from '../../../images/decode.ts';
import type { JobBody, JobContext } from '../../../jobs/job-context.ts';
import type { UsableImage } from '../../../jobs/originals.ts';
import { tellMemory } from '../../../jobs/tell-memory.ts';
import { type AddedToken, readAdditions } from '../../../models/additions.ts';
import { readAdapter } from '../../../models/diffusion/adapter-file.ts';
import { type GenerationModel, openGenerationModel } from '../../../models/diffusion/generation-model.ts';
import { type Generator, openGenerator } from '../../../models/diffusion/generator.ts';
import { generationLoad } from '../../../models/diffusion/memory-estimate.ts';
import { type DifficultyAdapter, toPlanes } from '../../../models/diffusion/sessions.ts';
import { tellPrompts } from '../../../models/diffusion/tell-prompts.ts';
import { baseOfAdapter, findModel, newestAdapter } from '../../../models/registry.ts';
import { tagsOf, withTagged } from '../../../models/tagged-loras.ts';
import { type PlannedPicture, planPictures } from './generation-plan.ts';
import { type ImageToInvert, type InvertedLatents, invertImages } from './inversion.ts';
import { makePictures, type Starter } from './make-pictures.ts';
import { openSelection, type Selection } from './selection.ts';

type Context = JobContext<'generate'>;

/** What the job generates with, before anything is put on the model. */
interface Subject {
  recipe: string;
  /** The base model's folder or file. */
  path: string;
  adapter: DifficultyAdapter | null;
  /** In the adapter's order; null without one. */
  classes: readonly string[] | null;
  /** @throws where the model's files are others than the adapter was trained on. */
  requireHash(hash: string): void;
  /** Hashes by role, for the provenance. */
  hashes: Record<string, string>;
}

/** The base model alone where one is named; otherwise a difficulty adapter on the model it was trained on. */
function subjectOf({ catalog, params }: Context): Subject {
  if (params.modelId !== null && params.adapterId === null) {
    return {
      recipe: 'text-to-image',
      path: findModel(catalog, params.modelId, 'diffusion').path,
      adapter: null,
      classes: null,
      requireHash() {},
      hashes: {},
    };
  }
  const entry = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  const { config, adapter } = readAdapter(entry.path);
  const base = params.modelId
    ? findModel(catalog, params.modelId, 'diffusion')
    : baseOfAdapter(catalog, entry.name, config);
  return {
    recipe: 'difficulty-controlled',
    path: base.path,
    adapter,
    classes: config.classes,
    requireHash(hash) {
      if (hash === config.baseModelHash) return;
      throw new Error(
        `${base.name} is not the model that ${entry.name} was trained on (its files differ); train again, or put the old files back`,
      );
    },
    hashes: { adapter: entry.hash },
  };
}

interface Setup extends Subject {
  model: GenerationModel;
  /** Tokens of embeddings that were put on it. */
  added: readonly AddedToken[];
}

/** The model with the LoRAs of the job and of its prompts. */
async function setUp(
  { catalog, params }: Context,
  subject: Subject,
  planned: readonly PlannedPicture[],
): Promise<Setup> {
  const tags = tagsOf(new Set(planned.map(({ prompt }) => prompt)), params.promptSyntax);
  const { additions, added, hashes } = await readAdditions({
    loras: withTagged(catalog, params.loras, tags),
    embeddings: params.embeddings,
  });
  const model = openGenerationModel(subject.path, additions);
  const hash = await model.hash();
  subject.requireHash(hash);
  return { ...subject, model, added, hashes: { diffusion: hash, ...subject.hashes, ...hashes } };
}

/** Drawn once where it reads the dataset: a resumed job goes on as it began, whatever happened there since. */
async function planOf(ctx: Context, classes: readonly string[] | null): Promise<PlannedPicture[]> {
  const { catalog, params } = ctx;
  if (!readsDataset(params)) return planPictures(catalog, params, classes, []);
  const known = ctx.readCheckpoint<PlannedPicture[]>();
  if (known) return known;
  const real = params.init === 'noise' ? [] : await startingImages(ctx);
  const planned = planPictures(catalog, params, classes, real);
  ctx.writeCheckpoint(planned);
  return planned;
}

const readsDataset = ({ init, ratio, distribution, promptSource }: Context['params']): boolean =>
  init !== 'noise' || ratio !== null || distribution.startsWith('real') || promptSource === 'captions';

/** Each image of any pair once, in the order of first use. */
function imagesOf(planned: readonly PlannedPicture[]) {
  const images = new Map<number, ImageToInvert>();
  for (const { sources, prompt, classIndex } of planned) {
    for (const source of sources) {
      if (!images.has(source.id)) images.set(source.id, { image: source, prompt, classIndex });
    }
  }
  return [...images.values()];
}

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
  const encode = async (image: UsableImage) => {
    const { pixels } = await decodeRgb(await ctx.originals.read(image), {
      width: size,
      height: size,
      fit: 'cover',
    });
    return (await encoder.encode(toPlanes(pixels))).mean;
  };
  const told = ({ id, path, hash }: UsableImage) => ({ id, path, hash });
  if (params.init === 'image') {
    const starter: Starter = async ({ sources: [source], strength }) => ({
      from: { image: await encode(source), strength: strength! },
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
      onDamaged: (text) => ctx.log('warn', text),
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
  const subject = subjectOf(ctx);
  const planned = await planOf(ctx, subject.classes);
  const setup = await setUp(ctx, subject, planned);
  const firstShare = params.firstPrompts.length > 0 ? params.firstShare : 0;
  const chunks = tellPrompts(ctx, setup.model, params, {
    written: writtenPrompts(params),
    prompts: planned.flatMap(({ prompt, firstPrompt, negativePrompt }) => [
      prompt,
      firstPrompt ?? prompt,
      negativePrompt,
    ]),
    added: setup.added,
  });
  const options = { ...params, firstShare, chunks };
  const load = { ...generationLoad(params, params.size ?? setup.model.size, ctx.runtime.lowMemory), chunks };
  tellMemory(ctx, setup.model.memory(load));
  const knowsDifficulty = setup.adapter !== null;
  const settings = settingsOf(generateParams, ctx.params);
  const selection = await openSelection(ctx, planned, knowsDifficulty);
  try {
    const generator = await openGenerator(setup.model, setup.adapter, options, ctx.runtime);
    tellScheduler(ctx, generator, setup.model);
    try {
      const { starter, close } = await openStarter(ctx, setup, generator, planned);
      try {
        const { recipe, hashes: models } = setup;
        const making = { recipe, models, knowsDifficulty, settings, generator, starter, selection };
        await makePictures(ctx, making, planned);
      } finally {
        await close();
      }
    } finally {
      await generator.close();
    }
  } finally {
    await selection?.close();
  }
  return resultOf(ctx, planned, selection);
};

/** Says what a scheduler that is not the model's own makes of the model's config. */
function tellScheduler(ctx: Context, { scheduler }: Generator, { scheduler: config }: Setup['model']): void {
  const taken = keptOfConfig(scheduler, config);
  if (!taken) return;
  const dropped = taken.dropped.length > 0 ? `; without meaning for it: ${taken.dropped.join(', ')}` : '';
  ctx.log(
    'info',
    `scheduler ${scheduler} in place of the model's ${config._class_name ?? 'own'}; kept of its config: ${taken.kept.join(', ')}${dropped}`,
  );
}

/** Where pictures were chosen: how many candidates that took, altogether and of each class. */
function resultOf(
  { catalog, job }: Context,
  planned: readonly PlannedPicture[],
  selection: Selection | null,
): JobResult<'generate'> {
  const classCount = new Set(planned.map((p) => p.className)).size;
  if (!selection) return { generated: planned.length, classes: classCount };
  const acceptance = selection.classes();
  const sum = (of: (c: ClassAcceptance) => number) => acceptance.reduce((total, c) => total + of(c), 0);
  const candidates = sum((c) => c.candidates);
  return {
    generated: madeIndices(catalog, job.id).size,
    classes: classCount,
    scorer: selection.scorer.name,
    candidates,
    acceptanceRate: sum((c) => c.accepted) / candidates,
    atLimit: sum((c) => c.atLimit),
    acceptance,
  };
}
