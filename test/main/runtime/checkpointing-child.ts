/** Runs one LoRA step of a random U-Net, its weights fed; prints loss, gradients and the run's peak of memory. */
import { readFileSync } from 'node:fs';
import { backward } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, numel, type Value } from '../../../src/core/graph/value.ts';
import { withLora } from '../../../src/core/nn/lora.ts';
import { paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { openSession, type Tensor } from '../../../src/main/runtime/runtime.ts';

const config: UNetConfig = {
  in_channels: 4,
  out_channels: 4,
  sample_size: 32,
  block_out_channels: [32, 32],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 2,
  attention_head_dim: 4,
  cross_attention_dim: 16,
  norm_num_groups: 8,
  norm_eps: 1e-5,
  flip_sin_to_cos: true,
  freq_shift: 0,
  downsample_padding: 1,
};
const sample = input('sample', [2, 4, 32, 32]);
const target = input('target', sample.shape);
const timesteps = input('timesteps', [2]);
const context = input('context', [2, 8, 16]);
const base = trainableSource();
const lora = withLora(base, { rank: 4, alpha: 4 });
const inputs = { sample, timesteps, encoderHiddenStates: context };
const loss = f.mseLoss(unet2dCondition(paramsOf(lora), config, inputs), target);
const names = [...lora.parameters.keys()];
const gradients = backward(loss, [...lora.parameters.values()], {
  recompute: process.argv[2] === 'recompute',
});
const outputs = { loss, ...Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]])) };

const rng = rngFromSeed(1);
const tensor = (v: Value, std: number): Tensor => ({
  dims: v.shape,
  data: Float32Array.from({ length: numel(v.shape) }, () => std * rng.normal()),
});
const feeds: Record<string, Tensor> = {};
for (const v of [sample, target, timesteps, context]) feeds[v.name] = tensor(v, 1);
for (const source of [base, lora]) {
  for (const [name, v] of source.parameters) {
    feeds[name] = tensor(v, 1 / Math.sqrt(v.shape.length > 1 ? numel(v.shape.slice(1)) : 1));
  }
}
const session = await openSession(encodeGraph(outputs).bytes, { provider: 'cpu', threads: 1 });
/** On Linux the peak that the runtime's call reports may be the parent's, from before exec. */
const peakMiB = () =>
  process.platform === 'linux'
    ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
    : process.resourceUsage().maxRSS / 1024;
const before = process.memoryUsage.rss() / 2 ** 20;
const results = await session.run(feeds);
console.log(
  JSON.stringify({
    loss: (results.loss.data as Float32Array)[0],
    gradient: names.flatMap((name) => [...(results[`d ${name}`].data as Float32Array)]),
    peakMiB: peakMiB() - before,
  }),
);
