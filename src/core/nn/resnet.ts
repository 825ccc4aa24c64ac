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
  /**
   * small: one 3x3 of stride 2, which is also what a config without a stem means; imagenet: 7x7 of stride 2, pooling;
   * deep: three of 3x3 in its place (He et al. 2019, "Bag of Tricks", ResNet-C).
   */
  stem?: 'small' | 'imagenet' | 'deep';
  /** Channels that the stem gives; the first of the widths unless said. */
  stem_width?: number;
  /** Channels of the first two of a deep stem. */
  stem_widths?: readonly [number, number];
  /** Whether shortcuts average before they halve the map (the same, ResNet-D). */
  pooled_shortcuts?: boolean;
  /** Of the 3x3 of a bottleneck; 1 unless said. */
  groups?: number;
  /** Channels that a stage's blocks give, where they are not as its widths imply. */
  outputs?: readonly number[];
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
type Layers = Omit<ResnetConfig, 'num_classes'>;

const outputOf = (config: Layers, stage: number): number =>
  config.outputs?.[stage] ?? config.widths[stage] * (config.block === 'bottleneck' ? 4 : 1);

/** Channels of the features. */
export const featureWidth = (config: Layers): number => outputOf(config, config.widths.length - 1);

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
  const deep = shapes.has('conv1.0.weight');
  const [, inChannels, kernel] = shape(deep ? 'conv1.0.weight' : 'conv1.weight');
  if (!deep && kernel !== 7 && kernel !== 3) {
    throw new Error(`conv1.weight is [${shape('conv1.weight')}], expected a kernel of 7 or of 3`);
  }
  const bottlenecks = shapes.has('layer1.0.conv3.weight');
  const widths = depths.map((_, stage) => shape(`layer${stage + 1}.0.conv1.weight`)[0]);
  const outputs = depths.map((_, stage) => shape(`layer${stage + 1}.0.conv${bottlenecks ? 3 : 2}.weight`)[0]);
  const groups = bottlenecks ? widths[0] / shape('layer1.0.conv2.weight')[1] : 1;
  const [stemWidth] = shape(deep ? 'conv1.6.weight' : 'conv1.weight');
  const asImplied = outputs.every((out, stage) => out === widths[stage] * (bottlenecks ? 4 : 1));
  return {
    in_channels: inChannels,
    stem: deep ? 'deep' : kernel === 7 ? 'imagenet' : 'small',
    block: bottlenecks ? 'bottleneck' : 'basic',
    widths,
    depths,
    ...(stemWidth === widths[0] ? {} : { stem_width: stemWidth }),
    ...(deep ? { stem_widths: [shape('conv1.0.weight')[0], shape('conv1.3.weight')[0]] as const } : {}),
    ...([...shapes].some(([name, s]) => name.endsWith('.downsample.1.weight') && s.length === 4)
      ? { pooled_shortcuts: true }
      : {}),
    ...(groups === 1 ? {} : { groups }),
    ...(asImplied ? {} : { outputs }),
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
  const { groups = 1 } = config;
  let h = stem(p, config, image, norm);
  config.widths.forEach((width, stage) => {
    for (let i = 0; i < config.depths[stage]; i++) {
      const at = p.at(`layer${stage + 1}`).at(i);
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const out = outputOf(config, stage);
      const skip = shortcut(at.at('downsample'), config, h, out, stride, norm);
      h = f.checkpoint(f.relu(f.add(block(at, h, { width, out, groups }, stride, norm), skip)));
    }
  });
  const features = pooledMaps(h);
  const { num_classes: classes } = config;
  const logits = classes === null ? null : linear(p.at('fc'), features, classes);
  return { features, logits: logits as ResnetOutput<Classes>['logits'], statistics };
}

type Norm = (at: Params, x: Value) => Value;

function stem(p: Params, config: AnyConfig, image: Value, norm: Norm): Value {
  const [width] = config.widths;
  if (config.stem === 'deep') {
    const at = p.at('conv1');
    const [first, second] = config.stem_widths!;
    const same = { padding: 1, bias: false };
    let h = f.relu(norm(at.at(1), conv(at.at(0), image, first, 3, { ...same, stride: 2 })));
    h = f.relu(norm(at.at(4), conv(at.at(3), h, second, 3, same)));
    h = f.relu(norm(p.at('bn1'), conv(at.at(6), h, config.stem_width ?? width, 3, same)));
    return f.maxPool2d(h, { kernel: 3, stride: 2, padding: 1 });
  }
  const large = config.stem === 'imagenet';
  const [kernel, padding] = large ? [7, 3] : [3, 1];
  const first = conv(p.at('conv1'), image, config.stem_width ?? width, kernel, {
    stride: 2,
    padding,
    bias: false,
  });
  const h = f.relu(norm(p.at('bn1'), first));
  return large ? f.maxPool2d(h, { kernel: 3, stride: 2, padding: 1 }) : h;
}

interface Widths {
  width: number;
  out: number;
  groups: number;
}

function basicBlock(p: Params, x: Value, { width, out }: Widths, stride: number, norm: Norm): Value {
  const options = { padding: 1, bias: false };
  const h = f.relu(norm(p.at('bn1'), conv(p.at('conv1'), x, width, 3, { ...options, stride })));
  return norm(p.at('bn2'), conv(p.at('conv2'), h, out, 3, options));
}

function bottleneck(p: Params, x: Value, { width, out, groups }: Widths, stride: number, norm: Norm): Value {
  let h = f.relu(norm(p.at('bn1'), conv(p.at('conv1'), x, width, 1, { bias: false })));
  const options = { stride, padding: 1, groups, bias: false };
  h = f.relu(norm(p.at('bn2'), conv(p.at('conv2'), h, width, 3, options)));
  return norm(p.at('bn3'), conv(p.at('conv3'), h, out, 1, { bias: false }));
}

/** x itself, or projected where the block changes its shape. */
function shortcut(p: Params, config: AnyConfig, x: Value, out: number, stride: number, norm: Norm): Value {
  if (stride === 1 && x.shape[1] === out) return x;
  if (!config.pooled_shortcuts) {
    return norm(p.at(1), conv(p.at(0), x, out, 1, { stride, bias: false }));
  }
  // An odd row or column at the end is averaged by itself.
  const padding = [0, 0, x.shape[2] % 2, x.shape[3] % 2] as const;
  const smaller = stride === 1 ? x : f.avgPool2d(x, { kernel: 2, padding, countIncludePad: false });
  return norm(p.at(2), conv(p.at(1), smaller, out, 1, { bias: false }));
}

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
