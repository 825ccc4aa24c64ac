/** LoRA layouts and textual inversion: names, alpha, round trips, and what is refused. */
import { describe, expect, it } from 'vitest';
import { input } from '../../../src/core/graph/value.ts';
import { fromKohya, toKohya } from '../../../src/core/nn/adapters/kohya-names.ts';
import { type LoraAdapter, type Matrix, withAdapters } from '../../../src/core/nn/adapters/lora-adapter.ts';
import { numberedPaths } from '../../../src/core/nn/adapters/numbered-names.ts';
import { readLora } from '../../../src/core/nn/adapters/read-lora.ts';
import {
  readLearnedTokens,
  requireTokens,
  writeLearnedToken,
} from '../../../src/core/nn/adapters/textual-inversion.ts';
import { writeLora } from '../../../src/core/nn/adapters/write-lora.ts';
import { conv, linear } from '../../../src/core/nn/layers.ts';
import { paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { loraLayer } from './lora-layer.ts';

let counter = 0;
const matrix = (...shape: number[]): Matrix => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.sin(++counter)),
});
const scalar = (value: number): Matrix => ({ shape: [], data: Float32Array.of(value) });
const tensors = (entries: Record<string, Matrix>) => new Map(Object.entries(entries));
const layer = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1';
const te = 'text_model.encoder.layers.3.self_attn';

