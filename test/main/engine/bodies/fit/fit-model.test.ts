/** A classifier that starts from a model of the user's: both families, what is trained and what is kept, resuming. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { beforeEach, describe, expect, test } from 'vitest';
import * as c from '../../../../../src/main/catalog/index.ts';
import { fitCheckpoints } from '../../../../../src/main/engine/bodies/fit/checkpoints.ts';
import { classifierTrainer, type EpochPlace } from '../../../../../src/main/engine/bodies/fit/classifier.ts';
import { fineTuningGraph } from '../../../../../src/main/engine/bodies/fit/graphs.ts';
import { openNetwork } from '../../../../../src/main/engine/bodies/fit/network.ts';
import { croppedPictures } from '../../../../../src/main/engine/bodies/fit/samples.ts';
import { addModel } from '../../../../../src/main/engine/check-model.ts';
import { openSafetensors } from '../../../../../src/main/files/safetensors.ts';
import { readVisionFolder } from '../../../../../src/main/models/vision-folder.ts';
import type { JobParams } from '../../../../../src/shared/jobs/index.ts';
import { tempCatalog, tempFolder } from '../../../support/catalogs.ts';
import { makeFolder } from '../../../support/pictures.ts';
import { run, runOk } from '../../../support/run.ts';
import { type Family, type Tensors, tinyWeights, writeTiny } from '../../../support/vision.ts';

const PER_CLASS = 10;
const base = { datasetId: 1, epochs: 10, batchSize: 8, validationShare: 0.2, seed: 3, learningRate: 0.01 };
let folder: string;
beforeEach(async () => {
  folder = await makeFolder(join(tempFolder(), 'photos'), PER_CLASS);
});

async function withModel(
  family: Family,
  weights?: Tensors,
): Promise<{ catalog: c.Catalog; modelId: string }> {
  const catalog = tempCatalog();
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
  const path = writeTiny(join(tempFolder(), family), family, weights);
  const { id } = await addModel(catalog, { path, name: `tiny ${family}` });
  return { catalog, modelId: id };
}

const trainedFolder = (catalog: c.Catalog) => c.listModelRows(catalog).at(-1)!.path;

function weightsOf(path: string): Map<string, Float32Array> {
  const file = openSafetensors(join(path, 'model.safetensors'));
  const weights = new Map([...file.tensors.keys()].map((name) => [name, file.read(name)]));
  file.close();
  return weights;
}

/** Names of the parameters that training changed, the last layer's aside. */
function changed(catalog: c.Catalog, family: Family, head: string): string[] {
  const before = tinyWeights(family);
  return [...weightsOf(trainedFolder(catalog))]
    .filter(([name]) => !name.startsWith(`${head}.`))
    .filter(([name, data]) => !data.every((v, i) => v === before[name].data[i]))
    .map(([name]) => name);
}

/** Their last layer, what belongs to their last stage, and some parameter. */
const families = {
  resnet: { head: 'fc', stage: /^layer2\./, some: 'layer2.0.bn2.bias' },
  vit: { head: 'head', stage: /^(blocks\.3|norm)\./, some: 'blocks.2.mlp.fc1.bias' },
  'transformers vit': {
    head: 'classifier',
    stage: /^vit\.(encoder\.layer\.3|layernorm)\./,
    some: 'vit.encoder.layer.2.intermediate.dense.bias',
  },
};

