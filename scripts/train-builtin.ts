/**
 * Trains the models in resources/models, from nothing but this repository (and CC0 photos, where a folder is
 * given): `npm run train:builtin -- --photos DIR`. Stopped, it goes on where it was; --minutes bounds the diffusion model's
 * part, --only clip trains that alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RuntimeOptions } from '../src/main/runtime/runtime.ts';
import { trainAutoencoder } from './builtin/autoencoder.ts';
import { trainClip } from './builtin/clip.ts';
import { cached, type Picture, photos, scenes, trainingSeedBase } from './builtin/data.ts';
import { trainDiffusion } from './builtin/diffusion.ts';
import { trainEncoder } from './builtin/encoder.ts';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    scenes: { type: 'string', default: '8000' },
    'hard-scenes': { type: 'string', default: '8000' },
    'encoder-steps': { type: 'string', default: '700' },
    'autoencoder-steps': { type: 'string', default: '2000' },
    'diffusion-steps': { type: 'string', default: '30000' },
    'clip-steps': { type: 'string', default: '1500' },
    only: { type: 'string' },
    minutes: { type: 'string', default: '360' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: '0' },
    out: { type: 'string', default: join(import.meta.dirname, '../resources/models') },
    scratch: { type: 'string', default: join(import.meta.dirname, '../scratch/builtin') },
  },
});
const parts = ['encoder', 'diffusion', 'clip'] as const;
if (values.only !== undefined && !parts.some((part) => part === values.only))
  throw new Error(`--only ${values.only}: expected ${parts.join(', ')}`);
const runtime: RuntimeOptions = { provider: 'cpu', threads: Number(values.threads) };
const seed = Number(values.seed);
const log = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
const figuresFile = join(values.scratch, 'figures.json');
mkdirSync(values.scratch, { recursive: true });
const figures: Record<string, unknown> = existsSync(figuresFile)
  ? JSON.parse(readFileSync(figuresFile, 'utf8'))
  : {};
const note = (part: string, value: unknown) => {
  figures[part] = value;
  writeFileSync(figuresFile, `${JSON.stringify(figures, null, 2)}\n`);
  log(`${part}: ${JSON.stringify(value)}`);
};

const photoSets = await photos(values.photos ?? null, 20);
const sceneCount = Number(values.scenes);
const train = [
  ...cached(values.scratch, `scenes-${sceneCount}`, () => scenes(sceneCount, trainingSeedBase, 'mild', log)),
  ...photoSets.train,
];
const test = [...scenes(400, 2 * trainingSeedBase, 'mild', log), ...photoSets.test];
// What the diffusion model must be able to draw, but neither encoder nor vocabulary has to know: hard scenes.
const hardCount = Number(values['hard-scenes']);
const hard = cached(values.scratch, `scenes-wide-${hardCount}`, () =>
  scenes(hardCount, 3 * trainingSeedBase, 'wide', log),
);
log(`${train.length} + ${hard.length} pictures to train on, ${test.length} held out, ${cpus().length} cores`);

const isScene = ({ source }: Picture) => source === 'scene';
const wanted = (part: (typeof parts)[number]) => (values.only ?? part) === part;

if (wanted('encoder') && !figures.encoder) {
  const options = {
    train,
    test,
    out: join(values.out, 'encoder'),
    steps: Number(values['encoder-steps']),
    seed,
    runtime,
    log,
  };
  note('encoder', await trainEncoder(options));
}
if (wanted('diffusion')) {
  const all = [...train, ...hard];
  const autoencoder = await trainAutoencoder({
    train: all,
    test,
    out: join(values.out, 'diffusion/vae'),
    checkpoint: join(values.scratch, 'autoencoder.safetensors'),
    steps: Number(values['autoencoder-steps']),
    seed,
    runtime,
    log,
  });
  note('autoencoder', autoencoder.figures);
  note(
    'diffusion',
    await trainDiffusion({
      train: all,
      vocabularyOf: train,
      latents: autoencoder.latents,
      out: join(values.out, 'diffusion'),
      checkpoint: join(values.scratch, 'diffusion.safetensors'),
      steps: Number(values['diffusion-steps']),
      minutes: Number(values.minutes),
      seed,
      runtime,
      log,
    }),
  );
}
if (wanted('clip')) {
  note(
    'clip',
    await trainClip({
      train: [...train, ...hard].filter(isScene),
      test: {
        mild: test.filter(isScene),
        demo: scenes(400, 4 * trainingSeedBase, 'demo', log),
      },
      out: join(values.out, 'clip'),
      checkpoint: join(values.scratch, 'clip.safetensors'),
      steps: Number(values['clip-steps']),
      seed,
      runtime,
      log,
    }),
  );
}
