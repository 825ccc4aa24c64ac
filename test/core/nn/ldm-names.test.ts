/** Single-file names against a generator that numbers the blocks as the research code's constructors do. */
import { describe, expect, it } from 'vitest';
import { input, type Shape } from '../../../src/core/graph/value.ts';
import { clipText } from '../../../src/core/nn/clip-text.ts';
import { type LdmPart, ldmParts } from '../../../src/core/nn/ldm-names.ts';
import { recordParameters } from '../../../src/core/nn/params.ts';
import { textConfig, textParameters, unetParameters, vaeParameters } from './stable-diffusion-1.ts';

type Tensors = [name: string, shape: Shape][];

const affine = (at: string, weight: Shape): Tensors => [
  [`${at}.weight`, weight],
  [`${at}.bias`, [weight[0]]],
];
const conv = (at: string, inC: number, outC: number, k = 3) => affine(at, [outC, inC, k, k]);

const timedBlock = (at: string, inC: number, outC: number): Tensors => [
  ...affine(`${at}.in_layers.0`, [inC]),
  ...conv(`${at}.in_layers.2`, inC, outC),
  ...affine(`${at}.emb_layers.1`, [outC, 1280]),
  ...affine(`${at}.out_layers.0`, [outC]),
  ...conv(`${at}.out_layers.3`, outC, outC),
  ...(inC === outC ? [] : conv(`${at}.skip_connection`, inC, outC, 1)),
];

function spatialTransformer(at: string, c: number): Tensors {
  const block = `${at}.transformer_blocks.0`;
  const attention = (name: string, context: number): Tensors => [
    [`${block}.${name}.to_q.weight`, [c, c]],
    [`${block}.${name}.to_k.weight`, [c, context]],
    [`${block}.${name}.to_v.weight`, [c, context]],
    ...affine(`${block}.${name}.to_out.0`, [c, c]),
  ];
  return [
    ...affine(`${at}.norm`, [c]),
    ...conv(`${at}.proj_in`, c, c, 1),
    ...attention('attn1', c),
    ...affine(`${block}.ff.net.0.proj`, [8 * c, c]),
    ...affine(`${block}.ff.net.2`, [c, 4 * c]),
    ...attention('attn2', 768),
    ...[1, 2, 3].flatMap((i) => affine(`${block}.norm${i}`, [c])),
    ...conv(`${at}.proj_out`, c, c, 1),
  ];
}

function unetTensors(): Tensors {
  const widths = [320, 640, 1280, 1280];
  const out: Tensors = [
    ...affine('time_embed.0', [1280, 320]),
    ...affine('time_embed.2', [1280, 1280]),
    ...conv('input_blocks.0.0', 4, 320),
  ];
  const skips = [320];
  let c = 320;
  let n = 1;
  widths.forEach((width, l) => {
    for (let i = 0; i < 2; i++, n++) {
      out.push(...timedBlock(`input_blocks.${n}.0`, c, width));
      if (l < 3) out.push(...spatialTransformer(`input_blocks.${n}.1`, width));
      c = width;
      skips.push(c);
    }
    if (l < 3) {
      out.push(...conv(`input_blocks.${n}.0.op`, c, c));
      n++;
      skips.push(c);
    }
  });
  out.push(...timedBlock('middle_block.0', 1280, 1280));
  out.push(...spatialTransformer('middle_block.1', 1280));
  out.push(...timedBlock('middle_block.2', 1280, 1280));
  n = 0;
  for (let l = 3; l >= 0; l--) {
    for (let i = 0; i < 3; i++, n++) {
      let next = 0;
      out.push(...timedBlock(`output_blocks.${n}.${next++}`, c + skips.pop()!, widths[l]));
      c = widths[l];
      if (l < 3) out.push(...spatialTransformer(`output_blocks.${n}.${next++}`, c));
      if (l > 0 && i === 2) out.push(...conv(`output_blocks.${n}.${next}.conv`, c, c));
    }
  }
  return [...out, ...affine('out.0', [320]), ...conv('out.2', 320, 4)];
}

