/** Owns the checks of whole models by their parameters alone: every name and shape resolves and none is left over. */
import { input } from '../../../src/core/graph/value.ts';
import { type AutoencoderConfig, decode, encode } from '../../../src/core/nn/autoencoder-kl.ts';
import { type ClipTextConfig, clipText } from '../../../src/core/nn/clip-text.ts';
import { type Params, paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { resnet } from '../../../src/core/nn/resnet.ts';
import { type UNetConfig, unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import type { Json, OracleCase } from '../case.ts';
import { type Check, same, statement } from '../compare.ts';
import type { CaseRun } from '../graph.ts';
import { resnetOfShapes } from './resnet.ts';

interface Sizes {
  config: Json;
  tensors: number;
  parameters: number;
  shapes: Record<string, number[]>;
}

export function sizesCase(c: OracleCase): CaseRun {
  const files = c.files().filter((file) => file.endsWith('.json') && file !== 'meta.json');
  return {
    parts: files.map((file) => ({ name: file, run: async () => checkSizes(c, file) })),
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

/** What is a name's network: the four kinds have no name in common. */
function networkOf({ config, shapes }: Sizes): (p: Params) => void {
  if ('conv_in.weight' in shapes) {
    const unet: UNetConfig = { ...UNET_DEFAULTS, ...config };
    const size = unet.sample_size;
    return (p) =>
      unet2dCondition(p, unet, {
        sample: input('sample', [1, unet.in_channels, size, size]),
        timesteps: input('timesteps', [1]),
        encoderHiddenStates: input('states', [1, 77, unet.cross_attention_dim]),
      });
  }
  if ('encoder.conv_in.weight' in shapes) {
    const vae: AutoencoderConfig = { ...VAE_DEFAULTS, ...config };
    const size = 8 * 2 ** (vae.block_out_channels.length - 1);
    return (p) => {
      encode(p, vae, input('image', [1, vae.in_channels, size, size]));
      decode(p, vae, input('latents', [1, vae.latent_channels, 8, 8]));
    };
  }
  if ('text_model.final_layer_norm.weight' in shapes) {
    const clip = textConfig(config);
    return (p) => clipText(p, clip, input('ids', [1, clip.max_position_embeddings], 'i64'));
  }
  if ('fc.weight' in shapes) {
    const classifier = resnetOfShapes(shapes);
    return (p) => resnet(p, classifier, input('image', [1, classifier.in_channels, 64, 64]), true);
  }
  throw new Error(`no network has these names: ${Object.keys(shapes).slice(0, 3).join(', ')}`);
}

/** What the published full-size configs have, for those of a folder that only say what differs. */
const UNET_DEFAULTS = {
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  norm_eps: 1e-5,
  flip_sin_to_cos: true,
  freq_shift: 0,
  downsample_padding: 1,
};

const VAE_DEFAULTS = { in_channels: 3, out_channels: 3, latent_channels: 4, norm_num_groups: 32 };

/** Also under the short names of the research code's class: `layers` and `heads`. */
function textConfig(config: Json): ClipTextConfig {
  return {
    layer_norm_eps: 1e-5,
    hidden_act: 'quick_gelu',
    ...config,
    num_hidden_layers: config.num_hidden_layers ?? config.layers,
    num_attention_heads: config.num_attention_heads ?? config.heads,
  };
}
