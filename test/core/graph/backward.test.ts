/** What backward builds: only what was asked for, and with `recompute` which computations are repeated. */
import { describe, expect, it } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { topologicalOrder } from '../../../src/core/graph/topological.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { withLora } from '../../../src/core/nn/lora.ts';
import { paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';

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
const base = trainableSource();
const lora = withLora(base, { rank: 2, alpha: 2 });
const loss = f.meanAll(
  unet2dCondition(paramsOf(lora), config, {
    sample: input('sample', [1, 4, 8, 8]),
    timesteps: input('t', [1]),
    encoderHiddenStates: input('c', [1, 7, 12]),
  }),
);

/** How many nodes of an operator the emitted model of these values holds. */
function emitted(values: readonly Value[], op: string): number {
  const { bytes } = encodeGraph(Object.fromEntries(values.map((v, i) => [`out${i}`, v])));
  const text = new TextDecoder('latin1').decode(bytes);
  // op_type is a field of its own: tag, length, name
  return text.split(`\x22${String.fromCharCode(op.length)}${op}`).length - 1;
}

describe('backward builds only what is wanted', () => {
  /** Computed values of the shape of a 3x3 kernel: nothing but its gradient has it. */
  const kernelGradients = (gradients: readonly Value[]) =>
    topologicalOrder(gradients).filter((v) => v.kind === 'node' && v.shape[2] === 3 && v.shape[3] === 3);

  it('LoRA training computes no gradient of a frozen kernel', () => {
    const kernels = [...base.parameters.values()].filter((v) => v.shape.length === 4 && v.shape[2] === 3);
    expect(kernels.length).toBeGreaterThan(10);
    expect(kernelGradients(backward(loss, kernels))).toHaveLength(kernels.length);
    expect(kernelGradients(backward(loss, [...lora.parameters.values()]))).toHaveLength(0);
  });

  it('LoRA training multiplies no cotangent into a frozen linear weight', () => {
    const wanted = [...lora.parameters.values()];
    const frozen = base.parameters.get('up_blocks.1.attentions.1.transformer_blocks.0.ff.net.2.weight')!;
    const gradient = backward(loss, [frozen])[0];
    const without = emitted(backward(loss, wanted), 'Gemm');
    const withIt = emitted([...backward(loss, wanted), gradient], 'Gemm');
    expect(withIt).toBe(without + 1);
  });
});

describe('recompute', () => {
  const wanted = [...lora.parameters.values()];
  const plain = backward(loss, wanted);
  const again = backward(loss, wanted, { recompute: true });

  it('repeats the computations between markers, and only those backward reads', () => {
    // Every softmax lies between markers and its VJP reads its output.
    const attentions = emitted(plain, 'Softmax');
    expect(emitted(again, 'Softmax')).toBe(2 * attentions);
    // The last norm of a segment is read by its VJP, the convolution behind it is not: fewer than twice as many.
    const convolutions = emitted([loss], 'Conv');
    expect(emitted(again, 'Conv')).toBeGreaterThan(convolutions);
    expect(emitted(again, 'Conv')).toBeLessThan(2 * convolutions);
  });

  it('changes nothing where nothing is marked', () => {
    const x = input('x', [2, 3]);
    const y = f.sumAll(f.softmax(f.exp(x)));
    const models = [false, true].map((recompute) => encodeGraph({ d: backward(y, [x], { recompute })[0] }));
    expect(models[1].bytes).toEqual(models[0].bytes);
  });

  it('starts a repeated segment from its marker and the cotangent', () => {
    const x = input('x', [3]);
    const marked = f.checkpoint(f.exp(x));
    const y = f.checkpoint(f.sin(f.cos(marked)));
    const gradient = backward(f.sumAll(f.exp(y)), [x], { recompute: true })[0];
    // One tie for the segment between the markers; before the first marker forward's values serve.
    expect(emitted([gradient], 'Less')).toBe(1);
    // cos(marked) of forward, the repeated one, and the derivative of the sine at the repeated one
    expect(emitted([gradient], 'Cos')).toBe(3);
    expect(emitted([gradient], 'Sin')).toBe(2);
    expect(emitted([gradient], 'Exp')).toBe(2);
  });
});
