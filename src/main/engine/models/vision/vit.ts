/** Owns vision transformers with a class token as timm and transformers save them. */
import { configFields, most, ranges } from '../../../../core/nn/config-fields.ts';
import { transformersVitName } from '../../../../core/nn/transformers-names.ts';
import { type VitConfig, vit, vitConfigOf } from '../../../../core/nn/vit.ts';
import { timmArguments, timmClasses, timmKind } from '../timm-vision.ts';
import { classesOf, transformersKind } from '../transformers-vision.ts';
import { vitStages } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const vitFamily: Family = {
  timm: {
    // Larger ones have wider heads, and names with more words other layers.
    architectures: /^(vit|deit)_(tiny|small|base|large)_patch\d+_\d+(_in21k)?$/,
    named: 'vit_tiny to vit_large',
    read(saved) {
      configFields(saved.json, 'model').only('global_pool', 'token');
      timmArguments(saved.json, ['img_size', 'patch_size', 'embed_dim', 'depth', 'mlp_ratio'], {
        global_pool: ['token'],
      });
      const config = vitConfigOf(saved.shapes);
      return timmKind(saved, {
        dim: config.width,
        classes: timmClasses(saved, 'head'),
        build: (p, image) => vit(p, config, image),
        stages: vitStages(config.depth, 'head', /^blocks\.(\d+)\./, /^norm\./),
      });
    },
  },
  transformers: {
    types: ['vit'],
    read(saved) {
      const c = configFields(saved.json, 'ViT');
      c.only('num_channels', 3);
      c.only('hidden_act', 'gelu');
      c.only('qkv_bias', true);
      const config: VitConfig = {
        image_size: c.count('image_size', most.pixels),
        patch_size: c.count('patch_size', most.pixels),
        width: c.count('hidden_size', most.channels),
        depth: c.count('num_hidden_layers', most.layers),
        heads: c.count('num_attention_heads', most.heads),
        mlp_width: c.count('intermediate_size', most.channels),
        num_classes: classesOf(saved, 'classifier'),
        separate_qkv: true,
        norm_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-12),
      };
      return transformersKind(saved, {
        what: `ViT of ${config.depth} blocks`,
        prefix: 'vit',
        head: 'classifier',
        classifier: 'ViTForImageClassification',
        dim: config.width,
        size: config.image_size,
        build: (p, image) => vit(p, config, image),
        theirs: transformersVitName(''),
        stages: vitStages(config.depth, 'classifier', /encoder\.layer\.(\d+)\./, /^(vit\.)?layernorm\./),
        // A layer behind the class token that was trained for another task.
        unused: /^(vit\.)?pooler\./,
      });
    },
  },
};