describe.each(Object.keys(families) as (keyof typeof families)[])('%s', (family) => {
  const { head, stage, some } = families[family];

  test('all of it learns, and scores the dataset as its own classifier', async () => {
    const { catalog, modelId } = await withModel(family);
    const params = { ...base, modelId, backboneRate: 0.3 };
    const figures = await runOk(catalog, { kind: 'fit', params });
    expect(figures.validationAccuracy).toBeGreaterThan(0.8);
    const all = Object.keys(tinyWeights(family)).filter(
      (name) => !/running_/.test(name) && !name.startsWith(`${head}.`),
    );
    expect(changed(catalog, family, head).sort()).toEqual(all.sort());
    expect(weightsOf(trainedFolder(catalog)).get(`${head}.bias`)).toHaveLength(3);

    const scored = await runOk(catalog, {
      kind: 'score',
      params: { datasetId: 1, method: 'classifier', modelId: figures.modelId as string },
    });
    expect(scored).toMatchObject({ scored: 3 * PER_CLASS });
    // By this the Difficulty screen knows that it has scored.
    expect(c.listScorers(catalog, 1).map(({ modelHash }) => modelHash)).toContain(
      c.getModelRow(catalog, figures.modelId as string).hash,
    );
    // What it scores with is what was measured: the same pictures by the same network.
    const dynamics = JSON.parse(readFileSync(join(trainedFolder(catalog), 'dynamics.json'), 'utf8')) as {
      imageId: number;
      trueProbability: number[];
    }[];
    const difficulty = new Map(
      c
        .difficultyRows(catalog, scored.scorerId as number, 'real')
        .map((row) => [row.imageId, row.difficulty]),
    );
    for (const { imageId, trueProbability } of dynamics) {
      expect(trueProbability).toHaveLength(figures.epochs as number);
      const p = trueProbability[(figures.bestEpoch as number) - 1];
      expect(Math.abs(1 - p - difficulty.get(imageId)!)).toBeLessThan(1e-3);
    }
  });

  test('the last stage alone, or the last layer alone on stored features, leaves the rest as it was', async () => {
    const { catalog, modelId } = await withModel(family);
    await runOk(catalog, { kind: 'fit', params: { ...base, modelId, train: 'last-stage', epochs: 2 } });
    expect(changed(catalog, family, head).length).toBeGreaterThan(5);
    expect(changed(catalog, family, head).filter((name) => !stage.test(name))).toEqual([]);

    const figures = await runOk(catalog, { kind: 'fit', params: { ...base, modelId, train: 'head' } });
    expect(changed(catalog, family, head)).toEqual([]);
    expect(figures.validationAccuracy).toBeGreaterThan(0.6);
    const config = readVisionFolder(trainedFolder(catalog), 'trained').network;
    expect(config.labels).toEqual(['blue', 'green', 'red']);
  });

  test('a weight that is missing or of no use is named', async () => {
    const { catalog, modelId } = await withModel(family);
    const path = c.getModelRow(catalog, modelId).path;
    const { [some]: _, ...rest } = tinyWeights(family);
    writeTiny(path, family, rest);
    expect((await run(catalog, { kind: 'fit', params: { ...base, modelId } })).error).toContain(
      `${some}: the checkpoint has no such parameter`,
    );
    writeTiny(path, family, {
      ...tinyWeights(family),
      'neck.weight': { shape: [1], data: Float32Array.of(1) },
    });
    expect((await run(catalog, { kind: 'fit', params: { ...base, modelId } })).error).toContain(
      'no parameter neck.weight',
    );
  });
});

test("transformers' ViTModel gets a last layer, and is saved as its ViTForImageClassification", async () => {
  const { catalog, modelId } = await withModel('transformers vit model');
  const figures = await runOk(catalog, { kind: 'fit', params: { ...base, modelId, train: 'head' } });
  expect(figures.validationAccuracy).toBeGreaterThan(0.6);
  const trained = trainedFolder(catalog);
  expect([...weightsOf(trained).keys()].sort()).toEqual(
    Object.keys(tinyWeights('transformers vit')).sort(), // no pooler
  );
  expect(weightsOf(trained).get('classifier.bias')).toHaveLength(3);
  const config = JSON.parse(readFileSync(join(trained, 'config.json'), 'utf8'));
  expect(config).toMatchObject({
    architectures: ['ViTForImageClassification'],
    id2label: { 0: 'blue', 1: 'green', 2: 'red' },
    label2id: { blue: 0, green: 1, red: 2 },
  });
  expect(readVisionFolder(trained, 'trained').network.labels).toEqual(['blue', 'green', 'red']);
  await runOk(catalog, {
    kind: 'score',
    params: { datasetId: 1, method: 'classifier', modelId: figures.modelId as string },
  });
});

