/** Owns CLIP's image tower as transformers saves it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clipVision, clipVisionConfig } from '../../../../core/nn/clip-vision.ts';
import { configFields, ranges } from '../../../../core/nn/config-fields.ts';
import type { ImageNetwork } from '../network-encoder.ts';
import { readModelJson } from '../stored-part.ts';
import { preprocessorFile } from '../transformers-vision.ts';
import type { SavedNetwork, VisionKind } from '../vision-kind.ts';
import type { Family } from './family.ts';

export const clipFamily: Family = {
  transformers: { types: ['clip', 'clip_vision_model'], read: clipTower },
};

/** What every CLIP was trained with. */
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

function clipTower({ json, folder }: SavedNetwork): VisionKind {
  const config = clipVisionConfig(json);
  const { image_size: size, projection_dim: dim } = config;
  const file = join(folder, preprocessorFile);
  const own = existsSync(file)
    ? configFields(readModelJson(file, 'how CLIP wants its pictures'), 'preprocessor')
    : null;
  const network: ImageNetwork = {
    size,
    enlarged: size,
    resize: 'crop',
    mean: own ? own.numbers('image_mean', ranges.mean, 3) : clipMean,
    std: own ? own.numbers('image_std', ranges.factor, 3) : clipStd,
    dim,
    labels: null,
    build: (p, image) => ({ features: clipVision(p, config, image).embedding, logits: null }),
  };
  return {
    what: `CLIP image tower of ${config.num_hidden_layers} blocks`,
    network,
    trainable: 'an image tower of CLIP cannot be trained further here',
    unused: /^(text_model\.|text_projection\.|logit_scale$)/,
  };
}