const plainBlock = (at: string, inC: number, outC: number): Tensors => [
  ...affine(`${at}.norm1`, [inC]),
  ...conv(`${at}.conv1`, inC, outC),
  ...affine(`${at}.norm2`, [outC]),
  ...conv(`${at}.conv2`, outC, outC),
  ...(inC === outC ? [] : conv(`${at}.nin_shortcut`, inC, outC, 1)),
];
const middle = (at: string): Tensors => [
  ...plainBlock(`${at}.block_1`, 512, 512),
  ...affine(`${at}.attn_1.norm`, [512]),
  ...['q', 'k', 'v', 'proj_out'].flatMap((name) => conv(`${at}.attn_1.${name}`, 512, 512, 1)),
  ...plainBlock(`${at}.block_2`, 512, 512),
];

function vaeTensors(): Tensors {
  const widths = [128, 256, 512, 512];
  const out: Tensors = conv('encoder.conv_in', 3, 128);
  let c = 128;
  widths.forEach((width, l) => {
    for (let i = 0; i < 2; i++) {
      out.push(...plainBlock(`encoder.down.${l}.block.${i}`, c, width));
      c = width;
    }
    if (l < 3) out.push(...conv(`encoder.down.${l}.downsample.conv`, c, c));
  });
  out.push(
    ...middle('encoder.mid'),
    ...affine('encoder.norm_out', [512]),
    ...conv('encoder.conv_out', 512, 8),
  );
  out.push(...conv('decoder.conv_in', 4, 512), ...middle('decoder.mid'));
  for (let l = 3; l >= 0; l--) {
    for (let i = 0; i < 3; i++) {
      out.push(...plainBlock(`decoder.up.${l}.block.${i}`, c, widths[l]));
      c = widths[l];
    }
    if (l > 0) out.push(...conv(`decoder.up.${l}.upsample.conv`, c, c));
  }
  out.push(...affine('decoder.norm_out', [128]), ...conv('decoder.conv_out', 128, 3));
  return [...out, ...conv('quant_conv', 8, 8, 1), ...conv('post_quant_conv', 4, 4, 1)];
}

const textTensors = (): Tensors => textParameters().map(({ name, shape }) => [name, shape]);

const file = (textPrefix = 'cond_stage_model.transformer.') => {
  const named = (prefix: string, tensors: Tensors) =>
    tensors.map(([name, shape]) => [prefix + name, { shape }] as const);
  return new Map([
    ...named('model.diffusion_model.', unetTensors()),
    ...named('first_stage_model.', vaeTensors()),
    ...named(textPrefix, textTensors()),
  ]);
};

