/** Owns the checks of whole models by their parameters alone: every name and shape resolves and none is left over. */
import { input } from '../../../src/core/graph/value.ts';
import {
  autoencoderKlConfig,
  decode,
  downsamplingFactor,
  encode,
} from '../../../src/core/nn/autoencoder-kl.ts';
import { clipText, clipTextConfig } from '../../../src/core/nn/clip-text.ts';
import { clipVision, clipVisionConfig } from '../../../src/core/nn/clip-vision.ts';
import { type Params, paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { resnet, resnetConfigOf } from '../../../src/core/nn/resnet.ts';
import { unet2dCondition, unet2dConditionConfig } from '../../../src/core/nn/unet-2d-condition.ts';
import { vit, vitConfigOf } from '../../../src/core/nn/vit.ts';
import type { Json, OracleCase } from '../case.ts';
import { type Check, same, statement } from '../compare.ts';
import type { CaseRun } from '../graph.ts';

interface Sizes {
  config: Json;
  tensors: number;
  parameters: number;
  shapes: Record<string, number[]>;
}

export function sizesCase(c: OracleCase): CaseRun {
  const here = c.files().filter((file) => file.endsWith('.json') && file !== 'meta.json');
  const announced = Object.keys(c.meta.totals ?? {}).map((who) => `${who}.json`);
  return {
    parts: [...new Set([...here, ...announced])].map((file) => ({
      name: file,
      run: async () => checkSizes(c, file),
    })),
  };
}

function checkSizes(c: OracleCase, file: string): Check[] {
  const sizes: Sizes = c.json(file);
  const who = file.replace('.json', '');
  const source = trainableSource('', (name) => name in sizes.shapes);
  networkOf(sizes)(paramsOf(source));
  const { parameters } = source;
  const wanted = Object.entries(sizes.shapes);
  const differing = wanted
    .filter(([name, shape]) => `${parameters.get(name)?.shape ?? 'none'}` !== `${shape}`)
    .map(
      ([name, shape]) => `${name} is [${parameters.get(name)?.shape ?? 'not asked for'}], wanted [${shape}]`,
    );
  const more = [...parameters.keys()].filter((name) => !(name in sizes.shapes));
  const count = [...parameters.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const totals = c.meta.totals?.[who] ?? sizes;
  return [
    statement(`${who}: names and shapes`, differing),
    statement(`${who}: no other names`, more),
    same(`${who}: tensors and parameters`, [parameters.size, count], [sizes.tensors, sizes.parameters]),
    same(`${who}: totals`, [sizes.tensors, sizes.parameters], [totals.tensors, totals.parameters]),
  ];
}

/** The network that the names belong to: the kinds have no name in common. */
function networkOf({ config, shapes }: Sizes): (p: Params) => void {
  if ('conv_in.weight' in shapes) {
    const unet = unet2dConditionConfig({ ...UNET_BLOCKS, ...config });
    const size = unet.sample_size;
    return (p) =>
      unet2dCondition(p, unet, {
        sample: input('sample', [1, unet.in_channels, size, size]),
        timesteps: input('timesteps', [1]),
        encoderHiddenStates: input('states', [1, 77, unet.cross_attention_dim]),
      });
  }
  if ('encoder.conv_in.weight' in shapes) {
    const vae = autoencoderKlConfig(config);
    const size = 8 * downsamplingFactor(vae);
    return (p) => {
      encode(p, vae, input('image', [1, vae.in_channels, size, size]));
      decode(p, vae, input('latents', [1, vae.latent_channels, 8, 8]));
    };
  }
  if ('text_model.final_layer_norm.weight' in shapes) {
    const clip = clipTextConfig(transformerNames(config));
    return (p) => clipText(p, clip, input('ids', [1, clip.max_position_embeddings], 'i64'));
  }
  if ('vision_model.post_layernorm.weight' in shapes) {
    const clip = clipVisionConfig(transformerNames(config));
    return (p) => clipVision(p, clip, input('image', [1, 3, clip.image_size, clip.image_size]));
  }
  if ('fc.weight' in shapes) {
    const classifier = resnetConfigOf(new Map(Object.entries(shapes)));
    return (p) => resnet(p, classifier, input('image', [1, classifier.in_channels, 64, 64]), true);
  }
  if ('patch_embed.proj.weight' in shapes) {
    const config = vitConfigOf(new Map(Object.entries(shapes)));
    return (p) => vit(p, config, input('image', [1, 3, config.image_size, config.image_size]));
  }
  throw new Error(`no network has these names: ${Object.keys(shapes).slice(0, 3).join(', ')}`);
}

/** The blocks of the published full-size U-Nets, for a config that only says what differs. */
const UNET_BLOCKS = {
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
};

/** A tower's config may also have the short names of the research code's class: `layers` and `heads`. */
const transformerNames = (config: Json) => ({
  ...config,
  num_hidden_layers: config.num_hidden_layers ?? config.layers,
  num_attention_heads: config.num_attention_heads ?? config.heads,
});
