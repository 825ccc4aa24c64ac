/** Owns residual networks as timm and transformers save them. */
import { configFields, most } from '../../../core/nn/config-fields.ts';
import { featureWidth, type ResnetConfig, resnet, resnetLayersOf } from '../../../core/nn/resnet.ts';
import { transformersResnetName } from '../../../core/nn/transformers-names.ts';
import { timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, transformersKind } from '../transformers-vision.ts';
import { resnetStages } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const resnetFamily: Family = {
  timm: {
    // Others have other activations, attention to channels, or softer pooling.
    architectures: /^(tv_)?(resnet\d+[cdst]?|resnext\d+d?_\d+x\d+d|wide_resnet\d+_2)$/,
    named: 'resnet (c, d, s and t as well), resnext and wide_resnet',
    read(saved) {
      configFields(saved.json, 'model').only('global_pool', 'avg');
      timmArguments(saved.json, ['layers', 'channels', 'cardinality', 'base_width'], {
        global_pool: ['avg'],
      });
      const config = { ...resnetLayersOf(saved.shapes), num_classes: timmClasses(saved, 'fc') };
      if (config.stem === 'small') {
        throw new Error(
          'conv1.weight is 3x3, expected 7x7: of a smaller stem the files do not say the stride',
        );
      }
      return timmKind(saved, {
        dim: featureWidth(config),
        classes: config.num_classes,
        build: (p, image) => resnet(p, config, image, false),
        stages: timmResnetStages(config),
      });
    },
  },
  transformers: {
    types: ['resnet'],
    read(saved) {
      const c = configFields(saved.json, 'ResNet');
      c.only('num_channels', 3);
      c.only('hidden_act', 'relu');
      c.only('layer_type', 'basic', 'bottleneck');
      c.only('downsample_in_first_stage', false);
      c.only('downsample_in_bottleneck', false);
      const block = c.text('layer_type', 'bottleneck') as 'basic' | 'bottleneck';
      const config: ResnetConfig<number | null> = {
        in_channels: 3,
        stem: 'imagenet',
        block,
        widths: c.counts('hidden_sizes', most.channels, most.levels).map((width) => {
          if (block === 'basic') return width;
          return width % 4 === 0 ? width / 4 : c.fail('hidden_sizes', 'multiples of 4, as bottlenecks have');
        }),
        depths: c.counts('depths', most.layers, most.levels),
        num_classes: classesOf(saved, 'classifier.1'),
      };
      if (config.depths.length !== config.widths.length) c.fail('depths', 'as many as hidden_sizes');
      if (c.count('embedding_size', most.channels) !== config.widths[0]) {
        c.fail('embedding_size', `${config.widths[0]}, which hidden_sizes imply`);
      }
      return transformersKind(saved, {
        what: `ResNet of ${config.depths.reduce((a, b) => a + b)} blocks`,
        prefix: 'resnet',
        head: 'classifier.1',
        classifier: 'ResNetForImageClassification',
        dim: featureWidth(config),
        build: (p, image) => resnet(p, config, image, false),
        theirs: transformersResnetName,
        stages: resnetStages(config.depths, 'classifier.1', /\bstages\.(\d+)\./, 0),
      });
    },
  },
};

export const timmResnetStages = ({ depths }: Pick<ResnetConfig, 'depths'>) =>
  resnetStages(depths, 'fc', /^layer(\d+)\./, 1);
