/**
 * Whole networks in both directions without an oracle: the gradient of every parameter and input, along a random
 * direction, against the difference of two forward runs. Residual networks have too many corners (rectifiers) for
 * that; nn-resnet.test.ts has numbers for them.
 */
import { describe, expect, it } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { constant, input, integers, numel, type Value } from '../../../src/core/graph/value.ts';
import { decode, encode } from '../../../src/core/nn/autoencoder-kl.ts';
import { clipTextEmbedding, contrastiveLoss } from '../../../src/core/nn/clip.ts';
import { clipText } from '../../../src/core/nn/clip-text.ts';
import { clipVision } from '../../../src/core/nn/clip-vision.ts';
import { type Params, paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import { vit } from '../../../src/core/nn/vit.ts';
import { randn, rngFromSeed } from '../../../src/core/rng.ts';
import { openSession, type Tensor } from '../../../src/main/runtime/runtime.ts';

interface Network {
  inputs: Value[];
  build(p: Params): Value;
}

const picture = (n: number, size: number) => input('image', [n, 3, size, size]);

function unet(linearProjection: boolean): Network {
  const sample = input('sample', [2, 4, 5, 7]); // halved: 3x4
  const states = input('states', [2, 3, 6]);
  const config = {
    in_channels: 4,
    out_channels: 4,
    sample_size: 8,
    block_out_channels: [4, 8],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    layers_per_block: 1,
    attention_head_dim: linearProjection ? [2, 4] : 2,
    cross_attention_dim: 6,
    norm_num_groups: 2,
    norm_eps: 1e-5,
    flip_sin_to_cos: true,
    freq_shift: 0,
    downsample_padding: linearProjection ? 0 : 1, // 0: right and bottom only
    use_linear_projection: linearProjection,
  };
  const timesteps = f.cast(integers([10, 700]), 'f32');
  return {
    inputs: [sample, states],
    build: (p) => unet2dCondition(p, config, { sample, timesteps, encoderHiddenStates: states }),
  };
}

function autoencoder(): Network {
  const image = picture(1, 8);
  const config = {
    in_channels: 3,
    out_channels: 3,
    latent_channels: 2,
    block_out_channels: [4, 8],
    layers_per_block: 1,
    norm_num_groups: 2,
  };
  return {
    inputs: [image],
    build(p) {
      const { mean, logvar } = encode(p, config, image);
      return decode(p, config, f.add(mean, f.exp(f.mul(logvar, 0.5))));
    },
  };
}

const clip = {
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  hidden_act: 'quick_gelu',
  layer_norm_eps: 1e-5,
};

const networks: Record<string, () => Network> = {
  'U-Net of a size that does not halve evenly': () => unet(false),
  'U-Net with linear projections and heads by level': () => unet(true),
  autoencoder: autoencoder,
  'text tower': () => ({
    inputs: [],
    build: (p) =>
      clipText(p, { ...clip, max_position_embeddings: 5, vocab_size: 6 }, integers([0, 3, 5, 3], [1, 4])),
  }),
  'image tower': () => {
    const image = picture(2, 8);
    const config = { ...clip, image_size: 8, patch_size: 4, projection_dim: 5 };
    return { inputs: [image], build: (p) => clipVision(p, config, image).embedding };
  },
  "CLIP's contrastive loss through both towers": () => {
    const image = picture(3, 8);
    const text = { ...clip, max_position_embeddings: 5, vocab_size: 6 };
    const config = {
      text,
      vision: { ...clip, image_size: 8, patch_size: 4, projection_dim: 5 },
      endToken: 5,
    };
    const ids = integers([0, 3, 5, 5, 0, 5, 5, 5, 0, 3, 5, 5], [3, 4]);
    // The first and the last text are alike.
    const targets = constant([0.5, 0, 0.5, 0, 1, 0, 0.5, 0, 0.5], [3, 3]);
    return {
      inputs: [image],
      build: (p) =>
        contrastiveLoss(
          clipVision(p, config.vision, image).embedding,
          clipTextEmbedding(p, config, ids, integers([2, 5, 10])),
          p.get('logit_scale', []),
          targets,
        ),
    };
  },
  ViT: () => {
    const image = picture(2, 8);
    const config = {
      image_size: 8,
      patch_size: 4,
      width: 8,
      depth: 1,
      heads: 2,
      mlp_width: 12,
      num_classes: 3,
    };
    return { inputs: [image], build: (p) => vit(p, config, image).logits! };
  },
};

describe.each(Object.keys(networks))('%s', (name) => {
  it('goes back as it went forward', async () => {
    const network = networks[name]();
    const source = trainableSource();
    const out = network.build(paramsOf(source));
    const rng = rngFromSeed(1, name);
    const target = input('target', out.shape);
    const loss = f.mseLoss(out, target);
    const leaves = new Map<string, Value>(source.parameters);
    for (const leaf of network.inputs) leaves.set((leaf as { name: string }).name, leaf);

    const feeds: Record<string, Tensor> = { target: { dims: out.shape, data: randn(numel(out.shape), rng) } };
    for (const [leaf, { shape }] of leaves) {
      const ofNorm = /norm\w*\.weight$/.test(leaf);
      const scale = network.inputs.some((i) => i.kind === 'input' && i.name === leaf) ? 1 : 0.3;
      const data = randn(numel(shape), rng).map((v) => scale * v + (ofNorm ? 1 : 0));
      feeds[leaf] = { dims: shape, data };
    }
    const names = [...leaves.keys()];
    const gradients = backward(loss, [...leaves.values()]);
    const outputs = Object.fromEntries(gradients.map((g, i) => [`gradient ${names[i]}`, g]));
    const open = (values: Record<string, Value>) =>
      openSession(encodeGraph(values).bytes, { provider: 'cpu', threads: 1 });
    const [both, forward] = [await open({ loss, ...outputs }), await open({ loss })];
    const first = await both.run(feeds);
    const lossOf = async (changed: Record<string, Tensor>) =>
      ((await forward.run({ ...feeds, ...changed })).loss.data as Float32Array)[0];
    const here = (first.loss.data as Float32Array)[0];

    const step = 4e-3;
    let told = 0;
    for (const leaf of names) {
      const { dims, data } = feeds[leaf] as { dims: number[]; data: Float32Array };
      const gradient = first[`gradient ${leaf}`].data as Float32Array;
      expect(gradient).toHaveLength(data.length);
      const direction = randn(data.length, rng);
      /** (L(x + h d) - L(x - h d)) / 2h, with an error of h^2. */
      const slope = async (h: number) => {
        const moved = (sign: number) => ({
          [leaf]: { dims, data: data.map((v, i) => v + sign * h * direction[i]) },
        });
        return ((await lossOf(moved(1))) - (await lossOf(moved(-1)))) / (2 * h);
      };
      const [wide, narrow] = [await slope(2 * step), await slope(step)];
      const wanted = narrow + (narrow - wide) / 3; // Richardson: without the h^2
      const got = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
      const noise = (2e-7 * here) / step; // of two losses in float32
      const tolerance = 4 * noise + 0.01 * Math.abs(got) + 3 * Math.abs(narrow - wide);
      expect(Math.abs(got - wanted), `${leaf}: ${got}, differences say ${wanted}`).toBeLessThan(tolerance);
      if (Math.abs(got) > 10 * tolerance) told++;
    }
    await both.close();
    await forward.close();
    // Some do not matter (a key's bias, what a batch norm takes away again); most must be far from the tolerance.
    expect(told / names.length).toBeGreaterThan(0.6);
  });
});
