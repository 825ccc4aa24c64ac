/** Owns the training of the built-in image encoder: a small residual classifier of scenes and photos. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGraph } from '../../src/core/graph/emit.ts';
import * as f from '../../src/core/graph/functions.ts';
import { input, type Value } from '../../src/core/graph/value.ts';
import { paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { type ResnetConfig, resnet } from '../../src/core/nn/resnet.ts';
import { rngFromSeed } from '../../src/core/rng.ts';
import { adamW } from '../../src/core/training/adamw.ts';
import { initialState } from '../../src/core/training/parameters.ts';
import { learningRateFactor } from '../../src/core/training/schedule.ts';
import { writeSafetensors } from '../../src/main/files/safetensors.ts';
import { openSession, type RuntimeOptions } from '../../src/main/runtime/runtime.ts';
import { compileStep } from '../../src/main/runtime/step.ts';
import { imageBatch, imageSize, type Picture, shiftAll } from './data.ts';
import { shipped } from './state.ts';

export interface EncoderFigures {
  steps: number;
  sceneAccuracy: number;
  photoAccuracy: number | null;
}

export async function trainEncoder(o: {
  train: Picture[];
  test: Picture[];
  out: string;
  steps: number;
  seed: number;
  runtime: RuntimeOptions;
  log: (text: string) => void;
}): Promise<EncoderFigures> {
  const labels = [...new Set(o.train.map((p) => p.label))];
  const config: ResnetConfig = {
    in_channels: 3,
    widths: [32, 64, 128, 192],
    depths: [1, 1, 1, 1],
    num_classes: labels.length,
  };
  const batch = 64;
  const rng = rngFromSeed(o.seed, 'encoder');
  const source = trainableSource('parameter ');
  const image = input('image', [batch, 3, imageSize, imageSize]);
  const network = resnet(paramsOf(source), config, image, true);
  const loss = f.crossEntropy(network.logits, input('targets', [batch, labels.length]));
  const extra: Record<string, Value> = {};
  for (const s of network.statistics) {
    extra[`${s.path}.running_mean`] = s.mean;
    extra[`${s.path}.running_var`] = s.variance;
  }
  const state = initialState(source.parameters, rng, {
    average: false,
    optimiser: adamW({ weightDecay: 0.05 }),
  });
  const running = new Map(
    Object.entries(extra).map(([name, v]) => [
      name,
      new Float32Array(v.shape[0]).fill(name.endsWith('var') ? 1 : 0),
    ]),
  );
  const step = await compileStep(loss, source.parameters, o.runtime, { extra });
  const smoothing = 0.05;
  let smoothed = 0;
  for (let i = 0; i < o.steps; i++) {
    const indices = Array.from({ length: batch }, () => rng.int(o.train.length));
    const pixels = imageBatch(o.train, indices, () => rng.uniform() < 0.5);
    shiftAll(pixels, batch, rng);
    const targets = new Float32Array(batch * labels.length).fill(smoothing / labels.length);
    indices.forEach((index, row) => {
      targets[row * labels.length + labels.indexOf(o.train[index].label)] += 1 - smoothing;
    });
    const rate = learningRateFactor(i, { kind: 'cosine', warmupSteps: 30, totalSteps: o.steps, floor: 0.02 });
    const result = await step.run(
      state,
      {
        image: { dims: image.shape, data: pixels },
        targets: { dims: [batch, labels.length], data: targets },
      },
      { learningRate: 2e-3 * rate, maxNorm: 5, averageDecay: 0 },
    );
    for (const [name, average] of running) {
      result.extra[name].forEach((v, c) => {
        average[c] += 0.1 * (v - average[c]);
      });
    }
    smoothed = i === 0 ? result.loss : 0.95 * smoothed + 0.05 * result.loss;
    if ((i + 1) % 50 === 0) o.log(`encoder step ${i + 1} of ${o.steps}, loss ${smoothed.toFixed(3)}`);
  }
  await step.close();

  const tensors = shipped(state);
  for (const [name, data] of running) tensors[name] = { shape: [data.length], data, dtype: 'F16' };
  mkdirSync(o.out, { recursive: true });
  await writeSafetensors(join(o.out, 'model.safetensors'), tensors, { format: 'pt' });
  writeFileSync(
    join(o.out, 'config.json'),
    `${JSON.stringify({ _class_name: 'CruxResnet', ...config, image_size: imageSize, labels }, null, 2)}\n`,
  );
  const values = Object.fromEntries(Object.entries(tensors).map(([k, t]) => [k, t.data]));
  const accuracy = await evaluate(config, labels, values, o.test, o.runtime);
  return { steps: o.steps, sceneAccuracy: accuracy('scene')!, photoAccuracy: accuracy('photo') };
}

async function evaluate(
  config: ResnetConfig,
  labels: string[],
  values: Record<string, Float32Array>,
  test: Picture[],
  runtime: RuntimeOptions,
): Promise<(source: Picture['source']) => number | null> {
  const source = trainableSource();
  const image = input('image', [1, 3, imageSize, imageSize]);
  const { logits } = resnet(paramsOf(source), config, image, false);
  const session = await openSession(encodeGraph({ logits }).bytes, runtime);
  const parameters = Object.fromEntries(
    [...source.parameters].map(([name, v]) => [name, { dims: v.shape, data: values[name] }]),
  );
  const hits: Record<string, number[]> = { scene: [], photo: [] };
  for (const [i, p] of test.entries()) {
    const data = imageBatch(test, [i]);
    const row = (await session.run({ ...parameters, image: { dims: image.shape, data } })).logits
      .data as Float32Array;
    hits[p.source].push(labels[row.indexOf(Math.max(...row))] === p.label ? 1 : 0);
  }
  await session.close();
  return (kind) =>
    hits[kind].length === 0 ? null : hits[kind].reduce((a, b) => a + b, 0) / hits[kind].length;
}
