/**
 * Owns the checks of a whole Stable Diffusion folder through the engine's own sessions: tokens, text states, text to
 * image, image to image, inversion, interpolation between inverted images, and prompts in two stages.
 * Every stage goes on from what the stage before it computed, not from the oracle's numbers.
 */
import { angleBetween, circleInterpolate } from '../../../src/core/diffusion/circle.ts';
import { createScheduler, schedulerNames } from '../../../src/core/diffusion/create-scheduler.ts';
import {
  fromImage,
  fromNoise,
  invert,
  type NoisePredictor,
  sample,
} from '../../../src/core/diffusion/pipeline.ts';
import type { NoiseSource, Scheduler } from '../../../src/core/diffusion/scheduler.ts';
import { takesGuidance } from '../../../src/core/nn/unet-2d-condition.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import {
  openImageDecoder,
  openImageEncoder,
  openNoisePredictor,
  openTextEncoder,
} from '../../../src/main/models/diffusion/sessions.ts';
import type { SchedulerName } from '../../../src/shared/schedulers.ts';
import type { OracleCase, OracleTensor } from '../case.ts';
import { type Check, compare, failure, same } from '../compare.ts';
import { type CaseRun, type GoldenOptions, type Part, scaled } from '../graph.ts';
import { asThen } from './schedulers.ts';

interface Prompts {
  prompts: Record<string, string>;
  input_ids?: Record<string, number[]>;
}

/** Folders of the model, which its opener reads. */
const MODEL = ['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler'];

/** Under the names that outputs give them, and as timesteps in meta.json. */
function schedulerOf(name: string): SchedulerName {
  const plain = name.toLowerCase().replace(/scheduler$/, '');
  const others: Record<string, SchedulerName> = {
    ddiminverse: 'ddim-inverse',
    dpm: 'dpm-solver++',
    dpmsolver: 'dpm-solver++',
    dpmsolvermultistep: 'dpm-solver++',
    unipcmultistep: 'unipc',
    eulerdiscrete: 'euler',
  };
  const found = others[plain] ?? schedulerNames.find((known) => known === plain);
  if (!found) throw new Error(`scheduler ${name} is not known`);
  return found;
}

