/**
 * Owns the graphs of the classifiers that are trained here: a small residual network from scratch, a network of a
 * model folder with a new last layer, and that layer alone on features.
 *
 * Fine-tuning keeps the running statistics of batch normalisation as they are. A batch that fits into memory is far
 * smaller than those they stand for, so its own would be noise, and running ones that follow it would forget what the
 * network learned; and a picture's probabilities then do not depend on what else is in its batch, so that the network
 * that is trained is the very one that scores. (Detectors are fine-tuned in the same way, and for the same reason.)
 */
import { input } from '../../../../core/graph/value.ts';
import { linear } from '../../../../core/nn/layers.ts';
import { frozenSource, type ParameterSource, paramsOf, trainableSource } from '../../../../core/nn/params.ts';
import { type ResnetConfig, resnet } from '../../../../core/nn/resnet.ts';
import { type ImageNetwork, outputsOf } from '../../../models/network-encoder.ts';
import type { VisionModel } from '../../../models/vision-folder.ts';
import type { Trainable } from '../../../models/vision-kind.ts';
import { type ClassifierGraph, inputPrefix } from './network.ts';

/** Pictures in -1..1, normalised by their batch while training. */
export function scratchGraph(config: ResnetConfig, batchSize: number, size: number): ClassifierGraph {
  const samples = input('image', [batchSize, config.in_channels, size, size]);
  const source = trainableSource(inputPrefix);
  const { logits, statistics } = resnet(paramsOf(source), config, samples, true);
  const inference = resnet(paramsOf(trainableSource(inputPrefix)), config, samples, false).logits;
  return { samples, logits, inference, statistics, parameters: source.parameters };
}

/** A model that can be trained further, and at which size of pictures. */
export interface Base extends Omit<VisionModel, 'trainable'> {
  trainable: Trainable;
  network: ImageNetwork;
}

/** Pictures in [0,1]. Only stages from `firstStage` on and the new last layer are trained. */
export function fineTuningGraph(
  { network, part, trainable }: Base,
  o: { firstStage: number; classes: number; batchSize: number },
): ClassifierGraph {
  const { width, height } = network.preprocessing;
  const samples = input('image', [o.batchSize, 3, height, width]);
  const trained = trainableSource(inputPrefix);
  const stored = frozenSource(part.table);
  const isTrained = (name: string) =>
    !isStatistic(name) && !name.startsWith(`${trainable.head}.`) && trainable.stageOf(name) >= o.firstStage;
  const source: ParameterSource = {
    has: (name) => stored.has(name),
    parameter(name, shape) {
      const kept = stored.parameter(name, shape); // that it is there, and of this shape
      return isTrained(name) ? trained.parameter(name, shape) : kept;
    },
  };
  const { features } = outputsOf(network, paramsOf(source), samples);
  const logits = linear(paramsOf(trained).at(trainable.head), features, o.classes);
  return { samples, logits, inference: logits, statistics: [], parameters: trained.parameters, stored: part };
}

const isStatistic = (name: string) => /\.running_(mean|var)$/.test(name);

/** Features f32[batch,dim], as the network before the last layer gives them. */
export function headGraph(
  head: string,
  o: { dim: number; classes: number; batchSize: number },
): ClassifierGraph {
  const samples = input('features', [o.batchSize, o.dim]);
  const source = trainableSource(inputPrefix);
  const logits = linear(paramsOf(source).at(head), samples, o.classes);
  return { samples, logits, inference: logits, statistics: [], parameters: source.parameters };
}
