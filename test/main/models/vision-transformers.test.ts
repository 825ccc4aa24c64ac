/** ViT, CLIP's image tower and transformers' residual networks against timm 1.0 and transformers 5 (PyTorch 2.15), with the numbers of sine-network.ts. */
import { describe, expect, it } from 'vitest';
import * as f from '../../../src/core/graph/functions.ts';
import { constant, input, type Value } from '../../../src/core/graph/value.ts';
import { clipVision } from '../../../src/core/nn/clip-vision.ts';
import { paramsOf, renamed, trainableSource } from '../../../src/core/nn/params.ts';
import { resnet } from '../../../src/core/nn/resnet.ts';
import { transformersResnetName, transformersVitName } from '../../../src/core/nn/transformers-names.ts';
import { type VitConfig, vit, vitConfigOf } from '../../../src/core/nn/vit.ts';
import { near, runSines } from '../runtime/sine-network.ts';

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

const inClassifier = (name: string) => transformersVitName(name).replace(/^(?!classifier)/, 'vit.');

const weighted = (logits: Value) => f.sumAll(f.mul(logits, constant([0, 1, 2, 3, 4, 5], [2, 3])));

describe('vision transformers', () => {
  it('vit, with gradients', async () => {
    const names = ['pos_embed', 'blocks.0.attn.qkv.weight', 'patch_embed.proj.weight'];
    const got = await runSines(
      image,
      (p) => {
        const { features, logits } = vit(p, config, image);
        return { features, logits: logits!, loss: weighted(logits!) };
      },
      names,
    );
    near(got('logits', 6), [0.2266038, 0.6157167, 0.7261492, 0.1694942, 0.5487726, 0.6794195]);
    near(got('features', 4), [-0.7099804, 0.5310627, 0.6779279, -0.1644899]);
    near(got('gradient pos_embed', 4), [-0.2640423, -0.0922689, 0.4417839, 0.8774719]);
    near(got('gradient blocks.0.attn.qkv.weight', 4), [-0.0483011, -0.0072179, 0.0245582, 0.0420526]);
    near(got('gradient patch_embed.proj.weight', 4), [0.096171, 0.0754939, 0.0445989, 0.0076677]);
  });

  it("vit as transformers' ViTForImageClassification, and as ViTModel, which has no last layer", async () => {
    const query = 'vit.encoder.layer.0.attention.attention.query.weight';
    const key = 'vit.encoder.layer.0.attention.attention.key.weight';
    const separate = { ...config, separate_qkv: true, norm_eps: 1e-12 };
    const got = await runSines(
      image,
      (p) => {
        const { logits } = vit(paramsOf(renamed(p.source, inClassifier)), separate, image);
        return { logits: logits!, loss: weighted(logits!) };
      },
      [query, key],
    );
    near(got('logits', 6), [-0.0294448, 0.41988, 0.6779706, -0.056776, 0.1102373, 0.2250052]);
    near(got(`gradient ${query}`, 4), [0.2286624, 0.5247161, 0.5985957, 0.2886752]);
    near(got(`gradient ${key}`, 4), [-0.0177523, -0.2526068, -0.8790867, -0.0402179]);
    const model = await runSines(image, (p) => {
      const under = paramsOf(renamed(p.source, transformersVitName));
      const { features, logits } = vit(under, { ...separate, num_classes: null }, image);
      expect(logits).toBeNull();
      return { features };
    });
    near(model('features', 4), [-0.0891135, -0.0380938, -1.1116617, 1.5056699]);
  });

  it.each([
    ['basic', [-0.0241552, 0.1513384, 0.2561378, 0.0026127, 0.1562839, 0.2370408]],
    ['bottleneck', [0.5081532, -0.2797316, 0.4387361, 0.5102576, -0.2825311, 0.441769]],
  ] as const)(
    "residual networks of %s blocks as transformers' ResNetForImageClassification",
    async (block, wanted) => {
      const larger = input('image', [2, 3, 16, 16]);
      const shape = { in_channels: 3, widths: [4, 8], depths: [2, 1], num_classes: 3 };
      const got = await runSines(larger, (p) => {
        const under = paramsOf(renamed(p.source, transformersResnetName));
        return { logits: resnet(under, { ...shape, stem: 'imagenet', block }, larger, false).logits };
      });
      near(got('logits', 6), wanted);
    },
  );

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