describe('LoRA layouts', () => {
  const down = matrix(4, 8);
  const up = matrix(6, 4);
  const pair = (a: string, b: string, extra: Record<string, Matrix> = {}) =>
    tensors({ [a]: down, [b]: up, ...extra });

  it.each<[string, Map<string, Matrix>, 'unet' | 'text_encoder', string, number]>([
    [
      'PEFT',
      pair(`unet.${layer}.to_q.lora_A.weight`, `unet.${layer}.to_q.lora_B.weight`),
      'unet',
      `${layer}.to_q`,
      4,
    ],
    [
      'PEFT with its own prefix',
      pair(`base_model.model.${layer}.to_q.lora_A.weight`, `base_model.model.${layer}.to_q.lora_B.weight`),
      'unet',
      `${layer}.to_q`,
      4,
    ],
    [
      'PEFT after the part',
      pair(
        `unet.base_model.model.${layer}.to_q.lora_A.weight`,
        `unet.base_model.model.${layer}.to_q.lora_B.weight`,
      ),
      'unet',
      `${layer}.to_q`,
      4,
    ],
    [
      'PEFT text encoder without part',
      pair(`base_model.model.${te}.q_proj.lora_A.weight`, `base_model.model.${te}.q_proj.lora_B.weight`),
      'text_encoder',
      `${te}.q_proj`,
      4,
    ],
    [
      'lora.down',
      pair(`unet.${layer}.to_k.lora.down.weight`, `unet.${layer}.to_k.lora.up.weight`),
      'unet',
      `${layer}.to_k`,
      4,
    ],
    [
      'lora_linear_layer with alpha',
      pair(
        `text_encoder.${te}.k_proj.lora_linear_layer.down.weight`,
        `text_encoder.${te}.k_proj.lora_linear_layer.up.weight`,
        {
          [`text_encoder.${te}.k_proj.alpha`]: scalar(2),
        },
      ),
      'text_encoder',
      `${te}.k_proj`,
      2,
    ],
    [
      'processors',
      pair(`${layer}.processor.to_out_lora.down.weight`, `${layer}.processor.to_out_lora.up.weight`),
      'unet',
      `${layer}.to_out.0`,
      4,
    ],
    [
      'processors of the text encoder',
      pair(`text_encoder.${te}.to_v_lora.down.weight`, `text_encoder.${te}.to_v_lora.up.weight`),
      'text_encoder',
      `${te}.v_proj`,
      4,
    ],
    [
      'kohya',
      pair(
        `${toKohya('unet', `${layer}.to_out.0`)}.lora_down.weight`,
        `${toKohya('unet', `${layer}.to_out.0`)}.lora_up.weight`,
        {
          [`${toKohya('unet', `${layer}.to_out.0`)}.alpha`]: scalar(1.5),
        },
      ),
      'unet',
      `${layer}.to_out.0`,
      1.5,
    ],
    [
      'kohya text encoder, no alpha',
      pair(
        `${toKohya('text_encoder', `${te}.out_proj`)}.lora_down.weight`,
        `${toKohya('text_encoder', `${te}.out_proj`)}.lora_up.weight`,
      ),
      'text_encoder',
      `${te}.out_proj`,
      4,
    ],
  ])('%s', (_, file, part, path, alpha) => {
    const read = readLora(file);
    expect([...read[part]]).toEqual([[path, loraLayer(down, up, alpha)]]);
    expect(read.unet.size + read.text_encoder.size).toBe(1);
  });

  it('alpha comes from the metadata before the config beside the file, by layer where a pattern says so', () => {
    const file = tensors({
      'unet.a.to_q.lora_A.weight': down,
      'unet.a.to_q.lora_B.weight': up,
      'unet.b.to_k.lora_A.weight': down,
      'unet.b.to_k.lora_B.weight': up,
    });
    const alphas = (facts: Parameters<typeof readLora>[1]) =>
      [...readLora(file, facts).unet.values()].map((p) => p.alpha);
    const told = {
      'unet.r': 4,
      'unet.lora_alpha': 12,
      'unet.alpha_pattern': { to_k: 3 },
      'text_encoder.lora_alpha': 5,
    };
    const metadata = { lora_adapter_metadata: JSON.stringify(told) };
    expect(alphas({ metadata, config: { lora_alpha: 7 } })).toEqual([12, 3]);
    expect(alphas({ config: { lora_alpha: 7 } })).toEqual([7, 7]);
    expect(alphas({ config: { lora_alpha: 7, use_rslora: true } })).toEqual([7, 7]);
    const scales = (facts: Parameters<typeof readLora>[1]) =>
      [...readLora(file, facts).unet.values()].map((p) => p.scale);
    expect(scales({ config: { lora_alpha: 7, use_rslora: true } })).toEqual([3.5, 3.5]);
    expect(alphas({})).toEqual([4, 4]);
    expect(() => alphas({ config: { lora_alpha: 7, use_dora: true } })).toThrow('no magnitude vector');
  });

  const header = (config: unknown) => ({ metadata: { lora_adapter_metadata: JSON.stringify(config) } });

  it.each([
    ['PEFT', 'unet.a.to_q.lora_A.weight', 'unet.a.to_q.lora_B.weight', 'unet.a.to_q'],
    ['diffusers', 'unet.a.to_q.lora.down.weight', 'unet.a.to_q.lora.up.weight', 'unet.a.to_q'],
    ['linear layers', 'a.to_q.lora_linear_layer.down.weight', 'a.to_q.lora_linear_layer.up.weight', 'a.to_q'],
    ['processors', 'a.processor.to_q_lora.down.weight', 'a.processor.to_q_lora.up.weight', 'a.to_q'],
    ['kohya', 'lora_unet_a_to_q.lora_down.weight', 'lora_unet_a_to_q.lora_up.weight', 'lora_unet_a_to_q'],
    ['LyCORIS', 'lycoris_a_to_q.lora_down.weight', 'lycoris_a_to_q.lora_up.weight', 'lycoris_a_to_q'],
  ])('the header speaks for %s', (_, a, b, name) => {
    const scales = (config: unknown, extra = {}) =>
      [...readLora(pair(a, b, extra), header(config)).unet].map(([path, { scale }]) => [path, scale]);
    expect(scales({ 'unet.r': 4, 'unet.lora_alpha': 8 })).toEqual([['a.to_q', 2]]);
    expect(scales({ 'unet.lora_alpha': 8, 'unet.use_rslora': true })).toEqual([['a.to_q', 4]]);
    expect(scales({ r: 4, lora_alpha: 2 })).toEqual([['a.to_q', 0.5]]);
    // The other part's is not its own.
    expect(scales({ 'text_encoder.lora_alpha': 8 })).toEqual([['a.to_q', 1]]);
    // What the tensors say goes first.
    expect(scales({ 'unet.lora_alpha': 8 }, { [`${name}.alpha`]: scalar(1) })).toEqual([['a.to_q', 0.25]]);
  });

  it('PEFT scales a LoKr of whole factors, LyCORIS does not', () => {
    const file = tensors({
      'base_model.model.a.lokr_w1': matrix(2, 2),
      'base_model.model.a.lokr_w2': matrix(3, 4),
    });
    expect(readLora(file, { config: { r: 8, alpha: 4 } }).unet.get('a')).toMatchObject({
      alpha: 4,
      scale: 0.5,
    });
    expect(readLora(file).unet.get('a')).toMatchObject({ alpha: null, scale: 1 });
  });

  it("patterns match as PEFT's do: ends of names, the first that does, or expressions", () => {
    const file = tensors(
      Object.fromEntries(
        ['down.0.to_q', 'down.1.to_q', 'up.to_q2', 'mid.to_k'].flatMap((path) => [
          [`unet.${path}.lora_A.weight`, down],
          [`unet.${path}.lora_B.weight`, up],
        ]),
      ),
    );
    const alphas = (alpha_pattern: unknown) =>
      [...readLora(file, header({ lora_alpha: 1, alpha_pattern })).unet.values()].map((l) => l.alpha);
    expect(alphas({ to_q: 2, 'down.0.to_q': 3 })).toEqual([2, 2, 1, 1]);
    expect(alphas({ 'down.0.to_q': 3, to_q: 2 })).toEqual([3, 2, 1, 1]);
    expect(alphas({ 'down\\.\\d\\.to_[qk]': 3, '^mid.*': 5 })).toEqual([3, 3, 1, 5]);
    expect(alphas({ q: 2, o_q: 2 })).toEqual([1, 1, 1, 1]);
  });

  it.each([
    [{ r: 8 }, "unet.a.to_q: its LoRA is of rank 4, but the adapter's config says 8"],
    [{ lora_alpha: '8' }, 'alpha is "8" in the adapter\'s config, expected a number'],
    [{ use_rslora: 'yes' }, 'use_rslora is "yes"'],
    [{ alpha_pattern: ['to_q'] }, 'alpha_pattern is ["to_q"]'],
    [{ alpha_pattern: { '(': 1 } }, "neither the end of a layer's name nor a pattern"],
    [{ alpha_pattern: { '(a+)+b': 1 } }, 'more than Crux matches'],
    [['lora_alpha'], 'expected a table'],
    [{ use_dora: true }, 'there is no magnitude vector for this layer'],
  ])('a header that says %j is refused', (config, sentence) => {
    const file = pair('unet.a.to_q.lora_A.weight', 'unet.a.to_q.lora_B.weight');
    expect(() => readLora(file, header(config))).toThrow(sentence);
  });

  it.each([
    ['unet.a.to_q.lora_A.default_0.weight', 'unet.a.to_q.lora_B.default_0.weight', 'unet', 'a.to_q'],
    ['unet.a.to_q.lora_A.my_style.weight', 'unet.a.to_q.lora_B.my_style.weight', 'unet', 'a.to_q'],
    ['conv_in.lora_A.weight', 'conv_in.lora_B.weight', 'unet', 'conv_in'],
    [
      'text_encoder.encoder.layers.3.self_attn.q_proj.lora_A.weight',
      'text_encoder.encoder.layers.3.self_attn.q_proj.lora_B.weight',
      'text_encoder',
      `${te}.q_proj`,
    ],
    [
      'base_model.model.encoder.layers.3.self_attn.q_proj.lora_A.default.weight',
      'base_model.model.encoder.layers.3.self_attn.q_proj.lora_B.default.weight',
      'text_encoder',
      `${te}.q_proj`,
    ],
    [
      'lora_te_encoder_layers_3_self_attn_q_proj.lora_down.weight',
      'lora_te_encoder_layers_3_self_attn_q_proj.lora_up.weight',
      'text_encoder',
      `${te}.q_proj`,
    ],
    [
      'lycoris_text_model_encoder_layers_3_self_attn_q_proj.lora_down.weight',
      'lycoris_text_model_encoder_layers_3_self_attn_q_proj.lora_up.weight',
      'text_encoder',
      `${te}.q_proj`,
    ],
    [
      'lycoris_mid_block_resnets_0_conv1.lora_down.weight',
      'lycoris_mid_block_resnets_0_conv1.lora_up.weight',
      'unet',
      'mid_block.resnets.0.conv1',
    ],
  ] as const)('%s is of its layer', (a, b, part, path) => {
    expect([...readLora(pair(a, b))[part].keys()]).toEqual([path]);
  });

  it('numbered files follow the order of their library', () => {
    const unet = numberedPaths('unet', 144);
    expect(unet.slice(3, 6)).toEqual([
      'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0',
      'down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj',
      'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_q',
    ]);
    expect(unet[54]).toBe('up_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q');
    expect(unet[143]).toBe('mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0');
    expect(numberedPaths('text_encoder', 48)[5]).toBe('text_model.encoder.layers.1.self_attn.v_proj');
    const some = tensors({ 'unet:0:down': down, 'unet:0:up': up });
    expect(() => readLora(some)).toThrow('1 numbered layers of the U-Net, wanted the 144');
    const other = { metadata: { text_encoder: '["CLIPAttention","CLIPMLP"]' } };
    expect(() => readLora(tensors({ 'text_encoder:0:down': down, 'text_encoder:0:up': up }), other)).toThrow(
      'CLIPMLP',
    );
  });

  it.each([
    [
      'another kind of adapter is refused by its name',
      { 'lora_unet_conv_in.oft_blocks': down },
      'lora_unet_conv_in.oft_blocks is of OFT or BOFT, which is not supported; supported are LoRA',
    ],
    [
      'another model is refused by what is adapted',
      { 'lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight': down },
      'adapts the second text encoder of Stable Diffusion XL',
    ],
    [
      'an unknown key is refused',
      { 'lora_unet_??.lora_down.weight': down },
      /lora_unet_\?\?.*is in no LoRA layout/,
    ],
    ['a missing matrix is refused', { 'unet.a.lora_A.weight': down }, 'unet.a: the LoRA has no up matrix'],
    [
      'matrices that are no pair are refused',
      { 'unet.a.lora_A.weight': down, 'unet.a.lora_B.weight': matrix(6, 5) },
      'down [4,8] and up [6,5] are no pair',
    ],
    [
      'two of one are refused',
      { 'unet.a.lora_A.weight': down, 'unet.a.lora.down.weight': down },
      'more than one down',
    ],
    ['nothing is refused', {}, 'no LoRA matrices; the layouts known are kohya'],
    [
      'half a LoHa is refused',
      { 'lora_unet_a.hada_w1_a': matrix(6, 4), 'lora_unet_a.hada_w1_b': down, 'lora_unet_a.hada_w2_b': down },
      'unet.a: the LoHa has no hada_w2_a matrix',
    ],
    [
      'half a LoKr is refused',
      { 'lora_unet_a.lokr_w1': matrix(2, 2), 'lora_unet_a.lokr_w2_a': matrix(3, 2) },
      'unet.a: the LoKr has no lokr_w2_b matrix',
    ],
    [
      'half a Tucker decomposition is refused',
      { 'lora_unet_a.lora_mid.weight': matrix(2, 2, 3, 3), 'lora_unet_a.lora_up.weight': matrix(6, 2, 1, 1) },
      'unet.a: the LoRA has no down matrix',
    ],
    [
      'a magnitude alone is refused',
      { 'unet.a.lora_magnitude_vector': matrix(6) },
      'unet.a: the LoRA has no down',
    ],
    ['an alpha alone is refused', { 'lora_unet_a.alpha': scalar(4) }, 'unet.a: the LoRA has no down matrix'],
    [
      'two kinds on one layer are refused',
      { 'lora_unet_a.diff': matrix(6, 8), 'lora_unet_a.lora_down.weight': down },
      'unet.a: it has tensors of LoRA and of full difference at once',
    ],
    [
      'factors that do not go together are refused',
      {
        'lora_unet_a.lokr_w1': matrix(2, 2),
        'lora_unet_a.lokr_w2_a': matrix(3, 2),
        'lora_unet_a.lokr_w2_b': matrix(4, 5),
      },
      'unet.a: the matrices of its LoKr do not fit together (lokr_w1 [2,2], lokr_w2_a [3,2], lokr_w2_b [4,5])',
    ],
    [
      'a mid that does not go between is refused',
      {
        'lora_unet_a.lora_down.weight': matrix(4, 8, 1, 1),
        'lora_unet_a.lora_mid.weight': matrix(4, 3, 3, 3),
        'lora_unet_a.lora_up.weight': matrix(6, 4, 1, 1),
      },
      'down [4,8,1,1] and up [6,4,1,1] with mid [4,3,3,3] are no pair',
    ],
    ['GLoRA is refused by name', { 'lora_unet_a.a1.weight': down }, 'is of GLoRA'],
    ['IA3 is refused by name', { 'lycoris_a.on_input': scalar(1) }, 'is of IA3'],
    ['Flux is refused by name', { 'transformer.a.lora_A.weight': down }, 'adapts a diffusion transformer'],
  ])('%s', (_, file, message) => {
    expect(() => readLora(tensors(file as Record<string, Matrix>))).toThrow(message);
  });
});

