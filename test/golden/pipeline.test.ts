/** The whole text-to-image path of the engine on the oracle's tiny model folder: prompts, sessions, schedulers. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScheduler } from '../../src/core/diffusion/create-scheduler.ts';
import { guide } from '../../src/core/diffusion/guidance.ts';
import { type SchedulerName, startRun } from '../../src/core/diffusion/scheduler.ts';
import { type DiffusionModel, openDiffusionModel } from '../../src/main/engine/diffusion/model-folder.ts';
import {
  openImageEncoder,
  openNoisePredictor,
  openTextEncoder,
} from '../../src/main/engine/diffusion/sessions.ts';
import { expectClose, goldenFolder, goldenPresent, readJson } from './harness.ts';
import { readSafetensors } from './read-safetensors.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;

describe.skipIf(!goldenPresent)('golden pipeline', () => {
  if (!goldenPresent) return;
  const folder = join(goldenFolder, 'pipeline-tiny');
  const meta = readJson('pipeline-tiny', 'meta.json');
  const tol = meta.stats_and_tolerances;
  const io = readSafetensors(join(folder, 'io.safetensors'));
  const prompts = readJson('pipeline-tiny', 'prompts.json');
  const model: DiffusionModel = openDiffusionModel(folder);
  let text: Awaited<ReturnType<typeof openTextEncoder>>;
  let predictor: Awaited<ReturnType<typeof openNoisePredictor>>;

  beforeAll(async () => {
    text = await openTextEncoder(model, cpu);
    predictor = await openNoisePredictor(model, cpu, 2 * meta.batch, model.textLength, null);
  });
  afterAll(async () => {
    await text?.close();
    await predictor?.close();
  });

  const promptOf = (name: string): string => prompts.prompts[name];

  it.each(['prompt', 'negative', 'empty', 'suffixed'])('text states of the %s', async (name) => {
    const { states } = await text.encode(promptOf(name));
    expectClose(name, states, io[`embeds.${name}`], tol[`embeds.${name}`].tol);
  });

  it.each(['pndm', 'ddim'] as SchedulerName[])(
    'text to image with %s: timesteps and final latents',
    async (name) => {
      const scheduler = createScheduler(name, model.scheduler, meta.steps);
      expect(scheduler.timesteps).toEqual(meta.timesteps[name.toUpperCase()]);
      const run = startRun(scheduler);
      const negative = (await text.encode(promptOf('negative'))).states;
      const prompt = (await text.encode(promptOf('prompt'))).states;
      const context = Float32Array.from([...negative, ...prompt]);
      let latents: Float32Array = io.init_latents.data;
      for (const [i, t] of scheduler.timesteps.entries()) {
        const noise = await predictor.predict(Float32Array.from([...latents, ...latents]), t, context);
        const half = noise.length / 2;
        latents = run.step(
          guide(noise.subarray(0, half), noise.subarray(half), meta.guidance_scale),
          i,
          latents,
        );
      }
      const key = `txt2img.${name}.latents`;
      expectClose(key, latents, io[key], tol[key].tol);
    },
  );

  it('image to scaled latents', async () => {
    const encoder = await openImageEncoder(model, cpu, 1);
    const { mean } = await encoder.encode(io.image_a.data);
    await encoder.close();
    expectClose('latents', mean, io['invert.latents_a'], tol['invert.latents_a'].tol);
  });
});
