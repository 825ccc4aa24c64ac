/** Owns MobileNets and EfficientNets as timm saves them, and transformers' EfficientNet. */
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { activations } from '../../../core/nn/layers.ts';
import {
  evenPadding,
  type MobileBlock,
  type MobileNetConfig,
  mobileBlockOf,
  mobileNet,
  type Sides,
  samePadding,
} from '../../../core/nn/mobile-net.ts';
import { transformersEfficientnetName } from '../../../core/nn/transformers-names.ts';
import { type SavedByTimm, timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, transformersKind } from '../transformers-vision.ts';
import {
  countIn,
  resnetStages,
  type SavedNetwork,
  type Shapes,
  shapeIn,
  type VisionKind,
} from '../vision-kind.ts';
import type { Family } from './family.ts';

export const mobileNetFamily: Family = {
  timm: {
    // Names with more words have other norms, other blocks or softer pooling.
    architectures:
      /^(tf_)?(efficientnet_(b[0-8]|lite[0-4])|efficientnetv2_(s|m|l|xl|b[0-3])|mobilenetv2_\d+d?|mobilenetv3_(large|small)_(minimal_)?\d+)$/,
    named: 'efficientnet, efficientnetv2, mobilenetv2 and mobilenetv3 (tf_ as well)',
    read: timmMobileNet,
  },
  transformers: { types: ['efficientnet'], read: efficientnet },
};

/** What a name stands for and its parameters do not tell: strides of the stages, and activations. */
interface Told {
  strides: readonly number[];
  activation: string;
  /** Of the stages before this one it is relu. */
  from?: number;
}

function toldBy(name: string): Told {
  if (name.includes('mobilenetv3_small')) {
    return {
      strides: [2, 2, 2, 1, 2, 1],
      ...(name.includes('minimal') ? relu : { activation: 'hard_swish', from: 2 }),
    };
  }
  const strides = [1, 2, 2, 2, 1, 2, 1];
  if (name.includes('mobilenetv3')) {
    return { strides, ...(name.includes('minimal') ? relu : { activation: 'hard_swish', from: 3 }) };
  }
  return { strides, activation: /mobilenetv2|lite/.test(name) ? 'relu6' : 'silu' };
}

const relu = { activation: 'relu' };

function timmMobileNet(saved: SavedByTimm): VisionKind {
  const { json, shapes, architecture: name } = saved;
  configFields(json, 'model').only('global_pool', 'avg');
  timmArguments(json, ['block_args', 'num_features', 'stem_size'], { global_pool: ['avg'] });
  const { strides, activation, from = 0 } = toldBy(name);
  const third = name.includes('mobilenetv3');
  const firstNorm = (i: number, k: number) => `blocks.${i}.${k}.bn1.weight`;
  let given = shapeIn(shapes, 'conv_stem.weight')[0];
  const stages = Array.from({ length: countIn(shapes, (i) => firstNorm(i, 0)) }, (_, i) =>
    Array.from({ length: countIn(shapes, (k) => firstNorm(i, k)) }, (_, k): MobileBlock => {
      const stride = k === 0 ? (strides[i] ?? 1) : 1;
      const own = { stride, activation: i < from ? 'relu' : activation };
      const block = blockAt(shapes, (parameter) => `blocks.${i}.${k}.${parameter}`, own);
      const skip = stride === 1 && block.width === given && !(third && block.kind === 'plain');
      given = block.width;
      return { ...block, skip };
    }),
  );
  const config: MobileNetConfig = {
    stem: shapeIn(shapes, 'conv_stem.weight')[0],
    stages,
    head: shapeIn(shapes, 'conv_head.weight')[0],
    head_pooled: third,
    activation,
    squeeze_activation: third ? 'relu' : 'block',
    gate: third ? 'hard_sigmoid' : 'sigmoid',
    norm_eps: name.startsWith('tf_') ? 1e-3 : 1e-5,
    padding: name.startsWith('tf_') ? samePadding : evenPadding,
    num_classes: timmClasses(saved, 'classifier'),
  };
  const {
    stages: count,
    stageOf,
    head,
  } = resnetStages(
    stages.map(({ length }) => length),
    'classifier',
    /^blocks\.(\d+)\./,
    0,
  );
  return timmKind(saved, {
    dim: config.head,
    classes: config.num_classes,
    build: (p, image) => mobileNet(p, config, image),
    stages: {
      head,
      stages: count,
      stageOf: (name) => (/^(conv_head|bn2)\./.test(name) ? count - 1 : stageOf(name)),
    },
  });
}

