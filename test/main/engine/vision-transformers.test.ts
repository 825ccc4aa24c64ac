/** ViT and CLIP's image tower against timm 1.0 and transformers 5 (PyTorch 2.15), with the numbers of sine-network.ts. */
import { describe, expect, it } from 'vitest';
import * as f from '../../../src/core/graph/functions.ts';
import { constant, input } from '../../../src/core/graph/value.ts';
import { clipVision } from '../../../src/core/nn/clip-vision.ts';
import { paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { type VitConfig, vit, vitConfigOf } from '../../../src/core/nn/vit.ts';
import { near, runSines } from './sine-network.ts';

const image = input('image', [2, 3, 8, 8]);
const config: VitConfig = {
  image_size: 8,
  patch_size: 4,
  num_channels: 3,
  width: 8,
  depth: 2,
  heads: 2,
  mlp_width: 32,
  num_classes: 3,
};

describe('vision transformers', () => {
  it('vit, with gradients', async () => {
    const names = ['pos_embed', 'blocks.0.attn.qkv.weight', 'patch_embed.proj.weight'];
    const got = await runSines(
      image,
      (p) => {
        const { features, logits } = vit(p, config, image);
        return { features, logits, loss: f.sumAll(f.mul(logits, constant([0, 1, 2, 3, 4, 5], [2, 3]))) };
      },
      names,
    );
    near(got('logits', 6), [0.2266038, 0.6157167, 0.7261492, 0.1694942, 0.5487726, 0.6794195]);
    near(got('features', 4), [-0.7099804, 0.5310627, 0.6779279, -0.1644899]);
    near(got('gradient pos_embed', 4), [-0.2640423, -0.0922689, 0.4417839, 0.8774719]);
    near(got('gradient blocks.0.attn.qkv.weight', 4), [-0.0483011, -0.0072179, 0.0245582, 0.0420526]);
    near(got('gradient patch_embed.proj.weight', 4), [0.096171, 0.0754939, 0.0445989, 0.0076677]);
  });

  it('the config is told from the parameters', () => {
    const source = trainableSource();
    vit(paramsOf(source), config, image);
    const shapes = new Map([...source.parameters].map(([name, v]) => [name, v.shape]));
    expect(vitConfigOf(shapes, 4)).toEqual(config);
    expect(() => vitConfigOf(shapes)).toThrow("width 8 is no multiple of a head's 64");
    shapes.delete('head.weight');
    expect(() => vitConfigOf(shapes, 4)).toThrow('head.weight is missing');
  });

  it("CLIP's image tower", async () => {
    const got = await runSines(image, (p) => {
      const { pooled, embedding } = clipVision(
        p,
        {
          hidden_size: 8,
          intermediate_size: 16,
          projection_dim: 5,
          num_hidden_layers: 2,
          num_attention_heads: 2,
          image_size: 8,
          patch_size: 4,
          hidden_act: 'quick_gelu',
          layer_norm_eps: 1e-5,
        },
        image,
      );
      return { pooled, embedding };
    });
    near(
      got('embedding', 10),
      [
        0.5437428, 0.469167, 0.183997, -0.1837634, -0.4690382, 0.4643549, 0.4328293, 0.2070204, -0.1117134,
        -0.3803026,
      ],
    );
    near(got('pooled', 4), [-0.5829771, 0.18353, 1.2461481, 0.6535168]);
  });

  it('pictures of another size are refused', () => {
    const large = input('image', [1, 3, 16, 16]);
    expect(() => vit(paramsOf(trainableSource()), config, large)).toThrow(
      'patch_embed.proj: pictures are [3,16,16], the model wants [3,8,8]',
    );
  });
});
