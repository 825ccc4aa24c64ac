/**
 * Owns image networks as torchvision saves them: parameters alone. The network is told by their names and shapes. How
 * pictures are prepared is in no file: it is as `transforms()` of torchvision's default weights for that network, which a
 * check says, since a network may have several weights.
 */
import { convnext } from '../../../core/nn/convnext.ts';
import { type Params, paramsOf, renamed } from '../../../core/nn/params.ts';
import { featureWidth, resnet, resnetLayersOf } from '../../../core/nn/resnet.ts';
import { swin } from '../../../core/nn/swin.ts';
import {
  torchvisionConvnextName,
  torchvisionSwinName,
  torchvisionVitName,
} from '../../../core/nn/torchvision-names.ts';
import { vit, vitLayersOf } from '../../../core/nn/vit.ts';
import type { ImageNetwork } from '../network-encoder.ts';
import { countIn, labelsOf, type Shapes, shapeIn, type VisionKind } from '../vision-kind.ts';

interface Network extends Pick<ImageNetwork, 'dim' | 'build'> {
  what: string;
  classes: number | null;
  size?: number;
  preset?: Preset;
}

/** What differs among the `transforms()` of torchvision's weights. */
interface Preset {
  /** Shorter side that images of 224 pixels are cut out of; others in proportion. */
  edge: number;
  kernel: 'bilinear' | 'bicubic';
  /** What other weights of the same network want. */
  others?: string;
}

const usual: Preset = { edge: 256, kernel: 'bilinear' };

/** Basic blocks are of ResNet-18 and 34. */
const bottlenecks: Preset = { ...usual, edge: 232, others: 'the weights IMAGENET1K_V1 want 256' };

/** By channels of the first stage, and blocks: tiny, small, base and large. */
const convnextPresets = new Map<string, Preset>([
  ['96x18', { ...usual, edge: 236 }],
  ['96x36', { ...usual, edge: 230 }],
  ['128x36', { ...usual, edge: 232 }],
  ['192x36', { ...usual, edge: 232 }],
]);

/** Likewise: tiny, small and base. */
const swinPresets = new Map<string, Preset>([
  ['96x12', { edge: 232, kernel: 'bicubic' }],
  ['96x24', { edge: 246, kernel: 'bicubic' }],
  ['128x24', { edge: 238, kernel: 'bicubic' }],
]);

/** Weights of SWAG are of larger images, or of a patch of 14, and cut nothing off. */
function vitPreset(size: number, patch: number, width: number): Preset {
  if (size > 224 || patch === 14) return { edge: 224, kernel: 'bicubic' };
  const edge = patch === 16 && width === 1024 ? 242 : 256;
  const others = 'the weights IMAGENET1K_SWAG_LINEAR_V1 want 224 and bicubic';
  return { ...usual, edge, ...(patch === 16 ? { others } : {}) };
}

/** By a parameter that no other network of torchvision has. */
const networks: readonly [name: string, read: (shapes: Shapes) => Network][] = [
  ['layer1.0.conv1.weight', residual],
  ['encoder.pos_embedding', transformer],
  ['features.1.0.layer_scale', modernised],
  ['features.1.0.attn.relative_position_bias_table', windowed],
];

/** Whether parameters of these names are a network of torchvision's that is read here. */
export const isTorchvision = (names: Iterable<string>): boolean => {
  const all = new Set(names);
  return networks.some(([name]) => all.has(name));
};

