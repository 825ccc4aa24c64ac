/**
 * Owns networks of depthwise convolutions under timm's names: MobileNet V2 and V3 (Sandler et al. 2018, Howard et al.
 * 2019), EfficientNet and its V2 (Tan and Le 2019 and 2021). Their blocks are told by their parameters; strides,
 * activations, padding and the epsilon of the norms leave no trace in those.
 */
import * as f from '../graph/functions.ts';
import type { Shape, Value } from '../graph/value.ts';
import { activations, conv, hardSigmoid, linear, pooledMaps, runningNorm } from './layers.ts';
import type { Params } from './params.ts';
import type { VisionOutput } from './vision-output.ts';

/** [top, left, bottom, right] */
export type Sides = readonly [number, number, number, number];

export interface MobileBlock {
  /** plain: one convolution; fused: a convolution widens in the place of an expansion and a depthwise one. */
  kind: 'plain' | 'separable' | 'inverted' | 'fused';
  kernel: number;
  stride: number;
  /** Channels inside of an inverted or fused block. */
  inner: number;
  width: number;
  /** Channels that the squeeze leaves, null: there is none. */
  squeezed: number | null;
  activation: string;
  /** Whether the block adds to what it is given. */
  skip: boolean;
}

export interface MobileNetConfig {
  stem: number;
  stages: readonly (readonly MobileBlock[])[];
  /** Channels of the last convolution; where it is behind the pooling it has a bias and no norm. */
  head: number;
  head_pooled: boolean;
  /** Of the stem and the head. */
  activation: string;
  /** Of the squeeze: `block`, as the block has it. */
  squeeze_activation: string;
  gate: 'sigmoid' | 'hard_sigmoid';
  norm_eps: number;
  /** What a convolution adds around a map; blocks are counted from 0, the stem is -1. */
  padding(kernel: number, stride: number, size: readonly number[], block: number): Sides;
  num_classes: number | null;
}

/** As much on each side as half the kernel. */
export const evenPadding = (kernel: number): Sides => {
  const half = Math.floor(kernel / 2);
  return [half, half, half, half];
};

