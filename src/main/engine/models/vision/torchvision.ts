/**
 * Owns image networks as torchvision saves them: parameters alone. The network is told by their names and shapes; how
 * pictures are prepared is in no file, so it is as torchvision's classification presets have it.
 */
import { convnext } from '../../../../core/nn/convnext.ts';
import { type Params, paramsOf, renamed } from '../../../../core/nn/params.ts';
import { featureWidth, resnet, resnetLayersOf } from '../../../../core/nn/resnet.ts';
import { swin } from '../../../../core/nn/swin.ts';
import {
  torchvisionConvnextName,
  torchvisionSwinName,
  torchvisionVitName,
} from '../../../../core/nn/torchvision-names.ts';
import { vit, vitLayersOf } from '../../../../core/nn/vit.ts';
import type { ImageNetwork } from '../network-encoder.ts';
import { countIn, labelsOf, type Shapes, shapeIn, type VisionKind } from '../vision-kind.ts';

type Network = Pick<ImageNetwork, 'dim' | 'build'> & { what: string; classes: number | null; size?: number };

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
  const { what, classes, size = 224, ...network } = read(shapes);
  return {
    what: `${what} of torchvision`,
    network: {
      ...network,
      preprocessing: {
        width: size,
        height: size,
        resize: { to: 'shortest', edge: Math.round((size * 256) / 224) },
        kernel: 'bilinear',
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
  return {
    what: `ConvNeXt of ${config.depths.reduce((a, b) => a + b)} blocks`,
    classes: config.num_classes,
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
  return {
    what: `Swin of ${config.depths.reduce((a, b) => a + b)} blocks`,
    classes: config.num_classes,
    dim: width * 2 ** (stages.length - 1),
    build: (p, image) => swin(under(p, torchvisionSwinName), config, image),
  };
}
