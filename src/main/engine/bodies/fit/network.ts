/**
 * Owns a classifier that is trained, as the loop over its epochs sees it: one optimiser step on a batch, probabilities
 * of a batch, and the state that both depend on.
 */
import { backward } from '../../../../core/graph/backward.ts';
import * as f from '../../../../core/graph/functions.ts';
import { unfused } from '../../../../core/graph/fused.ts';
import { graphMemory } from '../../../../core/graph/live-memory.ts';
import { input, type Shape, type Value } from '../../../../core/graph/value.ts';
import type { BatchStatistics } from '../../../../core/nn/resnet.ts';
import { type Rng, rngFromSeed } from '../../../../core/rng.ts';
import { adamW } from '../../../../core/training/adamw.ts';
import { initialState, type TrainingState } from '../../../../core/training/parameters.ts';
import { openGraph, type Stored } from '../../../runtime/open-graph.ts';
import type { RuntimeOptions, Tensor } from '../../../runtime/runtime.ts';
import { compileStep } from '../../../runtime/step.ts';

/** A classifier's graph for batches of one size. */
export interface ClassifierGraph {
  /** What it is fed: an input of [batch,...]. */
  samples: Value;
  /** f32[batch,classes] while training. */
  logits: Value;
  /** f32[batch,classes] of the trained network, from the same parameters. */
  inference: Value;
  /** What is trained: name -> the input that carries it. */
  parameters: ReadonlyMap<string, Value>;
  /** Of layers that normalise by the batch; empty where the running statistics are kept as they are. */
  statistics: readonly BatchStatistics[];
  /** Where the weights that are not trained lie. */
  stored?: Stored;
}

export interface NetworkOptions {
  weightDecay: number;
  /** Factor on the learning rate of a parameter. */
  rate?: (name: string) => number;
  /** Values to start from; null: drawn. */
  initialise?: (name: string, shape: Shape, rng: Rng) => Float32Array | null;
  /** Less memory for about a third more time. */
  gradientCheckpointing: boolean;
  seed: number;
}

export interface TrainedNetwork {
  readonly batchSize: number;
  readonly classes: number;
  readonly state: TrainingState;
  /** Running statistics of the normalisation layers, by name. */
  readonly statistics: Map<string, Float32Array>;
  /** One optimiser step. samples: f32[batch,...], targets: f32[batch,classes]. @returns the loss. */
  step(samples: Float32Array, targets: Float32Array, learningRate: number): Promise<number>;
  /** samples: f32[batch,...] -> f32[batch,classes] */
  probabilities(samples: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Input name of a parameter or a running statistic. */
export const inputPrefix = 'parameter ';
const momentum = 0.1; // of the running statistics, as PyTorch's
const maxNorm = 5;
/** A step whose values take more than this at one time is not worth a second copy of it. */
const reservedBytes = 250e6;

export async function openNetwork(
  graph: ClassifierGraph,
  o: NetworkOptions,
  runtime: RuntimeOptions,
): Promise<TrainedNetwork> {
  const { samples, statistics: layers } = graph;
  const [batchSize, classes] = graph.logits.shape;
  const targets = input('targets', [batchSize, classes]);
  const extra: Record<string, Value> = {};
  for (const layer of layers) {
    extra[`${layer.path}.running_mean`] = layer.mean;
    extra[`${layer.path}.running_var`] = layer.variance;
  }
  const step = await compileStep(f.crossEntropy(graph.logits, targets), graph.parameters, runtime, {
    extra,
    stored: graph.stored,
    recompute: o.gradientCheckpointing,
    reserve: activations(graph, o.gradientCheckpointing) < reservedBytes,
  });
  const predictor = await openGraph({ probabilities: f.softmax(graph.inference) }, runtime, graph.stored);
  const state = initialState(graph.parameters, rngFromSeed(o.seed, 'classifier'), {
    average: false,
    optimiser: adamW({ weightDecay: o.weightDecay }),
    initialise: o.initialise,
  });
  const statistics = new Map(
    Object.entries(extra).map(([name, v]) => [
      name,
      new Float32Array(v.shape[0]).fill(name.endsWith('var') ? 1 : 0),
    ]),
  );
  const feed = (data: Float32Array): Tensor => ({ dims: samples.shape, data });
  const samplesName = (samples as { name: string }).name;

  return {
    batchSize,
    classes,
    state,
    statistics,
    async step(data, goal, learningRate) {
      const result = await step.run(
        state,
        { [samplesName]: feed(data), targets: { dims: targets.shape, data: goal } },
        { learningRate, maxNorm, averageDecay: 0, rate: o.rate },
      );
      for (const { path, positions } of layers) {
        const count = batchSize * positions;
        blend(statistics, `${path}.running_mean`, result.extra, 1);
        blend(statistics, `${path}.running_var`, result.extra, count / (count - 1)); // unbiased, as PyTorch's
      }
      return result.loss;
    },
    async probabilities(data) {
      const feeds: Record<string, Tensor> = { [samplesName]: feed(data) };
      for (const [name, p] of state.parameters) feeds[inputPrefix + name] = { dims: p.shape, data: p.value };
      for (const [name, s] of statistics) feeds[inputPrefix + name] = { dims: [s.length], data: s };
      return (await predictor.run(feeds)).probabilities.data as Float32Array;
    },
    async close() {
      await step.close();
      await predictor.close();
    },
  };
}

function blend(
  statistics: ReadonlyMap<string, Float32Array>,
  name: string,
  batch: Readonly<Record<string, Float32Array>>,
  scale: number,
): void {
  const running = statistics.get(name)!;
  batch[name].forEach((v, c) => {
    running[c] += momentum * (v * scale - running[c]);
  });
}

/** The largest live set of a training step. The gradients are finished last first (emit.ts). */
function liveSet(graph: ClassifierGraph, recompute: boolean) {
  const loss = f.crossEntropy(graph.logits, input('targets', graph.logits.shape));
  const gradients = backward(loss, [...graph.parameters.values()], { recompute });
  return graphMemory([loss, ...gradients.reverse()], { fused: unfused });
}

const activations = (graph: ClassifierGraph, recompute: boolean) => liveSet(graph, recompute).activations;

/**
 * Bytes that a training step takes, before it is compiled: the largest live set of the graph with its gradients, and
 * of each trained number the value, two moments and the gradient as it is handed over.
 */
export function stepMemory(graph: ClassifierGraph, gradientCheckpointing: boolean): number {
  const memory = liveSet(graph, gradientCheckpointing);
  return measured.process + memory.weights + 4 * memory.inputs + measured.training * memory.activations;
}

/** Peak resident memory over the computed live set, as in diffusion/memory-estimate.ts. */
const measured = { process: 150e6, training: 1.6 };