function blockAt(
  shapes: Shapes,
  at: (parameter: string) => string,
  told: Pick<MobileBlock, 'stride' | 'activation'>,
): Omit<MobileBlock, 'skip'> {
  try {
    return mobileBlockOf((parameter) => shapes.get(at(parameter)), told);
  } catch (error) {
    throw new Error(at((error as Error).message), { cause: error });
  }
}

function efficientnet(saved: SavedNetwork): VisionKind {
  const c = configFields(saved.json, 'EfficientNet');
  c.only('num_channels', 3);
  c.only('pooling_type', 'mean');
  c.only('hidden_act', ...activations.keys());
  const repeats = c.counts('num_block_repeats', most.layers, most.levels);
  const deep = c.number('depth_coefficient', ranges.factor, 3.1);
  const depths = repeats.map((n) => Math.ceil(deep * n));
  if (depths.some((n) => n > most.layers))
    c.fail('depth_coefficient', `at most ${most.layers} blocks of a stage`);
  const strides = c.counts('strides', 2, most.levels);
  if (strides.length !== depths.length) c.fail('strides', 'as many as num_block_repeats');
  c.eachNumber('depthwise_padding', [0, most.layers], most.layers);
  const square = (saved.json as { depthwise_padding?: number[] }).depthwise_padding ?? [];
  c.eachNumber('expand_ratios', [1, most.channels], most.levels);
  const ratios = (saved.json as { expand_ratios?: number[] }).expand_ratios ?? [1, 6, 6, 6, 6, 6, 6];
  const theirs = transformersEfficientnetName(
    depths,
    ratios.map((ratio) => ratio !== 1),
  );
  // A model saved with its last layer has all other names below this.
  const prefix = [...saved.shapes.keys()].some((name) => name.startsWith('efficientnet.'))
    ? 'efficientnet.'
    : '';
  const activation = c.text('hidden_act', 'swish');
  const config: MobileNetConfig = {
    stem: shapeIn(saved.shapes, `${prefix}embeddings.convolution.weight`)[0],
    stages: depths.map((depth, i) =>
      Array.from({ length: depth }, (_, k): MobileBlock => {
        const own = { stride: k === 0 ? strides[i] : 1, activation };
        const block = blockAt(saved.shapes, (name) => prefix + theirs(`blocks.${i}.${k}.${name}`), own);
        return { ...block, skip: k > 0 };
      }),
    ),
    head: shapeIn(saved.shapes, `${prefix}encoder.top_conv.weight`)[0],
    head_pooled: false,
    activation,
    squeeze_activation: 'block',
    gate: 'sigmoid',
    norm_eps: c.number('batch_norm_eps', ranges.epsilon, 1e-3),
    padding: (kernel, stride, _, block) => kerasPadding(kernel, stride, block, square),
    num_classes: classesOf(saved, 'classifier'),
  };
  return transformersKind(saved, {
    what: `EfficientNet of ${depths.reduce((a, b) => a + b)} blocks`,
    prefix: 'efficientnet',
    head: 'classifier',
    classifier: 'EfficientNetForImageClassification',
    dim: config.head,
    build: (p, image) => mobileNet(p, config, image),
    theirs,
    stages: {
      head: 'classifier',
      stages: 1 + depths.length,
      stageOf(parameter) {
        const number = /\bblocks\.(\d+)\./.exec(parameter)?.[1];
        if (number === undefined) return /\btop_/.test(parameter) ? depths.length : 0;
        const ends = depths.map((_, i) => depths.slice(0, i + 1).reduce((a, b) => a + b));
        return 1 + ends.findIndex((end) => Number(number) < end);
      },
    },
  });
}

/** As Keras pads: of stride 2 at the bottom and on the right, of some blocks on all sides. */
function kerasPadding(kernel: number, stride: number, block: number, square: readonly number[]): Sides {
  const [top, left, bottom, right] = evenPadding(kernel);
  if (stride === 1 || square.includes(block)) return [top, left, bottom, right];
  return [top - 1, left - 1, bottom, right];
}
