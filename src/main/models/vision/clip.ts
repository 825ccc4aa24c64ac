/** Owns the image towers of CLIP and SigLIP as transformers saves them. */
import { clipVision, clipVisionConfig, clipVisionPooled } from '../../../core/nn/clip-vision.ts';
import { configFields, most, ranges } from '../../../core/nn/config-fields.ts';
import { activations } from '../../../core/nn/layers.ts';
import { type SiglipVisionConfig, siglipVision } from '../../../core/nn/siglip-vision.ts';
import { clipTextOf } from '../clip-text-tower.ts';
import type { ImageNetwork } from '../network-encoder.ts';
import { assumedBy, readPreprocessor, wantSize } from '../preprocessor-file.ts';
import type { SavedNetwork, VisionKind } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const clipFamily: Family = {
  transformers: {
    types: ['clip', 'clip_vision_model', 'siglip', 'siglip_vision_model'],
    read(saved, type) {
      const isClip = type.startsWith('clip');
      if (saved.shapes.has('classifier.weight')) {
        const name = isClip ? 'CLIP' : 'Siglip';
        throw new Error(
          `it is a classifier on an image tower (${name}ForImageClassification), which is not read; export it to ONNX for scores, or save the tower alone (${name}VisionModel) for features`,
        );
      }
      return isClip ? clipTower(saved) : siglipTower(saved, type);
    },
  },
};

/** Beside an image tower in the file of both. */
const unused = /^(text_model\.|text_projection\.|logit_(scale|bias)$)/;
const notTrained = 'an image tower without a last layer cannot be trained further here';

function clipTower(saved: SavedNetwork): VisionKind {
  const { json, folder, shapes } = saved;
  const config = clipVisionConfig(json);
  const { image_size: size } = config;
  const projected = shapes.has('visual_projection.weight');
  const own = readPreprocessor(folder, { type: 'clip', imageSize: size });
  wantSize(own, size);
  const network: ImageNetwork = {
    preprocessing: own.preprocessing,
    dim: projected ? config.projection_dim : config.hidden_size,
    labels: null,
    build: (p, image) => ({
      features: projected ? clipVision(p, config, image).embedding : clipVisionPooled(p, config, image),
      logits: null,
    }),
  };
  return {
    what: `CLIP image tower of ${config.num_hidden_layers} blocks`,
    network,
    text: clipTextOf(saved),
    trainable: notTrained,
    unused,
    ...assumedBy(own),
  };
}

function siglipTower({ json, folder, shapes }: SavedNetwork, type: string): VisionKind {
  const nested = (json as { vision_config?: unknown }).vision_config;
  const c = configFields(type === 'siglip' ? nested : json, 'SigLIP vision');
  c.only('num_channels', 3);
  c.only('vision_use_head', true);
  c.only('hidden_act', ...activations.keys());
  // Published configs leave out what is as in the base model.
  const config: SiglipVisionConfig = {
    hidden_size: c.count('hidden_size', most.channels, 768),
    intermediate_size: c.count('intermediate_size', most.channels, 3072),
    num_hidden_layers: c.count('num_hidden_layers', most.layers, 12),
    num_attention_heads: c.count('num_attention_heads', most.heads, 12),
    hidden_act: c.text('hidden_act', 'gelu_pytorch_tanh'),
    layer_norm_eps: c.number('layer_norm_eps', ranges.epsilon, 1e-6),
    image_size: c.count('image_size', most.pixels, 224),
    patch_size: c.count('patch_size', most.pixels, 16),
  };
  const own = readPreprocessor(folder, { type: 'siglip', imageSize: config.image_size });
  wantSize(own, config.image_size);
  // transformers 5 saves a tower alone without it.
  const inTower = shapes.has('vision_model.post_layernorm.weight');
  return {
    what: `SigLIP image tower of ${config.num_hidden_layers} blocks`,
    network: {
      preprocessing: own.preprocessing,
      dim: config.hidden_size,
      labels: null,
      build: (p, image) => ({
        features: siglipVision(inTower ? p.at('vision_model') : p, config, image),
        logits: null,
      }),
    },
    trainable: notTrained,
    unused,
    ...assumedBy(own),
  };
}
