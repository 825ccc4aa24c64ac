/**
 * Owns text + class + difficulty -> pictures: the denoising loop over a batch, with classifier-free guidance.
 * Each picture's noise comes from its own seed, so what it looks like does not depend on its neighbours.
 */
import { createScheduler } from '../../../core/diffusion/create-scheduler.ts';
import { guide } from '../../../core/diffusion/guidance.ts';
import { type SchedulerName, startRun } from '../../../core/diffusion/scheduler.ts';
import { randn, rngFromSeed } from '../../../core/rng.ts';
import type { RuntimeOptions } from '../runtime.ts';
import type { DiffusionModel } from './model-folder.ts';
import {
  type DifficultyAdapter,
  latentShape,
  openDifficultyEncoder,
  openImageDecoder,
  openNoisePredictor,
  openTextEncoder,
  pictureSize,
} from './sessions.ts';

export interface PictureRequest {
  seed: number;
  prompt: string;
  negativePrompt: string;
  /** Index of the class in the adapter's order. */
  classIndex: number;
  difficulty: number; // [0,1]
}

export interface GeneratorOptions {
  batchSize: number;
  scheduler: SchedulerName;
  steps: number;
  guidanceScale: number; // 1: off
  /** The unconditional branch's difficulty token: the learned null token, or the picture's own. */
  guidanceMode: 'null-token' | 'same-token';
}

export interface Generator {
  size: number;
  /**
   * @returns u8 RGB pictures of size x size, in order; at most `batchSize` requests.
   * `onStep` may look at the latents of the first picture.
   */
  generate(
    requests: readonly PictureRequest[],
    onStep?: (step: number, steps: number, preview: () => Promise<Uint8Array>) => Promise<void>,
  ): Promise<Uint8Array[]>;
  close(): Promise<void>;
}

export async function openGenerator(
  model: DiffusionModel,
  adapter: DifficultyAdapter,
  o: GeneratorOptions,
  runtime: RuntimeOptions,
): Promise<Generator> {
  const shape = latentShape(model);
  const width = model.unet.config.cross_attention_dim;
  const appended = adapter.encoder.placement === 'append' ? adapter.encoder.tokens : 0;
  const length = model.textLength + appended;
  const guided = o.guidanceScale > 1;
  const rows = guided ? 2 * o.batchSize : o.batchSize;
  const text = await openTextEncoder(model, runtime);
  const difficulty = await openDifficultyEncoder(adapter, runtime);
  const predictor = await openNoisePredictor(model, runtime, rows, length, adapter);
  const decoder = await openImageDecoder(model, runtime);

  /** Text states with the difficulty tokens in place: f32[length,width]. */
  const condition = async (prompt: string, classIndex: number, score: number | null) => {
    const out = new Float32Array(length * width);
    out.set((await text.encode(prompt)).states);
    out.set(await difficulty.encode(classIndex, score), (length - adapter.encoder.tokens) * width);
    return out;
  };

  return {
    size: pictureSize(model),
    async generate(requests, onStep) {
      if (requests.length > o.batchSize) {
        throw new Error(`generator: ${requests.length} pictures in a batch of ${o.batchSize}`);
      }
      const scheduler = createScheduler(o.scheduler, model.scheduler, o.steps);
      const run = startRun(scheduler);
      const half = o.batchSize * shape.numbers;
      let latents: Float32Array = new Float32Array(half);
      const context = new Float32Array(rows * length * width);
      for (const [i, r] of requests.entries()) {
        const noise = randn(shape.numbers, rngFromSeed(r.seed, 'latents'));
        for (let j = 0; j < noise.length; j++)
          latents[i * shape.numbers + j] = noise[j] * scheduler.initNoiseSigma;
        const conditional = await condition(r.prompt, r.classIndex, r.difficulty);
        context.set(conditional, (guided ? o.batchSize + i : i) * length * width);
        if (guided) {
          const score = o.guidanceMode === 'same-token' ? r.difficulty : null;
          context.set(await condition(r.negativePrompt, r.classIndex, score), i * length * width);
        }
      }
      for (const [i, t] of scheduler.timesteps.entries()) {
        const scaled = scheduler.scaleInput(latents, i);
        const sample = new Float32Array(rows * shape.numbers);
        sample.set(scaled);
        if (guided) sample.set(scaled, half);
        const noise = await predictor.predict(sample, t, context);
        const output = guided ? guide(noise.subarray(0, half), noise.subarray(half), o.guidanceScale) : noise;
        latents = run.step(output, i, latents);
        const first = () => decoder.decode(latents.subarray(0, shape.numbers));
        await onStep?.(i + 1, scheduler.timesteps.length, first);
      }
      const pictures: Uint8Array[] = [];
      for (let i = 0; i < requests.length; i++) {
        pictures.push(await decoder.decode(latents.subarray(i * shape.numbers, (i + 1) * shape.numbers)));
      }
      return pictures;
    },
    async close() {
      for (const part of [text, difficulty, predictor, decoder]) await part.close();
    },
  };
}
