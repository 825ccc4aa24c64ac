/**
 * Owns what `fit` may train: a small residual network from scratch, a network of a model folder with a new last layer,
 * or that layer alone on the features that the catalog keeps of the dataset.
 */
import { marginOf, type Preprocessing } from '../../../../core/images/preprocessing.ts';
import { randn } from '../../../../core/rng.ts';
import { isOnnxFile } from '../../../../shared/model-files.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { tellMemory } from '../../../jobs/tell-memory.ts';
import { cruxPreprocessing, type Weights } from '../../../models/classifier-folder.ts';
import { findModel } from '../../../models/registry.ts';
import { readTensors } from '../../../models/stored-part.ts';
import { readVisionFolder } from '../../../models/vision-folder.ts';
import { featuresOf } from '../../../scorers/embedding.ts';
import type { FitPlan } from './fit-plan.ts';
import { type Base, fineTuningGraph, headGraph, scratchGraph } from './graphs.ts';
import { type NetworkOptions, openNetwork, stepMemory, type TrainedNetwork } from './network.ts';
import { croppedPictures, openPictures, type Samples, shiftedPictures, storedFeatures } from './samples.ts';

type Context = JobContext<'fit'>;

export interface OpenClassifier {
  network: TrainedNetwork;
  samples: Samples;
  /** What was trained from what, for the model's summary. */
  from: string;
  /** The JSON files that describe the trained classifier, by name. */
  description: Record<string, unknown>;
  /** The weights of the whole network, of which these were trained. */
  complete(trained: Weights): Weights;
}

export const openClassifier = (ctx: Context, plan: FitPlan): Promise<OpenClassifier> =>
  ctx.params.modelId === null ? fromScratch(ctx, plan) : fromModel(ctx, ctx.params.modelId, plan);

/** Widths of the four stages, one residual block each: the built-in encoder's shape. */
const widths = [32, 64, 128, 192];
const scratchSize = 64;

async function fromScratch(ctx: Context, plan: FitPlan): Promise<OpenClassifier> {
  const { params } = ctx;
  const size = params.size ?? scratchSize;
  const config = {
    in_channels: 3,
    widths,
    depths: widths.map(() => 1),
    num_classes: plan.classNames.length,
  };
  const graph = scratchGraph(config, params.batchSize, size);
  tellMemory(ctx, stepMemory(graph, params.gradientCheckpointing));
  const files = await pictures(ctx, plan, cruxPreprocessing(size), 0);
  return {
    network: await openNetwork(graph, params, ctx.runtime),
    samples: shiftedPictures(files, { flip: params.flip, shift: params.shift }),
    from: 'from scratch',
    description: {
      'config.json': { _class_name: 'CruxResnet', ...config, image_size: size, labels: plan.classNames },
    },
    complete: (trained) => trained,
  };
}

async function fromModel(ctx: Context, modelId: string, plan: FitPlan): Promise<OpenClassifier> {
  const { params } = ctx;
  const base = openBase(ctx, modelId);
  const { trainable, part, network } = base;
  const alone = params.train === 'head';
  const classes = plan.classNames.length;
  const options: NetworkOptions = {
    ...params,
    rate: (name) => (isHead(base, name) ? 1 : params.backboneRate),
    initialise(name, shape, rng) {
      if (!isHead(base, name)) return readTensors(part, [name]).get(name)!.data;
      // Small, so that the first probabilities are nearly even, whatever the size of the features.
      return shape.length === 1 ? null : randn(shape[0] * shape[1], rng).map((v) => 0.01 * v);
    },
  };
  const common = {
    description: trainable.filesFor(plan.classNames, network.preprocessing.width),
    complete: (trained: Weights): Weights => {
      const kept = [...part.table.keys()].filter((name) => !trained.has(name));
      const { nameInFile = (name: string) => name } = trainable;
      return new Map(
        [...readTensors(part, kept), ...trained].flatMap(([name, tensor]) => {
          const inFile = nameInFile(name);
          return inFile === null ? [] : [[inFile, tensor] as const];
        }),
      );
    },
  };
  if (alone) {
    const { vectors, dim } = await features(ctx, modelId, plan);
    const graph = headGraph(trainable.head, { dim, classes, batchSize: params.batchSize });
    return {
      ...common,
      network: await openNetwork(graph, options, ctx.runtime),
      samples: storedFeatures(vectors, dim),
      from: `${base.name}, its last layer reset`,
    };
  }
  const firstStage = params.train === 'all' ? 0 : Math.max(0, trainable.stages - params.stages);
  const graph = fineTuningGraph(base, { firstStage, classes, batchSize: params.batchSize });
  tellMemory(ctx, stepMemory(graph, params.gradientCheckpointing));
  const { preprocessing } = network;
  const files = await pictures(ctx, plan, preprocessing, marginOf(preprocessing));
  return {
    ...common,
    network: await openNetwork(graph, options, ctx.runtime),
    samples: croppedPictures(files, preprocessing.width, { flip: params.flip, cropScale: params.cropScale }),
    from: `${base.name}, ${firstStage === 0 ? 'all of it' : `from stage ${firstStage} on`}`,
  };
}

const isHead = ({ trainable }: Base, name: string) => name.startsWith(`${trainable.head}.`);

/** @throws where the model is no network that can be trained here, or not at this size. */
function openBase({ catalog, params }: Context, modelId: string): Base & { name: string } {
  const model = findModel(catalog, modelId, 'encoder', 'classifier');
  if (isOnnxFile(model.path)) {
    throw new Error(
      `model ${model.name}: an ONNX file holds no weights that can be trained; wanted a folder with config.json and model.safetensors`,
    );
  }
  const vision = readVisionFolder(model.path, model.name);
  const { trainable } = vision;
  if (!trainable) throw new Error(`model ${model.name}: ${vision.summary}; ${vision.untrainable}`);
  const { network } = vision;
  const { width, height } = network.preprocessing;
  if (width !== height) {
    throw new Error(
      `model ${model.name}: it takes images of ${width}x${height}; only networks for squares can be trained further`,
    );
  }
  const size = params.size ?? width;
  if (size === width) return { ...vision, trainable, name: model.name };
  if (params.train === 'head') {
    throw new Error(
      `size ${size}: the last layer alone is trained on features at the model's own size, ${width}; leave the size out`,
    );
  }
  const preprocessing = trainable.preprocessingAt(size);
  return { ...vision, trainable, name: model.name, network: { ...network, preprocessing } };
}

const pictures = (
  { originals, signal, progress }: Context,
  plan: FitPlan,
  preprocessing: Preprocessing,
  margin: number,
) =>
  openPictures(plan.images, preprocessing, {
    margin,
    originals,
    signal,
    onRead: (done, total) => progress({ stage: 'reading images', done, total }),
  });

/** f32[rows,dim], those that probes stand on too; what is missing of them is computed first, a batch at a time. */
async function features(ctx: Context, modelId: string, plan: FitPlan) {
  const { images, vectors, dim } = await featuresOf(ctx, modelId, plan.images);
  const there = new Set(images.map(({ id }) => id));
  const without = plan.images.find(({ id }) => !there.has(id));
  if (without) throw new Error(`${without.path}: it has no features, for it cannot be read; exclude it`);
  return { vectors, dim };
}