describe('kohya names', () => {
  it.each([
    'mid_block.attentions.0.proj_in',
    'down_blocks.1.resnets.0.conv_shortcut',
    'up_blocks.2.resnets.1.time_emb_proj',
    'up_blocks.0.upsamplers.0.conv',
    'time_embedding.linear_1',
    'conv_in',
    'up_blocks.1.attentions.2.transformer_blocks.0.ff.net.0.proj',
    'up_blocks.1.attentions.2.transformer_blocks.0.ff.net.2',
  ])('%s and back', (path) => {
    expect(fromKohya(toKohya('unet', path))).toEqual({ part: 'unet', path });
  });
  it('knows the text encoder of SD and the first of SDXL', () => {
    const path = 'text_model.encoder.layers.11.mlp.fc1';
    expect(fromKohya(toKohya('text_encoder', path))).toEqual({ part: 'text_encoder', path });
    expect(fromKohya('lora_te1_text_model_encoder_layers_11_mlp_fc1')).toEqual({
      part: 'text_encoder',
      path,
    });
    expect(fromKohya('lora_vae_conv_in')).toBeNull();
  });
});

const some: LoraAdapter = {
  layout: 'made here',
  unet: new Map([
    ['mid_block.attentions.0.transformer_blocks.0.attn1.to_q', loraLayer(matrix(2, 8), matrix(8, 2), 2)],
    ['mid_block.resnets.0.conv1', loraLayer(matrix(3, 8, 3, 3), matrix(8, 3, 1, 1), 1)],
  ]),
  text_encoder: new Map([[`${te}.q_proj`, loraLayer(matrix(2, 8), matrix(8, 2), 5)]]),
};

