/**
 * Owns `npm run bench -- unet DIR ...`: forward, as generation runs it, and forward with the gradients of all
 * parameters, of the U-Nets in Diffusers-style folders (config.json and weights), at a training-sized batch.
 *   [--batch 16] [--latent 16] [--tokens 77] [--runs 20] [--threads 2]
 */
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { backward } from '../../src/core/graph/backward.ts';
import { encodeGraph } from '../../src/core/graph/emit.ts';
import * as f from '../../src/core/graph/functions.ts';
import { input, numel } from '../../src/core/graph/value.ts';
import { frozenSource, paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { unet2dCondition, unet2dConditionConfig } from '../../src/core/nn/unet-2d-condition.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { openSafetensors } from '../../src/main/files/safetensors.ts';
import { openPart } from '../../src/main/models/stored-part.ts';
import { openSession, type Tensor } from '../../src/main/runtime/runtime.ts';
import { machine, median, table } from './machine.ts';

const weightsStem = 'diffusion_pytorch_model';

export async function benchUnet(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      batch: { type: 'string', default: '16' },
      latent: { type: 'string', default: '16' },
      tokens: { type: 'string', default: '77' },
      runs: { type: 'string', default: '20' },
      threads: { type: 'string', default: String(availableParallelism()) },
    },
  });
  if (positionals.length === 0) throw new Error('bench unet: wanted one or more folders of a U-Net');
  const [batch, latent, tokens, runs, threads] = [
    ...[values.batch, values.latent, values.tokens, values.runs, values.threads].map(Number),
  ];
  console.log(`${machine()}; ${threads} threads, batch ${batch}, ${latent}x${latent}, ${tokens} tokens.\n`);
  const rows: string[][] = [];
  for (const folder of positionals) {
    const measured = await measure(folder, { batch, latent, tokens, runs, threads });
    rows.push([
      basename(folder),
      ...measured.flatMap((t) => [Math.min(...t), median(t)]).map((t) => t.toFixed(1)),
    ]);
  }
  console.log(table(['ms', 'forward, least', 'median', 'forward + backward, least', 'median'], rows));
}

/** Times of forward and of forward with backward, taken in turn. */
async function measure(
  folder: string,
  o: Record<'batch' | 'latent' | 'tokens' | 'runs' | 'threads', number>,
): Promise<[number[], number[]]> {
  const part = openPart(folder, 'U-Net', weightsStem, unet2dConditionConfig);
  const { config } = part;
  const sample = input('sample', [o.batch, config.in_channels, o.latent, o.latent]);
  const timesteps = input('timesteps', [o.batch]);
  const encoderHiddenStates = input('context', [o.batch, o.tokens, config.cross_attention_dim]);
  const target = input('target', [o.batch, config.out_channels, o.latent, o.latent]);
  const conditions = { sample, timesteps, encoderHiddenStates };

  const output = unet2dCondition(paramsOf(frozenSource(part.table)), config, conditions);
  const source = trainableSource('parameter ');
  const loss = f.mseLoss(unet2dCondition(paramsOf(source), config, conditions), target);
  const gradients = backward(loss, [...source.parameters.values()]);

  const runtime = { provider: 'cpu', threads: o.threads } as const;
  const forward = encodeGraph({ output }, { weights: part.locate }).bytes;
  const both = encodeGraph({
    loss,
    ...Object.fromEntries(gradients.map((g, i) => [`gradient ${i}`, g])),
  }).bytes;
  const sessions = [
    await openSession(forward, runtime, { externalFolder: part.folder }),
    await openSession(both, runtime),
  ];
  const rng = rngFromSeed(1, 'bench');
  const feeds: Record<string, Tensor> = {};
  for (const v of [sample, timesteps, encoderHiddenStates, target]) {
    feeds[v.name] = { dims: v.shape, data: randn(numel(v.shape), rng) };
  }
  const stored = openSafetensors(join(folder, `${weightsStem}.safetensors`));
  for (const [name, { shape }] of source.parameters) {
    feeds[`parameter ${name}`] = { dims: shape, data: stored.read(name) };
  }
  stored.close();
  const times: [number[], number[]] = [[], []];
  for (let i = -2; i < o.runs; i++) {
    for (const [which, session] of sessions.entries()) {
      const started = performance.now();
      await session.run(feeds);
      if (i >= 0) times[which].push(performance.now() - started);
    }
  }
  for (const session of sessions) await session.close();
  return times;
}
