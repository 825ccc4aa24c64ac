/**
 * Owns text + class + difficulty -> pictures: a batch of latents through the denoising loop, from noise, from an
 * image or from inverted latents. All that is random about a picture comes from its own seed, so what it looks like
 * does not depend on its neighbours.
 */
import { createScheduler, schedulerFor } from '../../../core/diffusion/create-scheduler.ts';
import { type GuidanceOptions, guidanceBranches } from '../../../core/diffusion/guidance.ts';
import { noiseSchedule } from '../../../core/diffusion/noise-schedule.ts';
import {
  type Conditioning,
  firstStageSteps,
  fromImage,
  fromNoise,
  invert,
  sample,
} from '../../../core/diffusion/pipeline.ts';
import type { NoiseSource, SchedulerOptions } from '../../../core/diffusion/scheduler.ts';
import { type Rng, randn, rngFromSeed } from '../../../core/rng.ts';
import type { SchedulerName, SchedulerSetting } from '../../../shared/schedulers.ts';
import type { RuntimeOptions } from '../../runtime/runtime.ts';
import type { GenerationModel, NoiseSession } from './generation-model.ts';
import { createPreviewer, type PreviewPicture } from './previewer.ts';
import { openPromptReader, type Reading } from './prompt-reader.ts';
import { type DifficultyAdapter, openDifficultyEncoder } from './sessions.ts';

/**
 * An image's latents, of which the last `strength` (0,1] of the steps are run anew; or noise. A batch moves in step,
 * so its pictures share one strength.
 */
export type StartsFrom = { image: Float32Array; strength: number } | { noise: Float32Array };

export interface PictureRequest {
  seed: number;
  prompt: string;
  negativePrompt: string;
  /** Conditions the first steps in place of `prompt`; null: one prompt throughout. */
  firstPrompt?: string | null;
  /** Index of the class in the adapter's order. Of no effect without an adapter. */
  classIndex: number;
  difficulty: number; // [0,1]
  /** What the run starts from, f32[c,h,w]. Absent: the seed's own noise. */
  from?: StartsFrom;
}

type Prompted = Pick<PictureRequest, 'prompt' | 'negativePrompt' | 'firstPrompt'>;

export interface GeneratorOptions extends Pick<SchedulerOptions, 'eta'>, GuidanceOptions, Partial<Reading> {
  batchSize: number;
  scheduler: SchedulerSetting;
  steps: number;
  /** Side of the pictures in pixels; absent: the model's own. */
  size?: number | null;
  /** Share of the noise schedule that `firstPrompt` conditions. */
  firstShare?: number;
  /** Layer of the text encoder from its end; null or absent: the model's own. */
  clipSkip?: number | null;
  /** Chunks of the longest prompt to come: that the network takes so many is found out before anything is made. */
  chunks?: number;
}

export type OnStep = (
  step: number,
  steps: number,
  preview: () => Promise<PreviewPicture | null>,
) => Promise<void>;