/** @throws where it is none of those. */
export function torchvisionKind(shapes: Shapes, folder: string): VisionKind {
  const read = networks.find(([name]) => shapes.has(name))?.[1];
  if (!read) {
    throw new Error(
      'no config.json, and the parameters are not those of a ResNet, ViT, ConvNeXt or Swin (version 1) of torchvision; save the network with its config.json by timm or transformers',
    );
  }
  const { what, classes, size = 224, preset = usual, ...network } = read(shapes);
  const { edge, kernel, others } = preset;
  return {
    what: `${what} of torchvision`,
    network: {
      ...network,
      preprocessing: {
        width: size,
        height: size,
        resize: { to: 'shortest', edge: Math.round((size * edge) / 224) },
        kernel,
        arithmetic: 'pillow',
        crop: 'even',
        fill: [0, 0, 0],
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
      labels: classes === null ? null : labelsOf({ names: null, field: 'labels.txt' }, classes, folder),
    },
    trainable:
      'a network without config.json cannot be trained further here; save it by timm or transformers',
    assumed: `no file says which weights these are${others ? ` (${others})` : ''}`,
  };
}

const under = (p: Params, theirs: (name: string) => string) => paramsOf(renamed(p.source, theirs));
const rowsOf = (shapes: Shapes, head: string): number | null => shapes.get(`${head}.weight`)?.[0] ?? null;

function residual(shapes: Shapes): Network {
  const config = { ...resnetLayersOf(shapes), num_classes: rowsOf(shapes, 'fc') };
  if (config.stem !== 'imagenet')
    throw new Error('conv1.weight is not 7x7, as in every ResNet of torchvision');
  return {
    what: `ResNet of ${config.depths.reduce((a, b) => a + b)} blocks`,
    classes: config.num_classes,
    preset: config.block === 'bottleneck' ? bottlenecks : usual,
    dim: featureWidth(config),
    build: (p, image) => resnet(p, config, image, false),
  };
}

/** Parameters as timm names them. */
function asTimm(shapes: Shapes, wanted: readonly string[], theirs: (name: string) => string): Shapes {
  return new Map(
    wanted.flatMap((name) => {
      const shape = shapes.get(theirs(name));
      return shape ? [[name, shape] as const] : [];
    }),
  );
}

function transformer(shapes: Shapes): Network {
  const depth = countIn(shapes, (i) => torchvisionVitName(`blocks.${i}.norm1.weight`));
  const blocks = Array.from({ length: depth }, (_, i) => `blocks.${i}.norm1.weight`);
  const wanted = ['patch_embed.proj.weight', 'pos_embed', 'blocks.0.mlp.fc1.weight', ...blocks];
  const width = shapeIn(shapes, 'class_token')[2];
  // Of vit_h_14 heads are wider.
  const layers = vitLayersOf(asTimm(shapes, wanted, torchvisionVitName), width === 1280 ? 80 : 64);
  const config = { ...layers, num_classes: rowsOf(shapes, 'heads.head') };
  return {
    what: `ViT of ${depth} blocks`,
    classes: config.num_classes,
    size: config.image_size,
    preset: vitPreset(config.image_size, config.patch_size, width),
    dim: width,
    build: (p, image) => vit(under(p, torchvisionVitName), config, image),
  };
}

const stagesOf = (shapes: Shapes, inFirst: string) =>
  Array.from({ length: countIn(shapes, (i) => `features.${2 * i + 1}.0.${inFirst}`) }, (_, i) => 2 * i + 1);

function modernised(shapes: Shapes): Network {
  const stages = stagesOf(shapes, 'layer_scale');
  const config = {
    patch_size: shapeIn(shapes, 'features.0.0.weight')[2],
    widths: stages.map((i) => shapeIn(shapes, `features.${i}.0.layer_scale`)[0]),
    depths: stages.map((i) => countIn(shapes, (k) => `features.${i}.${k}.layer_scale`)),
    activation: 'gelu',
    layer_scale: 3,
    grn: null,
    conv_mlp: false,
    norm_eps: 1e-6,
    head_eps: 1e-6,
    num_classes: rowsOf(shapes, 'classifier.2'),
  } as const;
  const blocks = config.depths.reduce((a, b) => a + b);
  return {
    what: `ConvNeXt of ${blocks} blocks`,
    classes: config.num_classes,
    preset: convnextPresets.get(`${config.widths[0]}x${blocks}`),
    dim: config.widths.at(-1)!,
    build: (p, image) => convnext(under(p, torchvisionConvnextName), config, image),
  };
}

function windowed(shapes: Shapes): Network {
  const stages = stagesOf(shapes, 'attn.relative_position_bias_table');
  const table = (i: number) => shapeIn(shapes, `features.${i}.0.attn.relative_position_bias_table`);
  const [width, , patch] = shapeIn(shapes, 'features.0.0.weight');
  const config = {
    patch_size: patch,
    width,
    depths: stages.map((i) => countIn(shapes, (k) => `features.${i}.${k}.norm1.weight`)),
    heads: stages.map((i) => table(i)[1]),
    window: (Math.sqrt(table(1)[0]) + 1) / 2,
    mlp_ratio: shapeIn(shapes, 'features.1.0.mlp.0.weight')[0] / width,
    activation: 'gelu',
    norm_eps: 1e-5,
    separate_qkv: false,
    num_classes: rowsOf(shapes, 'head'),
  };
  const blocks = config.depths.reduce((a, b) => a + b);
  return {
    what: `Swin of ${blocks} blocks`,
    classes: config.num_classes,
    preset: swinPresets.get(`${width}x${blocks}`),
    dim: width * 2 ** (stages.length - 1),
    build: (p, image) => swin(under(p, torchvisionSwinName), config, image),
  };
}
