/**
 * Writes a diffusion model as an exporter would: one ONNX file per part, under Optimum's names, made from a Diffusers
 * folder with our own graphs. Axes are fixed, as in exports without free axes.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { decode, encode } from '../../../src/core/nn/autoencoder-kl.ts';
import { clipText } from '../../../src/core/nn/clip-text.ts';
import { frozenSource, paramsOf } from '../../../src/core/nn/params.ts';
import { unet2dCondition } from '../../../src/core/nn/unet-2d-condition.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import { latentShape, pictureSize } from '../../../src/main/models/diffusion/sessions.ts';
import type { StoredPart } from '../../../src/main/models/stored-part.ts';

export interface ExportOptions {
  /** Samples of one call of the U-Net. */
  rows: number;
  /** Exports differ in the timestep's type. */
  timestep?: 'i64' | 'f32';
  /** In place of the decoder: a graph of its own. */
  decoder?: (latents: Value) => Value;
}

export function exportDiffusion(from: string, to: string, o: ExportOptions): void {
  const model = openDiffusionModel(from);
  const write = (name: string, outputs: Record<string, Value>, part: StoredPart<unknown>) => {
    const weights = (weight: string) => {
      const { external } = part.locate(weight) as { external: { offset: number; length: number } };
      const raw = readFileSync(part.file).subarray(external.offset, external.offset + external.length);
      return { raw: Uint8Array.from(raw) };
    };
    mkdirSync(join(to, name), { recursive: true });
    writeFileSync(join(to, name, 'model.onnx'), encodeGraph(outputs, { weights }).bytes);
    copyFileSync(join(part.folder, 'config.json'), join(to, name, 'config.json'));
  };
  const { channels, height, width } = latentShape(model);
  const size = pictureSize(model);

  const timestep = input('timestep', [1], o.timestep ?? 'i64');
  const guided = model.unet.config.time_cond_proj_dim;
  const out_sample = unet2dCondition(paramsOf(frozenSource(model.unet.table)), model.unet.config, {
    sample: input('sample', [o.rows, channels, height, width]),
    timesteps: f.expand(f.cast(timestep, 'f32'), [o.rows]),
    encoderHiddenStates: input('encoder_hidden_states', [
      o.rows,
      model.textLength,
      model.unet.config.cross_attention_dim,
    ]),
    timestepCond: guided === undefined ? undefined : input('timestep_cond', [o.rows, guided]),
  });
  write('unet', { out_sample }, model.unet);

  const ids = input('input_ids', [1, model.textLength], 'i64');
  const last_hidden_state = clipText(paramsOf(frozenSource(model.text.table)), model.text.config, ids);
  write('text_encoder', { last_hidden_state }, model.text);

  const vae = paramsOf(frozenSource(model.vae.table));
  const latents = input('latent_sample', [1, channels, height, width]);
  write('vae_decoder', { sample: o.decoder?.(latents) ?? decode(vae, model.vae.config, latents) }, model.vae);
  const { mean, logvar } = encode(vae, model.vae.config, input('sample', [1, 3, size, size]));
  write('vae_encoder', { latent_parameters: f.concat([mean, logvar], 1) }, model.vae);

  for (const folder of ['tokenizer', 'scheduler'])
    cpSync(join(from, folder), join(to, folder), { recursive: true });
  writeFileSync(join(to, 'model_index.json'), JSON.stringify({ _class_name: 'ORTStableDiffusionPipeline' }));
}