export interface Generator {
  size: number;
  /** What the setting meant for this model. */
  scheduler: SchedulerName;
  /** Samples of one call of the network: what `invert` takes at most. */
  rows: number;
  /** Chunks that a picture's prompts take: pictures of one number are quickest together. */
  chunksOf(request: Prompted): number;
  /**
   * @returns u8[size,size,3] pictures in order; at most `batchSize` requests.
   * `onStep` may look at the latents of the first picture, where enough time has passed since the last look.
   */
  generate(requests: readonly PictureRequest[], onStep?: OnStep): Promise<Uint8Array[]>;
  /**
   * DDIM inversion of at most `rows` latents f32[c,h,w] under their plain prompts, with the null token where the
   * adapter conditions on difficulty: what the image's own would be is for the new picture to say.
   */
  invert(
    images: readonly { latents: Float32Array; prompt: string; classIndex: number }[],
    steps: number,
    onStep?: (step: number) => Promise<void> | void,
  ): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** @param adapter null: the base model alone, which knows no difficulty. */
export async function openGenerator(
  model: GenerationModel,
  adapter: DifficultyAdapter | null,
  o: GeneratorOptions,
  runtime: RuntimeOptions,
): Promise<Generator> {
  const size = o.size ?? model.size;
  const shape = model.latentShape(size);
  const width = model.textWidth;
  const appended = adapter?.encoder.placement === 'append' ? adapter.encoder.tokens : 0;
  const reader = openPromptReader(model, {
    promptSyntax: o.promptSyntax ?? 'plain',
    longPrompts: o.longPrompts ?? 'truncate',
  });
  /** Tokens that condition a picture whose prompts take so many chunks. */
  const tokensOf = (chunks: number) => chunks * model.textLength + appended;
  // Without an adapter there is no difficulty to strengthen.
  const { branches, scales } = guidanceBranches(
    adapter ? o : { ...o, guidanceMode: 'null-token' },
    model.takesGuidance,
  );
  const guided = branches.some((branch) => branch.prompt === 'negative');
  const rows = branches.length * o.batchSize;
  const name = schedulerFor(o.scheduler, model.scheduler);
  const scheduler = createScheduler(name, model.scheduler, o.steps, { eta: o.eta, rows: o.batchSize });
  if ((o.firstShare ?? 0) > 0 && model.scheduler.timestep_type === 'continuous') {
    throw new Error(
      'two-stage prompts: this model counts noise levels, not timesteps (timestep_type continuous), so a share of the schedule has no meaning; use one prompt',
    );
  }
  const trainTimesteps = noiseSchedule(model.scheduler).betas.length;
  const firstSteps = firstStageSteps(scheduler.timesteps, trainTimesteps, o.firstShare ?? 0);

  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const part of opened.splice(0)) await part.close();
  };
  const open = async <T extends { close(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    const there = await part;
    opened.push(there);
    return there;
  };
  const openAll = async () => ({
    text: await open(model.openText(runtime, o.clipSkip)),
    difficulty: adapter && (await open(openDifficultyEncoder(adapter, runtime))),
    decoder: await open(model.openDecoder(runtime, size)),
  });
  /** The network is built for a number of tokens: one is open at a time, as it takes most of the memory. */
  let network: (NoiseSession & { chunks: number }) | null = null;
  const networkFor = async (chunks: number): Promise<NoiseSession> => {
    if (network?.chunks === chunks) return network;
    await closeNetwork();
    const session = await model.openNoise(runtime, {
      rows,
      tokens: tokensOf(chunks),
      size,
      adapter,
      guidanceScale: o.guidanceScale,
    });
    network = { ...session, chunks };
    return network;
  };
  const closeNetwork = async () => {
    const closing = network;
    network = null;
    await closing?.close();
  };
  opened.push({ close: closeNetwork });
  const { text, difficulty, decoder } = await openAll()
    .then(async (parts) => {
      await networkFor(o.chunks ?? 1);
      return parts;
    })
    .catch(async (error) => {
      await close();
      throw error;
    });
  const previewer = createPreviewer(decoder, shape.width, size);

  const chunksOf = ({ prompt, negativePrompt, firstPrompt }: Prompted): number =>
    reader.most([firstPrompt ?? prompt, prompt, ...(guided ? [negativePrompt] : [])]);
  /** Text states with the difficulty tokens in place, f32[tokens,width]. */
  const statesOf = async (prompt: string, chunks: number, classIndex: number, score: number | null) => {
    const tokens = tokensOf(chunks);
    const out = new Float32Array(tokens * width);
    out.set(await reader.states(text, prompt, chunks));
    if (adapter && difficulty) {
      const at = (tokens - adapter.encoder.tokens) * width;
      out.set(await difficulty.encode(classIndex, score), at);
    }
    return out;
  };
  /** One f32[...] per picture in a block of `n`; a batch that is not full ends in zeros. */
  const block = (parts: readonly Float32Array[], each: number, n: number) => {
    const out = new Float32Array(n * each);
    for (const [i, part] of parts.entries()) {
      if (part.length !== each) throw new Error(`generator: ${part.length} numbers for a picture of ${each}`);
      out.set(part, i * each);
    }
    return out;
  };
  const latentsOf = (all: Float32Array, i: number) => all.slice(i * shape.numbers, (i + 1) * shape.numbers);

  /** The conditioning of the first stage and of the second. */
  const stages = async (requests: readonly PictureRequest[], chunks: number): Promise<Conditioning[]> => {
    const parts = [0, 1].map(() => branches.map((): Float32Array[] => []));
    for (const r of requests) {
      for (const [stage, prompt] of [r.firstPrompt ?? r.prompt, r.prompt].entries()) {
        for (const [k, told] of branches.entries()) {
          const said = told.prompt === 'own' ? prompt : r.negativePrompt;
          const score = told.difficulty ? r.difficulty : null;
          parts[stage][k].push(await statesOf(said, chunks, r.classIndex, score));
        }
      }
    }
    return parts.map((of) => ({
      states: of.map((pictures) => block(pictures, tokensOf(chunks) * width, o.batchSize)),
      scales,
    }));
  };

  /** Where the batch starts, all in step. */
  const startOf = (requests: readonly PictureRequest[]) => {
    const noise = requests.map((r) =>
      r.from && 'noise' in r.from ? r.from.noise : randn(shape.numbers, rngFromSeed(r.seed, 'latents')),
    );
    const noises = block(noise, shape.numbers, o.batchSize);
    const given = requests.flatMap((r) => (r.from && 'image' in r.from ? [r.from] : []));
    if (given.length === 0) return fromNoise(scheduler, noises);
    const [{ strength }] = given;
    if (given.length < requests.length || given.some((from) => from.strength !== strength)) {
      throw new Error('generator: a batch starts from noise, or from images with one strength');
    }
    const images = given.map((from) => from.image);
    return fromImage(scheduler, o.steps, block(images, shape.numbers, o.batchSize), noises, strength);
  };

  /** Latents before step i at the scale that a network sees; Euler's own grow with the noise. */
  const seen = (all: Float32Array, i: number) =>
    i < scheduler.timesteps.length ? scheduler.scaleInput(all, i) : all;

  /** Pictures whose prompts take `chunks` chunks. */
  const generateAt = async (chunks: number, requests: readonly PictureRequest[], onStep?: OnStep) => {
    const { predict } = await networkFor(chunks);
    const start = startOf(requests);
    const [first, second] = await stages(requests, chunks);
    const total = scheduler.timesteps.length - start.start;
    const latents = await sample({
      predict,
      scheduler,
      ...start,
      conditioning: (i) => (i < firstSteps ? first : second),
      noise: noiseOf(
        requests.map((r) => rngFromSeed(r.seed, 'steps')),
        shape.numbers,
      ),
      onStep: (i, all) =>
        onStep?.(i + 1 - start.start, total, () => previewer.look(latentsOf(seen(all, i + 1), 0))),
    });
    const pictures: Uint8Array[] = [];
    for (let i = 0; i < requests.length; i++) {
      const picture = await previewer.decode(latentsOf(latents, i));
      requireContent(picture, requests[i]);
      pictures.push(picture);
    }
    return pictures;
  };

  const invertAt = async (
    chunks: number,
    images: Parameters<Generator['invert']>[0],
    steps: number,
    onStep: Parameters<Generator['invert']>[2],
  ) => {
    const { predict } = await networkFor(chunks);
    const states: Float32Array[] = [];
    for (const { prompt, classIndex } of images)
      states.push(await statesOf(prompt, chunks, classIndex, null));
    const all = await invert({
      predict,
      config: model.scheduler,
      steps,
      latents: block(
        images.map((image) => image.latents),
        shape.numbers,
        rows,
      ),
      states: block(states, tokensOf(chunks) * width, rows),
      onStep: (i) => onStep?.(i + 1),
    });
    return images.map((_, i) => latentsOf(all, i));
  };

  return {
    size,
    scheduler: name,
    rows,
    chunksOf,
    async generate(requests, onStep) {
      if (requests.length > o.batchSize) {
        throw new Error(`generator: ${requests.length} pictures in a batch of ${o.batchSize}`);
      }
      return await byChunks(requests, chunksOf, (chunks, some) => generateAt(chunks, some, onStep));
    },
    async invert(images, steps, onStep) {
      if (model.takesGuidance) {
        throw new Error(
          'this model was distilled to a few steps (LCM) and cannot be inverted; start from images with a strength instead, or use the model it was distilled from',
        );
      }
      if (images.length > rows)
        throw new Error(`generator: inversion of ${images.length} images, at most ${rows}`);
      const chunksOfImage = (image: { prompt: string }) => reader.most([image.prompt]);
      return await byChunks(images, chunksOfImage, (chunks, some) => invertAt(chunks, some, steps, onStep));
    },
    close,
  };
}