describe('names of a single file', () => {
  it.each([
    ['unet', unetParameters(), 686],
    ['vae', vaeParameters(), 248],
    ['text', textParameters(), 196],
  ] as const)('are those of the %s, one to one, with their shapes', (part: LdmPart, wanted, count) => {
    const parts = ldmParts(file());
    const got = [...parts[part]].map(([name, { shape }]) => ({ name, shape }));
    expect(got).toHaveLength(count);
    const sorted = <T extends { name: string }>(list: readonly T[]) =>
      [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(sorted(got)).toEqual(sorted(wanted));
    expect(new Set([...parts[part].values()].map((t) => t.stored)).size).toBe(count);
    expect(parts.other).toEqual([]);
  });

  it('some, by hand', () => {
    const { unet, vae } = ldmParts(file());
    const stored = 'model.diffusion_model.output_blocks.5.2.conv.weight';
    expect(unet.get('up_blocks.1.upsamplers.0.conv.weight')).toEqual({ stored, shape: [1280, 1280, 3, 3] });
    expect(unet.get('down_blocks.1.resnets.0.conv_shortcut.bias')?.stored).toBe(
      'model.diffusion_model.input_blocks.4.0.skip_connection.bias',
    );
    const query = 'first_stage_model.decoder.mid.attn_1.q.weight'; // stored as [512,512,1,1]
    expect(vae.get('decoder.mid_block.attentions.0.to_q.weight')).toEqual({
      stored: query,
      shape: [512, 512],
    });
  });

  it('what belongs to no part is told apart; what a network has no place for keeps its name', () => {
    const tensors = file().set('alphas_cumprod', { shape: [1000] });
    tensors.set('model.diffusion_model.extra.weight', { shape: [1] });
    expect(ldmParts(tensors).unet.has('model.diffusion_model.extra.weight')).toBe(true);
    tensors.set('model_ema.decay', { shape: [] });
    expect(ldmParts(tensors).other).toEqual(['alphas_cumprod', 'model_ema.decay']);
  });

  it("a text tower that has lost its module's name is read; one that is there twice is not", () => {
    const bare = new Map(
      [...file()].map(([name, t]) => [name.replace('transformer.text_model.', 'transformer.'), t]),
    );
    expect(ldmParts(bare).text.size).toBe(196);
    expect(() => ldmParts(new Map([...file(), ...bare]))).toThrow('are the same parameter, text_model.');
  });

  it("OpenCLIP's text encoder is read as diffusers saves it: 23 of 24 blocks, projections apart", () => {
    const width = 1024;
    const block = (n: number): Tensors => {
      const at = `transformer.resblocks.${n}`;
      return [
        ...affine(`${at}.ln_1`, [width]),
        [`${at}.attn.in_proj_weight`, [3 * width, width]],
        [`${at}.attn.in_proj_bias`, [3 * width]],
        ...affine(`${at}.attn.out_proj`, [width, width]),
        ...affine(`${at}.ln_2`, [width]),
        ...affine(`${at}.mlp.c_fc`, [4 * width, width]),
        ...affine(`${at}.mlp.c_proj`, [width, 4 * width]),
      ];
    };
    const tower: Tensors = [
      ['positional_embedding', [77, width]],
      ['token_embedding.weight', [49408, width]],
      ...Array.from({ length: 24 }, (_, n) => block(n)).flat(),
      ...affine('ln_final', [width]),
      ['text_projection', [width, width]],
      ['logit_scale', []],
    ];
    const two = new Map([...file()].filter(([name]) => !name.startsWith('cond_stage_model.')));
    for (const [name, shape] of tower) two.set(`cond_stage_model.model.${name}`, { shape });
    const { text, other, openClip } = ldmParts(two);
    const config = { ...textConfig, hidden_size: width, intermediate_size: 4 * width };
    const wanted = recordParameters((p) =>
      clipText(
        p,
        { ...config, num_hidden_layers: 23, num_attention_heads: 16, hidden_act: 'gelu' },
        input('ids', [1, 77], 'i64'),
      ),
    );
    expect(openClip).toBe(true);
    expect(Object.fromEntries([...text].map(([name, { shape }]) => [name, shape]))).toEqual(
      Object.fromEntries(wanted.map(({ name, shape }) => [name, shape])),
    );
    expect(text.get('text_model.encoder.layers.4.self_attn.v_proj.bias')).toEqual({
      stored: 'cond_stage_model.model.transformer.resblocks.4.attn.in_proj_bias',
      shape: [width],
      third: 2,
    });
    expect(other.map((name) => name.replace(/^cond_stage_model\.model\./, ''))).toEqual(
      tower.map(([name]) => name).filter((name) => /resblocks\.23|text_projection|logit_scale/.test(name)),
    );
    expect(ldmParts(file()).openClip).toBe(false);
  });

  it('other models are refused by name', () => {
    expect(() => ldmParts(file('conditioner.embedders.0.'))).toThrow(
      'this is a Stable Diffusion XL model; Crux opens Stable Diffusion 1.x and 2.x',
    );
    const flux = 'model.diffusion_model.double_blocks.0.img_attn.qkv.weight';
    expect(() => ldmParts(file().set(flux, { shape: [3, 3] }))).toThrow('a FLUX.1 model');
    const headless = new Map([...file()].filter(([name]) => !name.startsWith('first_stage_model.')));
    expect(() => ldmParts(headless)).toThrow('the file has no first_stage_model.*');
  });
});