test('stopped after any step and restored, an epoch ends with the same numbers', async () => {
  const path = writeTiny(join(tempFolder(), 'resnet'), 'resnet');
  const vision = readVisionFolder(path, 'tiny');
  const options = { epochs: 2, learningRate: 0.01, labelSmoothing: 0.1, seed: 1 };
  const labels = Int32Array.from({ length: 20 }, (_, i) => i % 3);
  const rows = labels.map((_, i) => i);
  const pictures = {
    side: 40,
    read: async (of: readonly number[]) =>
      Uint8Array.from({ length: of.length * 4800 }, (_, i) => (i * 31 * (1 + of[0])) % 256),
  };
  const samples = croppedPictures(pictures, 32, { flip: true, cropScale: 0.5 });
  const open = async () => {
    const network = await openNetwork(
      fineTuningGraph(
        { ...vision, trainable: vision.trainable! },
        { firstStage: 0, classes: 3, batchSize: 4 },
      ),
      { weightDecay: 0.1, gradientCheckpointing: false, seed: 1 },
      { provider: 'cpu', threads: 1 },
    );
    return { network, trainer: classifierTrainer(network, samples, labels, options) };
  };
  const valuesOf = ({ network }: Awaited<ReturnType<typeof open>>) =>
    [...network.state.parameters].map(([name, { value, slots }]) => [name, value, slots.m, slots.v]);

  const whole = await open();
  const losses = [await whole.trainer.trainEpoch([...rows], 0, null, () => {})];
  losses.push(await whole.trainer.trainEpoch([...rows], 1, null, () => {}));

  let stored: Buffer | null = null;
  const checkpoints = fitCheckpoints({
    jobDir: join(tempFolder(), 'job'),
    readCheckpoint: <T>() => stored && (deserialize(stored) as T),
    writeCheckpoint(value) {
      stored = serialize(value);
    },
  });
  const plan = { images: [], labels, classNames: [], train: [], validation: [] };
  const progress = { plan, epoch: 1, bestEpoch: 0, history: [], trueProbability: [], correct: [] };
  const first = await open();
  await first.trainer.trainEpoch([...rows], 0, null, () => {});
  const stop = (place: EpochPlace) => {
    if (place.batch !== 3) return;
    checkpoints.write({ ...progress, place }, first.network);
    throw new Error('stopped');
  };
  await expect(first.trainer.trainEpoch([...rows], 1, null, stop)).rejects.toThrow('stopped');
  const second = await open();
  checkpoints.restore(second.network);
  const loss = await second.trainer.trainEpoch([...rows], 1, checkpoints.read()!.place, () => {});
  expect(loss).toBe(losses[1]);
  expect(valuesOf(second)).toEqual(valuesOf(whole));
  for (const { network } of [whole, first, second]) await network.close();
});

describe('what cannot be done is said', () => {
  const failing = async (change: Partial<JobParams<'fit'>>) => {
    const { catalog, modelId } = await withModel('vit');
    return (await run(catalog, { kind: 'fit', params: { ...base, modelId, ...change } })).error;
  };

  test('a ViT at another size than its own', async () => {
    expect(await failing({ size: 64 })).toContain('pictures are [3,64,64], the model wants [3,32,32]');
  });

  test('another size for features', async () => {
    expect(await failing({ size: 64, train: 'head' })).toContain("the model's own size, 32");
  });
});

test('told to finish, it keeps the best epoch that is done', async () => {
  const { catalog, modelId } = await withModel('resnet');
  const job = await run(
    catalog,
    { kind: 'fit', params: { ...base, modelId, epochs: 100, patience: 100 } },
    {
      onEvent: (name) => {
        if (name === 'training.point') catalog.run('UPDATE jobs SET finish_requested = 1');
      },
    },
  );
  expect(job).toMatchObject({ state: 'done', result: { epochs: 1, bestEpoch: 1 } });
  expect(c.listTrainingPoints(catalog, job.id)).toEqual([
    {
      step: 1,
      loss: expect.any(Number),
      smoothedLoss: expect.any(Number),
      accuracy: job.result!.validationAccuracy,
    },
  ]);
});