/** What is asked for, those of one number of chunks at a time, so that a picture never depends on its neighbours'. */
async function byChunks<T, R>(
  asked: readonly T[],
  chunksOf: (one: T) => number,
  make: (chunks: number, some: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const out: R[] = [];
  for (const [chunks, at] of Map.groupBy(asked.keys(), (i) => chunksOf(asked[i]))) {
    const made = await make(
      chunks,
      at.map((i) => asked[i]),
    );
    for (const [k, i] of at.entries()) out[i] = made[k];
  }
  return out;
}

/** The noise of a step for a whole batch, each picture's from its own generator; empty places get none. */
function noiseOf(rngs: readonly Rng[], numbers: number): NoiseSource {
  return (size) => {
    const out = new Float32Array(size);
    for (const [i, rng] of rngs.entries()) out.set(randn(numbers, rng), i * numbers);
    return out;
  };
}

/** @throws where every pixel is black: finite numbers that mean no picture, as of a decoder that is damaged. */
function requireContent(rgb: Uint8Array, { seed }: PictureRequest): void {
  if (rgb.some((value) => value > 0)) return;
  throw new Error(
    `the image of seed ${seed} came out black: the model's autoencoder gives no picture of its latents. Check the model with another program or get it again; with half precision, switch that off in the settings`,
  );
}
