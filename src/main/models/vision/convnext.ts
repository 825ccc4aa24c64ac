/** Owns ConvNeXt and ConvNeXt V2 as timm and transformers save them. */
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { type ConvnextConfig, convnext } from '../../../core/nn/convnext.ts';
import { activations } from '../../../core/nn/layers.ts';
import { transformersConvnextName } from '../../../core/nn/transformers-names.ts';
import { timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, transformersKind } from '../transformers-vision.ts';
import { countIn, resnetStages, shapeIn } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const convnextFamily: Family = {
  timm: {
    // Those with more in their names have other norms or another stem; xxlarge has another epsilon.
    architectures: /^convnext(v2)?_(atto|femto|pico|nano|tiny|small|base|large|xlarge|huge)$/,
    named: 'convnext_atto to convnext_xlarge, convnextv2_atto to convnextv2_huge',
    read(saved) {
      const { json, shapes } = saved;
      configFields(json, 'model').only('global_pool', 'avg');
      timmArguments(json, ['depths', 'dims', 'use_grn', 'ls_init_value', 'conv_mlp', 'patch_size'], {
        global_pool: ['avg'],
        kernel_sizes: [7],
      });
      const first = 'stages.0.blocks.0';
      const stages = countIn(shapes, (i) => `stages.${i}.blocks.0.conv_dw.weight`);
      const each = <T>(of: (stage: number) => T): T[] => Array.from({ length: stages }, (_, i) => of(i));
      const config: ConvnextConfig = {
        patch_size: shapeIn(shapes, 'stem.0.weight')[2],
        widths: each((i) => shapeIn(shapes, `stages.${i}.blocks.0.conv_dw.weight`)[0]),
        depths: each((i) => countIn(shapes, (k) => `stages.${i}.blocks.${k}.conv_dw.weight`)),
        activation: 'gelu',
        layer_scale: shapes.has(`${first}.gamma`) ? 1 : null,
        grn: shapes.has(`${first}.mlp.grn.weight`) ? 1 : null,
        conv_mlp: shapeIn(shapes, `${first}.mlp.fc1.weight`).length === 4,
        norm_eps: 1e-6,
        head_eps: 1e-6,
        num_classes: timmClasses(saved, 'head.fc'),
      };
      return timmKind(saved, {
        dim: config.widths.at(-1)!,
        classes: config.num_classes,
        build: (p, image) => convnext(p, config, image),
        stages: resnetStages(config.depths, 'head.fc', /^stages\.(\d+)\./, 0),
      });
    },
  },
  transformers: {
    types: ['convnext', 'convnextv2'],
    read(saved, type) {
      const c = configFields(saved.json, 'ConvNeXt');
      c.only('num_channels', 3);
      c.only('hidden_act', ...activations.keys());
      const config: ConvnextConfig = {
        patch_size: c.count('patch_size', most.pixels, 4),
        widths: c.counts('hidden_sizes', most.channels, most.levels),
        depths: c.counts('depths', most.layers, most.levels),
        activation: c.text('hidden_act', 'gelu'),
        layer_scale:
          type === 'convnext' && c.number('layer_scale_init_value', ranges.mean, 1e-6) > 0 ? 1 : null,
        grn: type === 'convnextv2' ? 4 : null,
        conv_mlp: false,
        norm_eps: 1e-6,
        head_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-12),
        num_classes: classesOf(saved, 'classifier'),
      };
      if (config.depths.length !== config.widths.length) c.fail('depths', 'as many as hidden_sizes');
      const { length } = config.depths;
      if (c.count('num_stages', most.levels, length) !== length)
        c.fail('num_stages', `${length}, as many as depths`);
      return transformersKind(saved, {
        what: `ConvNeXt${type === 'convnextv2' ? ' V2' : ''} of ${config.depths.reduce((a, b) => a + b)} blocks`,
        prefix: type,
        head: 'classifier',
        classifier:
          type === 'convnextv2' ? 'ConvNextV2ForImageClassification' : 'ConvNextForImageClassification',
        dim: config.widths.at(-1)!,
        build: (p, image) => convnext(p, config, image),
        theirs: transformersConvnextName,
        stages: resnetStages(config.depths, 'classifier', /\bstages\.(\d+)\./, 0),
      });
    },
  },
};
