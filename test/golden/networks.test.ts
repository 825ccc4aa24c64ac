/** Whole networks against the oracle: U-Net (with and without LoRA), autoencoder, text encoder. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backward } from '../../src/core/graph/backward.ts';
import * as f from '../../src/core/graph/functions.ts';
import { input, type Value } from '../../src/core/graph/value.ts';
import { type AutoencoderConfig, decode, encode, scalingFactor } from '../../src/core/nn/autoencoder-kl.ts';
import { type ClipTextConfig, clipText, clipTextFromEmbeddings } from '../../src/core/nn/clip-text.ts';
import { withLora } from '../../src/core/nn/lora.ts';
import { paramsOf, trainableSource } from '../../src/core/nn/params.ts';
import { type UNetConfig, unet2dCondition } from '../../src/core/nn/unet-2d-condition.ts';
import type { Tensor } from '../../src/main/engine/runtime.ts';
import { expectClose, feed, feedIds, goldenFolder, goldenPresent, readJson, run } from './harness.ts';
import { type GoldenTensor, readSafetensors } from './read-safetensors.ts';

const cases = (kind: string) =>
  goldenPresent
    ? readdirSync(goldenFolder).filter(
        (d) => existsSync(join(goldenFolder, d, 'meta.json')) && readJson(d, 'meta.json').kind === kind,
      )
    : [];

const open = (name: string, weights: string) => ({
  config: readJson(name, 'config.json'),
  tol: readJson(name, 'meta.json').stats_and_tolerances,
  io: readSafetensors(join(goldenFolder, name, 'io.safetensors')),
  weights: readSafetensors(join(goldenFolder, name, weights)),
});

const feedAll = (...sets: Record<string, GoldenTensor>[]): Record<string, Tensor> =>
  Object.fromEntries(sets.flatMap((s) => Object.entries(s).map(([k, v]) => [k, feed(v)])));

// A file without any test would count as a failure.
if (!goldenPresent) it.skip('golden networks: ../shared/golden is not here', () => {});

describe.each(cases('unet'))('golden U-Net %s', (name) => {
  const { config, tol, io, weights } = open(name, 'diffusion_pytorch_model.safetensors');
  const source = trainableSource();
  const leaves = (tokens: string, timesteps: string) => ({
    sample: input('sample', io.sample.shape),
    timesteps: f.expand(input(timesteps, io[timesteps].shape), [io.sample.shape[0]]),
    encoderHiddenStates: input(tokens, io[tokens].shape),
  });

  it.each(Object.keys(io).filter((k) => /^out(_scalar|_persample|$)/.test(k)))('%s', async (key) => {
    const [, kind, length] = key.split('_');
    const tokens = length ? `encoder_hidden_states_${length}` : 'encoder_hidden_states';
    const x = leaves(tokens, kind === 'scalar' ? 'timestep_scalar' : 'timesteps');
    const out = unet2dCondition(paramsOf(source), config as UNetConfig, x);
    const got = await run({ out }, feedAll(weights, io));
    expectClose(key, got.out, io[key], tol[key].tol);
  });

  it('loss and gradients', async () => {
    const keys = Object.keys(io).filter((k) => k.includes('grad.'));
    const tokens = io.encoder_hidden_states ? 'encoder_hidden_states' : 'encoder_hidden_states_77';
    const x = leaves(tokens, 'timesteps');
    const out = unet2dCondition(paramsOf(source), config as UNetConfig, x);
    const loss = f.mseLoss(out, input('target', io.target.shape));
    const wrt = keys.map((k): Value => {
      if (k.endsWith('grad.sample')) return x.sample;
      if (k.endsWith('grad.encoder_hidden_states')) return x.encoderHiddenStates;
      return source.parameters.get(k.replace('grad.base.', ''))!;
    });
    const gradients = backward(loss, wrt);
    const outputs = Object.fromEntries(keys.map((k, i) => [`d ${k}`, gradients[i]]));
    const got = await run({ loss, ...outputs }, feedAll(weights, io));
    const lossKey = io.loss ? 'loss' : 'base.loss';
    expectClose('loss', got.loss, io[lossKey], tol[lossKey].tol);
    for (const k of keys) expectClose(k, got[`d ${k}`], io[k], tol[k].tol);
  });

  it('uses every stored parameter and no other', () => {
    expect([...source.parameters.keys()].sort()).toEqual(Object.keys(weights).sort());
  });

  const loras = readdirSync(join(goldenFolder, name)).filter((d) => d.startsWith('lora_'));
  it.each(loras)('%s: output, loss and gradient of every matrix', async (folder) => {
    const meta = readJson(name, folder, 'meta.json');
    const lora = readSafetensors(join(goldenFolder, name, folder, 'pytorch_lora_weights.safetensors'));
    const want = readSafetensors(join(goldenFolder, name, folder, 'io.safetensors'));
    const tokens = /encoder_hidden_states_(\d+)/.exec(meta.inputs)![0];
    const x = leaves(tokens, 'timesteps');
    const adapted = withLora(source, { rank: meta.rank, alpha: meta.alpha });
    const out = unet2dCondition(paramsOf(adapted), config as UNetConfig, x);
    const loss = f.mseLoss(out, input('target', io.target.shape));
    expect([...adapted.parameters.keys()].sort()).toEqual(Object.keys(lora).sort());
    const names = [...adapted.parameters.keys()];
    const gradients = backward(loss, [...adapted.parameters.values()]);
    const outputs = Object.fromEntries(names.map((n, i) => [`d ${n}`, gradients[i]]));
    const got = await run({ out, loss, ...outputs }, feedAll(weights, io, lora));
    const tolerances = meta.stats_and_tolerances;
    expectClose('out', got.out, want.out, tolerances.out.tol);
    expectClose('loss', got.loss, want.loss, tolerances.loss.tol);
    for (const n of names) expectClose(n, got[`d ${n}`], want[`grad.${n}`], tolerances[`grad.${n}`].tol);
  });
});

describe.each(cases('vae'))('golden autoencoder %s', (name) => {
  const opened = open(name, 'diffusion_pytorch_model.safetensors');
  const { config, tol, io } = opened;

  const check = async (weights: Record<string, GoldenTensor>, vaeConfig: AutoencoderConfig) => {
    const p = paramsOf(trainableSource('', (n) => n in weights));
    const image = input('image', io.image.shape);
    const latents = input('latents', io.latents.shape);
    const { mean, logvar } = encode(p, vaeConfig, image);
    const std = f.exp(f.mul(logvar, 0.5));
    const scale = scalingFactor(vaeConfig);
    // The epsilon case decodes its latents as they are.
    const decoded = decode(p, vaeConfig, io.dec_loss ? f.div(latents, scale) : latents);
    const decLoss = f.meanAll(f.mul(decoded, decoded));
    const encLoss = f.add(f.meanAll(f.mul(mean, mean)), f.meanAll(f.mul(logvar, logvar)));
    const outputs: Record<string, Value> = {
      enc_mean: mean,
      enc_logvar: logvar,
      enc_std: std,
      enc_latents_mode: f.mul(mean, scale),
      enc_latents_sample: f.mul(f.add(mean, f.mul(std, input('noise', mean.shape))), scale),
      dec_image: decoded,
      reconstruction: decode(p, vaeConfig, mean),
      dec_loss: decLoss,
      enc_loss: encLoss,
      'dec_grad.latents': backward(decLoss, [latents])[0],
      'enc_grad.image': backward(encLoss, [image])[0],
    };
    const known = Object.fromEntries(Object.entries(outputs).filter(([key]) => io[key]));
    const got = await run(known, feedAll(weights, io));
    for (const key of Object.keys(known)) expectClose(key, got[key], io[key], tol[key].tol);
  };

  it('encode, decode and input gradients', () => check(opened.weights, config));
  it.runIf(existsSync(join(goldenFolder, name, 'legacy')))('with the attention names of old files', () =>
    check(
      readSafetensors(join(goldenFolder, name, 'legacy', 'diffusion_pytorch_model.safetensors')),
      readJson(name, 'legacy', 'config.json'),
    ),
  );
});

describe.each(cases('clip-text'))('golden text encoder %s', (name) => {
  const { config, tol, io, weights } = open(name, 'model.safetensors');
  it('hidden states and the gradient of the embeddings', async () => {
    const p = paramsOf(trainableSource());
    const clip = config as ClipTextConfig;
    const [n, l] = io.input_ids.shape;
    const tokens = f.gather(
      p.at('text_model.embeddings.token_embedding').get('weight', [clip.vocab_size, clip.hidden_size]),
      input('input_ids', [n, l], 'i64'),
    );
    const states = clipTextFromEmbeddings(p, clip, tokens);
    const loss = f.mseLoss(states.at(-1)!, input('target', states.at(-1)!.shape));
    const short = io['short.input_ids'] ?? io.input_ids;
    const all: Record<string, Value> = {
      last_hidden_state: states.at(-1)!,
      loss,
      'grad.inputs_embeds': backward(loss, [tokens])[0],
      'short.last_hidden_state': clipText(p, clip, input('short.input_ids', short.shape, 'i64')),
    };
    states.slice(0, -1).forEach((state, i) => {
      all[`hidden_states.${i}`] = state;
    });
    const outputs = Object.fromEntries(Object.entries(all).filter(([key]) => io[key]));
    const feeds = feedAll(weights, io);
    feeds.input_ids = feedIds(io.input_ids);
    feeds['short.input_ids'] = feedIds(short);
    const got = await run(outputs, feeds);
    for (const key of Object.keys(outputs)) expectClose(key, got[key], io[key], tol[key].tol);
  });
});
