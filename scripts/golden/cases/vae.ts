/** Owns the checks of an autoencoder: latents, pictures, reconstruction, two losses and their input gradients. */
import { dirname } from 'node:path';
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { autoencoderKlConfig, decode, encode, scalingFactor } from '../../../src/core/nn/autoencoder-kl.ts';
import { paramsOf } from '../../../src/core/nn/params.ts';
import type { OracleCase } from '../case.ts';
import { statement } from '../compare.ts';
import {
  against,
  type CaseRun,
  evaluate,
  type Feeds,
  feed,
  type GoldenOptions,
  leftOver,
  openNetwork,
  type Part,
  partlyTrainable,
} from '../graph.ts';
import { UNET_WEIGHTS } from './unet.ts';

const INPUTS = ['image', 'latents', 'noise'];

/** The case's own weights, and those of each folder below it (`legacy`). */
export function vaeCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const folders = c
    .files()
    .filter((file) => file.endsWith(`/${UNET_WEIGHTS}`))
    .map((file) => dirname(file));
  return { parts: ['', ...folders].map((folder) => checkWeights(c, options, folder)) };
}

function checkWeights(c: OracleCase, options: GoldenOptions, folder: string): Part {
  return {
    name: folder === '' ? 'encode, decode and input gradients' : folder,
    async run() {
      const io = c.tensors('io.safetensors');
      const { config, weights } = openNetwork(c, UNET_WEIGHTS, autoencoderKlConfig, folder);
      const source = partlyTrainable(weights.table, new Set());
      const p = paramsOf(source);
      const leaf = (name: string) => input(name, io.get(name).shape);
      const [image, latents] = [leaf('image'), leaf('latents')];
      const scale = scalingFactor(config);
      const { mean, logvar } = encode(p, config, image);
      const std = f.exp(f.mul(logvar, 0.5));
      const picture = decode(p, config, latentsAreScaled(c) ? f.div(latents, scale) : latents);
      const encodeLoss = f.add(f.meanAll(f.mul(mean, mean)), f.meanAll(f.mul(logvar, logvar)));
      const decodeLoss = f.meanAll(f.mul(picture, picture));
      const known: Record<string, () => Value> = {
        enc_mean: () => mean,
        enc_logvar: () => logvar,
        enc_std: () => std,
        enc_latents_mode: () => f.mul(mean, scale),
        enc_latents_sample: () => f.mul(f.add(mean, f.mul(std, leaf('noise'))), scale),
        dec_image: () => picture,
        reconstruction: () => decode(p, config, mean),
        dec_loss: () => decodeLoss,
        enc_loss: () => encodeLoss,
        'dec_grad.latents': () => backward(decodeLoss, [latents])[0],
        'enc_grad.image': () => backward(encodeLoss, [image])[0],
      };
      const wanted = io.names().filter((name) => !INPUTS.includes(name) && known[name]);
      const outputs = Object.fromEntries(wanted.map((name) => [name, known[name]()]));
      const feeds: Feeds = Object.fromEntries(
        INPUTS.filter((name) => io.has(name)).map((name) => [name, feed(io.get(name))]),
      );
      const checks = against(options, c, io)(await evaluate(options, outputs, feeds, weights));
      checks.push(statement('parameters: none left over', leftOver(weights.table, source.asked)));
      return checks.map((check) => ({
        ...check,
        check: folder === '' ? check.check : `${folder}: ${check.check}`,
      }));
    },
  };
}

/** Whether the folder's `latents` are divided by the scaling factor before decoding: its description says. */
const latentsAreScaled = (c: OracleCase): boolean =>
  !/NOT divided by the scaling factor/i.test(JSON.stringify([c.meta.outputs, c.meta.formulas]));