describe('writing', () => {
  it.each(['diffusers', 'kohya'] as const)('%s and back keeps every bit', (layout) => {
    const { tensors: written, metadata } = writeLora(some, layout);
    const { unet, text_encoder } = readLora(written, { metadata });
    expect(unet).toEqual(some.unet);
    expect(text_encoder).toEqual(some.text_encoder);
  });
  it('one layout through the other keeps every bit', () => {
    const kohya = readLora(writeLora(some, 'kohya').tensors);
    const { tensors: written, metadata } = writeLora(kohya, 'diffusers');
    expect(written).toEqual(writeLora(some, 'diffusers').tensors);
    expect(readLora(written, { metadata }).unet).toEqual(some.unet);
  });
});

describe('adapters beside layers', () => {
  const adapterOf = (unet: LoraAdapter['unet']): LoraAdapter => ({
    layout: '',
    unet,
    text_encoder: new Map(),
  });
  it('add up with their weights, and say which layers nobody took', () => {
    const [down, up] = [matrix(2, 8), matrix(6, 2)];
    const one = loraLayer(down, up, 4);
    const source = withAdapters(trainableSource(), 'unet', [
      {
        name: 'a',
        adapter: adapterOf(
          new Map([
            ['x', one],
            ['y.z', one],
          ]),
        ),
        weight: 0.5,
      },
      { name: 'b', adapter: adapterOf(new Map([['x', loraLayer(down, up, 1)]])), weight: -1 },
    ]);
    const y = linear(paramsOf(source).at('x'), input('in', [1, 8]), 6);
    expect(y.shape).toEqual([1, 6]);
    expect(source.lowRank!('x', [6, 8]).map((branch) => branch.scale)).toEqual([1, -0.5]);
    expect(source.surplus()).toEqual(['a: unet.y.z']);
  });
  it('a linear layer takes 1x1 convolutions, a 1x1 convolution linear pairs', () => {
    const of = (down: Matrix, up: Matrix) =>
      withAdapters(trainableSource(), 'unet', [
        { name: 'a', adapter: adapterOf(new Map([['x', loraLayer(down, up, 1)]])), weight: 1 },
      ]);
    const folded = of(matrix(2, 8, 1, 1), matrix(6, 2, 1, 1));
    expect(linear(paramsOf(folded).at('x'), input('in', [3, 8]), 6).shape).toEqual([3, 6]);
    const flat = of(matrix(2, 8), matrix(6, 2));
    expect(conv(paramsOf(flat).at('x'), input('in', [1, 8, 5, 5]), 6, 1).shape).toEqual([1, 6, 5, 5]);
  });
  it('a matrix of another model is refused with both shapes', () => {
    const source = withAdapters(trainableSource(), 'unet', [
      {
        name: 'a',
        adapter: adapterOf(new Map([['x', loraLayer(matrix(2, 7), matrix(6, 2), 1)]])),
        weight: 1,
      },
    ]);
    expect(() => linear(paramsOf(source).at('x'), input('in', [1, 8]), 6)).toThrow(
      'a: unet.x: its down matrix is [2,7], the layer takes [2,8]',
    );
  });
});