export function pipelineCase(c: OracleCase, options: GoldenOptions): CaseRun {
  c.json('model_index.json'); // the opener asks no more than whether it is there
  const model = openDiffusionModel(c.folder);
  for (const part of MODEL) c.path(part);
  const { batch, steps, guidance_scale: guidanceScale, strength, lambdas } = c.meta;
  const io = c.tensors('io.safetensors');
  const { prompts, input_ids: ids }: Prompts = c.json('prompts.json');
  const latentDims = (io.has('init_latents') ? io.get('init_latents') : io.get('invert.latents_a')).shape;
  const factor = 2 ** (model.vae.config.block_out_channels.length - 1);
  const size: [number, number] = [latentDims[2] * factor, latentDims[3] * factor];
  const { runtime } = options;

  const opened: { close(): Promise<void> }[] = [];
  const once = <T extends { close(): Promise<void> }>(open: () => Promise<T>): (() => Promise<T>) => {
    let session: Promise<T> | undefined;
    return () => {
      session ??= open().then((s) => {
        opened.push(s);
        return s;
      });
      return session;
    };
  };
  const text = once(() => openTextEncoder(model, runtime));
  const encoder = once(() => openImageEncoder(model, runtime, batch, size));
  const decoder = once(() => openImageDecoder(model, runtime, size));
  const predictor = (rows: number) =>
    once(() => openNoisePredictor(model, runtime, rows, model.textLength, null, size, guidanceScale));
  // As the libraries have it: a scale of 1 or less is no guidance, and a network that takes the scale is not compared.
  const compares = guidanceScale > 1 && !takesGuidance(model.unet.config);
  const guided = predictor((compares ? 2 : 1) * batch);
  const plain = predictor(batch);
  const predictGuided: NoisePredictor = async (x, t, states) => (await guided()).predict(x, t, states);
  const predictPlain: NoisePredictor = async (x, t, states) => (await plain()).predict(x, t, states);

  /** Of one prompt, once for each picture of the batch. */
  async function statesOf(name: string): Promise<Float32Array> {
    const { states } = await (await text()).encode(prompts[name]);
    return repeated(states, batch);
  }
  async function conditioned(name: string) {
    if (!compares) return { states: [await statesOf(name)], scales: [] };
    return { states: [await statesOf('negative'), await statesOf(name)], scales: [guidanceScale] };
  }
  async function encode(name: string): Promise<Float32Array> {
    return (await (await encoder()).encode(io.get(name).data)).mean;
  }
  async function decode(latents: Float32Array): Promise<Float32Array> {
    const one = latents.length / batch;
    const pictures: number[][] = [];
    for (let i = 0; i < batch; i++) {
      pictures.push([...(await (await decoder()).decodePlanes(latents.subarray(i * one, (i + 1) * one)))]);
    }
    return Float32Array.from(pictures.flat());
  }
  const check = (name: string, data: ArrayLike<number>): Check =>
    c.hasTolerance(name)
      ? compare(name, { data }, io.get(name), scaled(options, c.tolerance(name)))
      : failure(name, 'meta.json has no tolerance for it');
  /** Those of the results that the folder has. */
  const checks = (got: Record<string, ArrayLike<number>>): Check[] =>
    Object.entries(got)
      .filter(([name]) => io.has(name))
      .map(([name, data]) => check(name, data));

  /** A run from `start`: its latents, all states on the way and, where the folder has it, the picture. */
  async function results(
    prefix: string,
    start: { latents: Float32Array; start?: number },
    run: Parameters<typeof sample>[0],
  ) {
    const trajectory: number[][] = [[...start.latents]];
    const latents = await sample({
      ...run,
      onStep: (_, state) => {
        trajectory.push([...state]);
      },
    });
    return checks({
      [`${prefix}.latents`]: latents,
      [`${prefix}.trajectory`]: trajectory.flat(),
      ...(io.has(`${prefix}.image`) && { [`${prefix}.image`]: await decode(latents) }),
    });
  }

  async function inverted(which: string) {
    const latents = await encode(`image_${which}`);
    const trajectory: number[][] = [[...latents]];
    const end = await invert({
      ...asThen(c.meta).options({}, []),
      predict: predictPlain,
      config: model.scheduler,
      steps,
      latents,
      states: await statesOf('prompt'),
      onStep: (_, state) => {
        trajectory.push([...state]);
      },
    });
    return { latents, end, trajectory: trajectory.flat() };
  }
  const known = new Map<string, ReturnType<typeof inverted>>();
  const inversionOf = (which: string) => {
    const found = known.get(which) ?? inverted(which);
    known.set(which, found);
    return found;
  };
  const ddim = (): Scheduler => createScheduler('ddim', model.scheduler, steps);

  const parts: Part[] = [
    {
      name: 'tokens',
      run: async () =>
        Object.entries(ids ?? {}).map(([name, wanted]) =>
          same(
            `input_ids.${name}`,
            model.tokenizer.encode(prompts[name], { maxLength: wanted.length }).ids,
            wanted,
          ),
        ),
    },
    {
      name: 'timesteps',
      run: async () =>
        Object.entries<number[]>(c.meta.timesteps ?? {}).map(([name, wanted]) => {
          const { timesteps } = createScheduler(
            schedulerOf(name),
            model.scheduler,
            steps,
            asThen(c.meta).options({}, []),
          );
          return compare(`timesteps.${name}`, { data: timesteps }, { data: wanted }, { max_abs: 5e-3 });
        }),
    },
    ...matching(/^embeds\.(.+)$/).map(([key, name]) => ({
      name: key,
      run: async () => {
        const { states } = await (await text()).encode(prompts[name]);
        return [check(key, repeated(states, io.get(key).shape[0]))];
      },
    })),
    ...stages('txt2img').map((name) => ({
      name: `txt2img.${name}`,
      async run() {
        const [called, count = steps] = name.split('@');
        const scheduler = createScheduler(schedulerOf(called), model.scheduler, Number(count));
        const start = fromNoise(scheduler, io.get('init_latents').data);
        const given = await conditioned('prompt');
        const noise = io.has('step_noise') ? drawn(io.get('step_noise')) : undefined;
        const run = { predict: predictGuided, scheduler, ...start, conditioning: () => given, noise };
        return results(`txt2img.${name}`, start, run);
      },
    })),
    ...stages('img2img').map((name) => ({
      name: `img2img.${name}`,
      async run() {
        const scheduler = createScheduler(schedulerOf(name), model.scheduler, steps);
        const original = await encode('image_a');
        const start = fromImage(scheduler, steps, original, io.get('noise').data, strength);
        const given = await conditioned('prompt');
        const run = { predict: predictGuided, scheduler, ...start, conditioning: () => given };
        const before = {
          [`img2img.${name}.init_latents`]: original,
          [`img2img.${name}.noisy`]: start.latents,
        };
        return [...checks(before), ...(await results(`img2img.${name}`, start, run))];
      },
    })),
    ...matching(/^image_(.+)$/).map(([, which]) => ({
      name: `inversion of image ${which}`,
      async run() {
        const { latents, end, trajectory } = await inversionOf(which);
        const all = checks({
          [`invert.latents_${which}`]: latents,
          [`invert.I${which}`]: end,
          [`invert.trajectory_${which}`]: trajectory,
        });
        if (!io.has(`invert.reconstructed_${which}`)) return all;
        const states = await statesOf('prompt');
        const back = await sample({
          predict: predictPlain,
          scheduler: ddim(),
          latents: end,
          conditioning: () => ({ states: [states], scales: [] }),
        });
        return [...all, check(`invert.reconstructed_${which}`, back)];
      },
    })),
  ];
  if (io.names().some((name) => name.startsWith('circle.'))) parts.push({ name: 'circle', run: circle });
  for (const name of ['two_stage', 'one_stage']) {
    if (io.names().some((key) => key.startsWith(`${name}.`))) parts.push({ name, run: () => staged(name) });
  }

  function matching(pattern: RegExp): [string, string][] {
    return io.names().flatMap((name): [string, string][] => {
      const found = pattern.exec(name);
      return found ? [[name, found[1]]] : [];
    });
  }
  function stages(prefix: string): string[] {
    return [...new Set(matching(new RegExp(`^${prefix}\\.([^.]+)\\.`)).map(([, name]) => name))];
  }

  async function circlePoint(lambda: number): Promise<Float32Array> {
    const [a, b] = [(await inversionOf('a')).end, (await inversionOf('b')).end];
    return Float32Array.from(
      items(a).flatMap((item, i) => [...circleInterpolate(item, items(b)[i], lambda)]),
    );
  }
  function items(latents: Float32Array): Float32Array[] {
    const one = latents.length / batch;
    return Array.from({ length: batch }, (_, i) => latents.slice(i * one, (i + 1) * one));
  }
  async function circle(): Promise<Check[]> {
    const [a, b] = [(await inversionOf('a')).end, (await inversionOf('b')).end];
    const points: Float32Array[] = [];
    for (const lambda of lambdas) points.push(await circlePoint(lambda));
    return checks({
      'circle.alpha': items(a).map((item, i) => angleBetween(item, items(b)[i])),
      'circle.z': points.flatMap((z) => [...z]),
      'circle.norms': points.flatMap((z) => items(z).map((item) => Math.hypot(...item))),
    });
  }

  /** From a point of the circle; in two stages, the first calls have the suffixed prompt. */
  async function staged(name: string): Promise<Check[]> {
    const prose = String(c.meta.formulas?.two_stage ?? '');
    const lambda = /Z\((-?[\d.]+)\)/.exec(prose);
    const lastOfFirst = /calls 0\.\.(\d+)/.exec(prose);
    if (!lambda || !lastOfFirst)
      throw new Error('meta.json: formulas.two_stage does not say Z(...) and calls 0..');
    const first = await conditioned(name === 'two_stage' ? 'suffixed' : 'prompt');
    const then = await conditioned('prompt');
    const latents = await circlePoint(Number(lambda[1]));
    const conditioning = (i: number) => (i <= Number(lastOfFirst[1]) ? first : then);
    const run = { predict: predictGuided, scheduler: ddim(), latents, conditioning };
    return results(name, { latents }, run);
  }

  return {
    parts,
    async close() {
      for (const session of opened) await session.close();
    },
  };
}

/** Of each step in turn, what the oracle drew. */
function drawn(noises: OracleTensor): NoiseSource {
  let step = 0;
  return (size) => noises.data.subarray(step * size, ++step * size);
}

function repeated(states: Float32Array, times: number): Float32Array {
  const out = new Float32Array(states.length * times);
  for (let i = 0; i < times; i++) out.set(states, i * states.length);
  return out;
}
