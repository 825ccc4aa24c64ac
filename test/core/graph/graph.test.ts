/** Building graphs: shapes, errors that name who and what, and what is emitted. */
import { describe, expect, it } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { constant, input, weight } from '../../../src/core/graph/value.ts';
import { frozenSource, paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';

const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);
const count = (haystack: string, needle: string) => haystack.split(needle).length - 1;

describe('shapes', () => {
  it('are known when the graph is built', () => {
    const x = input('x', [2, 8, 9, 10]);
    expect(f.conv2d(x, input('w', [4, 8, 3, 3]), undefined, { stride: 2, padding: 1 }).shape).toEqual([
      2, 4, 5, 5,
    ]);
    expect(f.groupNorm(x, 4, input('g', [8]), input('b', [8]), 1e-5).shape).toEqual([2, 8, 9, 10]);
    expect(f.groupNorm(x, 4, null, null, 1e-5).shape).toEqual([2, 8, 9, 10]);
    expect(f.slice(x, -1, 1, -1, 3).shape).toEqual([2, 8, 9, 3]);
  });

  it('errors name the operator and both shapes', () => {
    expect(() => f.add(input('a', [2, 3]), input('b', [4]))).toThrow(
      'Add: shapes [2,3] and [4] do not broadcast',
    );
    expect(() => f.conv2d(input('x', [1, 3, 8, 8]), input('w', [4, 5, 3, 3]))).toThrow('3 input channels');
    expect(() => f.reshape(input('x', [2, 3]), [4, 2])).toThrow('Reshape: [2,3] cannot be reshaped to [4,2]');
    expect(() => input('x', [0, 3])).toThrow('x: shape [0,3]');
  });
});

describe('backward', () => {
  it('wants a scalar that depends on what is asked for', () => {
    const [a, b] = [input('a', [2]), input('b', [2])];
    expect(() => backward(f.mul(a, 2), [a])).toThrow('wanted a scalar');
    expect(() => backward(f.sumAll(a), [b])).toThrow('does not depend on b');
  });

  it('emits nothing for parameters that are not asked for', () => {
    const x = input('x', [1, 4, 8, 8]);
    const [frozen, trained] = [input('frozen', [4, 4, 3, 3]), input('trained', [4, 4, 1, 1])];
    const loss = f.meanAll(f.conv2d(f.conv2d(x, frozen, undefined, { padding: 1 }), trained));
    const one = text(encodeGraph({ g: backward(loss, [trained])[0] }).bytes);
    const both = text(encodeGraph({ g: backward(loss, [trained])[0], h: backward(loss, [frozen])[0] }).bytes);
    expect(count(one, 'Slice')).toBe(0); // the taps of the 3x3 weight's gradient
    expect(count(both, 'Slice')).toBeGreaterThan(9);
  });
});

describe('emission', () => {
  it('gives equal computations one node', () => {
    const x = input('x', [3]);
    const model = text(encodeGraph({ y: f.add(f.exp(x), f.exp(x)) }).bytes);
    // op_type appears once for Exp: the string is its own field
    expect(count(model, '\x22\x03Exp')).toBe(1);
  });

  it('refuses two inputs of one name, and weights without a source', () => {
    expect(() => encodeGraph({ y: f.add(input('x', [2]), input('x', [2])) })).toThrow('two different values');
    expect(() => encodeGraph({ y: weight('w', [2], 'f32') })).toThrow('no weight source');
    expect(() => encodeGraph({ y: constant([1, 2]) })).not.toThrow();
  });
});

describe('parameters', () => {
  const config: UNetConfig = {
    in_channels: 4,
    out_channels: 4,
    sample_size: 8,
    block_out_channels: [8, 16],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    layers_per_block: 1,
    attention_head_dim: 2,
    cross_attention_dim: 12,
    norm_num_groups: 4,
    norm_eps: 1e-5,
    flip_sin_to_cos: true,
    freq_shift: 0,
    downsample_padding: 1,
  };
  const inputs = {
    sample: input('sample', [1, 4, 8, 8]),
    timesteps: input('t', [1]),
    encoderHiddenStates: input('c', [1, 7, 12]),
  };

  it('a missing or unfit one is named with what is there and what was wanted', () => {
    const source = trainableSource();
    unet2dCondition(paramsOf(source), config, inputs);
    const table = new Map(
      [...source.parameters].map(([name, v]) => [name, { shape: v.shape, dtype: 'f32' as const }]),
    );
    const build = () => unet2dCondition(paramsOf(frozenSource(table)), config, inputs);
    expect(build).not.toThrow();
    const name = 'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight';
    table.set(name, { shape: [8, 768], dtype: 'f32' });
    expect(build).toThrow(`${name}: the checkpoint has [8,768], the config wants [8,12]`);
    table.delete(name);
    expect(build).toThrow(`${name}: the checkpoint has no such parameter, expected [8,12]`);
  });

  it('an unknown block type is named with its place', () => {
    const odd = { ...config, down_block_types: ['SimpleCrossAttnDownBlock2D', 'DownBlock2D'] };
    expect(() => unet2dCondition(paramsOf(trainableSource()), odd, inputs)).toThrow(
      'down_blocks.0: block type SimpleCrossAttnDownBlock2D is not known',
    );
  });
});