describe('learned tokens', () => {
  const shapes = (of: Record<string, number[]>) =>
    new Map(Object.entries(of).map(([name, shape]) => [name, { shape }]));

  it.each<[string, Record<string, number[]>]>([
    ['A1111', { emb_params: [2, 4] }],
    ['A1111, as torch names it', { 'string_to_param.*': [2, 4] }],
    ['diffusers', { '<cat>': [4] }],
    ['a token of its own name', { 'my.cat': [4] }],
    ['several', { '<s0>': [4], '<s1>': [4] }],
    ['a bundle', { 'bundle_emb.v1.5.cat.clip_l': [2, 4] }],
    ['a token with numbers between dots', { 'v1.5.style': [768] }],
    ['the same of several vectors', { 'my.2.token': [4, 1024] }],
  ])('%s: told by names and shapes', (_, file) => {
    expect(() => requireTokens(shapes(file))).not.toThrow();
  });

  it.each<[string, Record<string, number[]>, string]>([
    [
      'a layer',
      { shared: [4, 4], 'encoder.final_layer_norm.weight': [4] },
      'encoder.final_layer_norm.weight',
    ],
    ['one layer', { 'shared.weight': [4, 4] }, "of a network's layer"],
    ['a numbered layer', { 'blocks.0.table': [4, 4] }, 'blocks.0.table'],
    ['a numbered layer of a text width', { 'blocks.0.weight': [768] }, 'blocks.0.weight'],
    ['more vectors than a prompt holds', { 'blocks.0.table': [768, 768] }, 'blocks.0.table'],
    ['numbered layers', { 'blocks.0.gamma': [768], 'blocks.1.gamma': [768] }, 'blocks.0.gamma'],
    ['two encoders', { clip_l: [1, 4], clip_g: [1, 8] }, 'widths 4, 8'],
    ['dozens', Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`t${i}`, [4]])), '40 tensors'],
  ])('%s: refused', (_, file, reason) => {
    expect(() => requireTokens(shapes(file))).toThrow(reason);
  });

  it('are read by name or, alone in a file, by the file', () => {
    const vectors = matrix(3, 8);
    expect(readLearnedTokens(tensors({ emb_params: vectors }), '<cat>', true)).toEqual([
      { token: '<cat>', vectors },
    ]);
    const wide = matrix(2, 768);
    expect(readLearnedTokens(tensors({ 'v1.5.style': wide }), '<x>', true)).toEqual([
      { token: 'v1.5.style', vectors: wide },
    ]);
    const one = matrix(8);
    const file = tensors({ '<s1>': one, 'unet:0:down': matrix(1, 8) });
    expect(readLearnedTokens(file, '<x>', false)).toEqual([
      { token: '<s1>', vectors: { shape: [1, 8], data: one.data } },
    ]);
    expect(() => readLearnedTokens(tensors({ weight: matrix(2, 2, 2) }), '<x>', true)).toThrow(
      'is no learned token',
    );
  });
  it('are read where a LoRA bundles them, under the word for them', () => {
    const vectors = matrix(2, 8);
    const file = (key: string) =>
      tensors({
        [key]: vectors,
        'lora_unet_a.lora_down.weight': matrix(1, 8),
        'lora_unet_a.lora_up.weight': matrix(8, 1),
      });
    for (const end of ['string_to_param.*', 'emb_params', 'clip_l']) {
      const all = file(`bundle_emb.my.cat.${end}`);
      expect(readLearnedTokens(all, '<x>', false)).toEqual([{ token: 'my.cat', vectors }]);
      expect([...readLora(all).unet.keys()]).toEqual(['a']);
    }
    expect(() => readLora(file('bundle_emb.cat.clip_g'))).toThrow(
      'bundle_emb.cat.clip_g is in no LoRA layout',
    );
  });
  it('are written and read back', () => {
    for (const count of [1, 3]) {
      const token = { token: '<class_1>', vectors: matrix(count, 8) };
      expect(readLearnedTokens(writeLearnedToken(token), '', true)).toEqual([token]);
    }
  });
});
