/**
 * Owns residual classifiers under the parameter names that torchvision and timm share: BasicBlock and Bottleneck
 * networks (He et al. 2016, "Deep Residual Learning"; the stride of a Bottleneck on its 3x3, as both have it), with the
 * stem for ImageNet's picture sizes or the built-in encoder's for small pictures.
 */
import * as f from '../graph/functions.ts';
import { numel, type Shape, type Value, within } from '../graph/value.ts';
import { conv, linear, pooledMaps, runningNorm } from './layers.ts';
import type { Params } from './params.ts';

/** @typeParam Classes null: it has no last layer. */
export interface ResnetConfig<Classes extends number | null = number> {
  in_channels: number;
  /** small: one 3x3 of stride 2, which is also what a config without a stem means; imagenet: 7x7 of stride 2, pooling. */
  stem?: 'small' | 'imagenet';
  /** basic unless said. */
  block?: 'basic' | 'bottleneck';
  widths: number[]; // planes of each stage; a bottleneck's output has 4 times as many channels
  depths: number[]; // blocks of each stage
  num_classes: Classes;
}

/** Batch statistics of one normalisation layer, for the running averages. */
export interface BatchStatistics {
  path: string;
  mean: Value; // [c]
  variance: Value; // [c], biased
  /** Of one picture; the batch has batch size x positions numbers per channel. */
  positions: number;
}

export interface ResnetOutput<Classes extends number | null> {
  features: Value; // [n, featureWidth(config)], after global average pooling
  logits: Classes extends null ? null : Value; // [n, num_classes]
  statistics: BatchStatistics[]; // empty outside training
}

type AnyConfig = ResnetConfig<number | null>;

const expansion = (config: AnyConfig) => (config.block === 'bottleneck' ? 4 : 1);

/** Channels of the features. */
export const featureWidth = (config: AnyConfig): number => config.widths.at(-1)! * expansion(config);

/**
 * The network that a checkpoint of these names and shapes holds. A 3x3 first convolution is taken for the small stem;
 * that it has stride 2 leaves no trace in them. @throws when they hold no such network.
 */
export function resnetConfigOf(shapes: ReadonlyMap<string, Shape>): ResnetConfig {
  const last = shapes.get('fc.weight');
  if (!last) throw new Error('no residual network: fc.weight is missing');
  return { ...resnetLayersOf(shapes), num_classes: last[0] };
}

/** All of it but the last layer. */
export function resnetLayersOf(shapes: ReadonlyMap<string, Shape>): Omit<ResnetConfig, 'num_classes'> {
  const shape = (name: string): Shape => {
    const found = shapes.get(name);
    if (!found) throw new Error(`no residual network: ${name} is missing`);
    return found;
  };
  const count = (holds: (i: number) => boolean) => {
    let n = 0;
    while (holds(n)) n++;
    return n;
  };
  const stages = count((i) => shapes.has(`layer${i + 1}.0.conv1.weight`));
  const depths = Array.from({ length: stages }, (_, stage) =>
    count((i) => shapes.has(`layer${stage + 1}.${i}.conv1.weight`)),
  );
  const [, inChannels, kernel] = shape('conv1.weight');
  if (kernel !== 7 && kernel !== 3) {
    throw new Error(`conv1.weight is [${shape('conv1.weight')}], expected a kernel of 7 or of 3`);
  }
  return {
    in_channels: inChannels,
    stem: kernel === 7 ? 'imagenet' : 'small',
    block: shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic',
    widths: depths.map((_, stage) => shape(`layer${stage + 1}.0.conv1.weight`)[0]),
    depths,
  };
}

/** image f32[n,in,h,w], normalised -> features and logits. In training, batch statistics normalise. */
export function resnet<Classes extends number | null>(
  p: Params,
  config: ResnetConfig<Classes>,
  image: Value,
  training: boolean,
): ResnetOutput<Classes> {
  const statistics: BatchStatistics[] = [];
  const norm: Norm = (at, x) => batchNorm(at, x, training ? statistics : null);
  const block = config.block === 'bottleneck' ? bottleneck : basicBlock;
  let h = stem(p, config, image, norm);
  config.widths.forEach((width, stage) => {
    for (let i = 0; i < config.depths[stage]; i++) {
      const at = p.at(`layer${stage + 1}`).at(i);
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const skip = shortcut(at.at('downsample'), h, width * expansion(config), stride, norm);
      h = f.checkpoint(f.relu(f.add(block(at, h, width, stride, norm), skip)));
    }
  });
  const features = pooledMaps(h);
  const { num_classes: classes } = config;
  const logits = classes === null ? null : linear(p.at('fc'), features, classes);
  return { features, logits: logits as ResnetOutput<Classes>['logits'], statistics };
}

type Norm = (at: Params, x: Value) => Value;

function stem(p: Params, config: AnyConfig, image: Value, norm: Norm): Value {
  const large = config.stem === 'imagenet';
  const [kernel, padding] = large ? [7, 3] : [3, 1];
  const first = conv(p.at('conv1'), image, config.widths[0], kernel, { stride: 2, padding, bias: false });
  const h = f.relu(norm(p.at('bn1'), first));
  return large ? f.maxPool2d(h, { kernel: 3, stride: 2, padding: 1 }) : h;
}

function basicBlock(p: Params, x: Value, width: number, stride: number, norm: Norm): Value {
  const options = { padding: 1, bias: false };
  const h = f.relu(norm(p.at('bn1'), conv(p.at('conv1'), x, width, 3, { ...options, stride })));
  return norm(p.at('bn2'), conv(p.at('conv2'), h, width, 3, options));
}

function bottleneck(p: Params, x: Value, width: number, stride: number, norm: Norm): Value {
  let h = f.relu(norm(p.at('bn1'), conv(p.at('conv1'), x, width, 1, { bias: false })));
  h = f.relu(norm(p.at('bn2'), conv(p.at('conv2'), h, width, 3, { stride, padding: 1, bias: false })));
  return norm(p.at('bn3'), conv(p.at('conv3'), h, 4 * width, 1, { bias: false }));
}

/** x itself, or projected where the block changes its shape. */
const shortcut = (p: Params, x: Value, out: number, stride: number, norm: Norm): Value =>
  stride === 1 && x.shape[1] === out ? x : norm(p.at(1), conv(p.at(0), x, out, 1, { stride, bias: false }));

/** x [n,c,h,w]; by the running statistics when `collect` is null, otherwise by the batch's, which are collected. */
function batchNorm(p: Params, x: Value, collect: BatchStatistics[] | null, eps = 1e-5): Value {
  if (!collect) return runningNorm(p, x, eps);
  const c = x.shape[1];
  return within(p.path, () => {
    const { y, mean, variance } = f.batchNorm(x, p.get('weight', [c]), p.get('bias', [c]), eps);
    collect.push({ path: p.path, mean, variance, positions: numel(x.shape.slice(2)) });
    return y;
  });
}