/** TensorFlow's SAME: as little as gives ceil(size / stride) places, the odd one at the bottom and on the right. */
export function samePadding(kernel: number, stride: number, [h, w]: readonly number[]): Sides {
  const along = (size: number): [number, number] => {
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  const [[top, bottom], [left, right]] = [along(h), along(w)];
  return [top, left, bottom, right];
}

/** image f32[n,3,h,w], normalised -> f32[n,head] and logits. */
export function mobileNet(p: Params, config: MobileNetConfig, image: Value): VisionOutput {
  const { norm_eps: eps, num_classes: classes } = config;
  const activation = activations.get(config.activation)!;
  const padding = config.padding(3, 2, image.shape.slice(2), -1);
  const first = conv(p.at('conv_stem'), image, config.stem, 3, { stride: 2, padding, bias: false });
  let h = activation(runningNorm(p.at('bn1'), first, eps));
  let number = 0;
  config.stages.forEach((stage, i) => {
    stage.forEach((block, k) => {
      const at = p.at('blocks').at(i).at(k);
      const made = blocks[block.kind](at, config, block, h, number++);
      h = f.checkpoint(block.skip ? f.add(made, h) : made);
    });
  });
  const last = p.at('conv_head');
  const features = config.head_pooled
    ? pooledMaps(activation(conv(last, f.globalAveragePool2d(h), config.head, 1)))
    : pooledMaps(activation(runningNorm(p.at('bn2'), conv(last, h, config.head, 1, { bias: false }), eps)));
  return { features, logits: classes === null ? null : linear(p.at('classifier'), features, classes) };
}

type Build = (p: Params, config: MobileNetConfig, b: MobileBlock, x: Value, number: number) => Value;

/** A convolution with the block's kernel and stride, its norm and its activation. */
function spatial(
  at: { conv: Params; norm: Params },
  config: MobileNetConfig,
  b: MobileBlock,
  x: Value,
  o: { width: number; groups: number; number: number },
): Value {
  const padding = config.padding(b.kernel, b.stride, x.shape.slice(2), o.number);
  const options = { stride: b.stride, padding, groups: o.groups, bias: false };
  const y = conv(at.conv, x, o.width, b.kernel, options);
  return activations.get(b.activation)!(runningNorm(at.norm, y, config.norm_eps));
}

const blocks: Record<MobileBlock['kind'], Build> = {
  plain: (p, config, b, x, number) =>
    spatial({ conv: p.at('conv'), norm: p.at('bn1') }, config, b, x, { width: b.width, groups: 1, number }),
  separable(p, config, b, x, number) {
    const width = x.shape[1];
    const at = { conv: p.at('conv_dw'), norm: p.at('bn1') };
    const h = squeezeExcite(p, config, b, spatial(at, config, b, x, { width, groups: width, number }));
    return runningNorm(p.at('bn2'), conv(p.at('conv_pw'), h, b.width, 1, { bias: false }), config.norm_eps);
  },
  inverted(p, config, b, x, number) {
    const { norm_eps: eps } = config;
    const wide = runningNorm(p.at('bn1'), conv(p.at('conv_pw'), x, b.inner, 1, { bias: false }), eps);
    const at = { conv: p.at('conv_dw'), norm: p.at('bn2') };
    const own = { width: b.inner, groups: b.inner, number };
    const h = spatial(at, config, b, activations.get(b.activation)!(wide), own);
    const narrow = conv(p.at('conv_pwl'), squeezeExcite(p, config, b, h), b.width, 1, { bias: false });
    return runningNorm(p.at('bn3'), narrow, eps);
  },
  fused(p, config, b, x, number) {
    const at = { conv: p.at('conv_exp'), norm: p.at('bn1') };
    const h = squeezeExcite(p, config, b, spatial(at, config, b, x, { width: b.inner, groups: 1, number }));
    return runningNorm(p.at('bn2'), conv(p.at('conv_pwl'), h, b.width, 1, { bias: false }), config.norm_eps);
  },
};

/** x times a gate for each channel, which sees the means of all (Hu et al. 2018). */
function squeezeExcite(p: Params, config: MobileNetConfig, b: MobileBlock, x: Value): Value {
  if (b.squeezed === null) return x;
  const at = p.at('se');
  const own = config.squeeze_activation === 'block' ? b.activation : config.squeeze_activation;
  const squeezed = activations.get(own)!(conv(at.at('conv_reduce'), f.globalAveragePool2d(x), b.squeezed, 1));
  const gate = config.gate === 'sigmoid' ? f.sigmoid : hardSigmoid;
  return f.mul(x, gate(conv(at.at('conv_expand'), squeezed, x.shape[1], 1)));
}

/**
 * The block that parameters of these names and shapes make.
 * @param shape of a parameter of the block; undefined where it has none of that name
 */
export function mobileBlockOf(
  shape: (name: string) => Shape | undefined,
  told: Pick<MobileBlock, 'stride' | 'activation'>,
): Omit<MobileBlock, 'skip'> {
  const wanted = (name: string): Shape => {
    const found = shape(`${name}.weight`);
    if (!found) throw new Error(`${name}.weight is missing`);
    return found;
  };
  const common = { ...told, squeezed: shape('se.conv_reduce.weight')?.[0] ?? null };
  if (shape('conv.weight')) {
    const [width, , kernel] = wanted('conv');
    return { ...common, kind: 'plain', kernel, inner: width, width };
  }
  const [kind, spatialName, outName] = shape('conv_exp.weight')
    ? (['fused', 'conv_exp', 'conv_pwl'] as const)
    : shape('conv_pwl.weight')
      ? (['inverted', 'conv_dw', 'conv_pwl'] as const)
      : (['separable', 'conv_dw', 'conv_pw'] as const);
  const [inner, , kernel] = wanted(spatialName);
  return { ...common, kind, kernel, inner, width: wanted(outName)[0] };
}
