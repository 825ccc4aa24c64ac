/**
 * Owns residual classifiers under torchvision's parameter names: BasicBlock networks, with the small-image stem
 * (one 3x3 convolution of stride 2, no pooling) that the built-in encoder uses.
 */
import * as f from '../graph/functions.ts';
import { type Value, within } from '../graph/value.ts';
import { conv, linear } from './layers.ts';
import type { Params } from './params.ts';

export interface ResnetConfig {
  in_channels: number;
  widths: number[]; // channels of each stage
  depths: number[]; // blocks of each stage
  num_classes: number;
}

/** Batch statistics of one normalisation layer, for the running averages. */
export interface BatchStatistics {
  path: string;
  mean: Value; // [c]
  variance: Value; // [c], biased
}

export interface ResnetOutput {
  features: Value; // [n, widths.at(-1)], after global average pooling
  logits: Value; // [n, num_classes]
  statistics: BatchStatistics[]; // empty outside training
}

/** image f32[n,in,h,w], normalised -> features and logits. In training, batch statistics normalise. */
export function resnet(p: Params, config: ResnetConfig, image: Value, training: boolean): ResnetOutput {
  const statistics: BatchStatistics[] = [];
  const norm = (at: Params, x: Value) => batchNorm(at, x, training ? statistics : null);
  let h = f.relu(
    norm(
      p.at('bn1'),
      conv(p.at('conv1'), image, config.widths[0], 3, { stride: 2, padding: 1, bias: false }),
    ),
  );
  config.widths.forEach((width, stage) => {
    for (let i = 0; i < config.depths[stage]; i++) {
      const block = p.at(`layer${stage + 1}`).at(i);
      h = basicBlock(block, h, width, stage > 0 && i === 0 ? 2 : 1, norm);
    }
  });
  const features = f.reshape(f.mean(h, [2, 3]), [h.shape[0], h.shape[1]]);
  return { features, logits: linear(p.at('fc'), features, config.num_classes), statistics };
}

function basicBlock(
  p: Params,
  x: Value,
  width: number,
  stride: number,
  norm: (at: Params, x: Value) => Value,
): Value {
  const options = { padding: 1, bias: false };
  let h = f.relu(norm(p.at('bn1'), conv(p.at('conv1'), x, width, 3, { ...options, stride })));
  h = norm(p.at('bn2'), conv(p.at('conv2'), h, width, 3, options));
  const skip =
    stride === 1 && x.shape[1] === width
      ? x
      : norm(p.at('downsample').at(1), conv(p.at('downsample').at(0), x, width, 1, { stride, bias: false }));
  return f.relu(f.add(h, skip));
}

/** x [n,c,h,w]; running statistics when `collect` is null, otherwise the batch's, which are collected. */
function batchNorm(p: Params, x: Value, collect: BatchStatistics[] | null, eps = 1e-5): Value {
  const c = x.shape[1];
  const perChannel = (v: Value) => f.reshape(v, [1, c, 1, 1]);
  return within(p.path, () => {
    const [w, b] = [perChannel(p.get('weight', [c])), perChannel(p.get('bias', [c]))];
    if (collect) {
      const mean = f.mean(x, [0, 2, 3]);
      const centred = f.sub(x, mean);
      const variance = f.mean(f.mul(centred, centred), [0, 2, 3]);
      collect.push({ path: p.path, mean: f.reshape(mean, [c]), variance: f.reshape(variance, [c]) });
      return f.add(f.mul(f.normalize(x, [0, 2, 3], eps), w), b);
    }
    const mean = perChannel(p.get('running_mean', [c]));
    const deviation = f.sqrt(f.add(perChannel(p.get('running_var', [c])), eps));
    return f.add(f.mul(f.div(f.sub(x, mean), deviation), w), b);
  });
}
