/**
 * Owns looking through a diffusion model of weights: whether each part has the parameters that its config asks for, no
 * fewer and no more, what can be done with it, and what memory that takes.
 */
import { input, type Shape, sameShape } from '../../../core/graph/value.ts';
import { decode, encode } from '../../../core/nn/autoencoder-kl.ts';
import { clipText } from '../../../core/nn/clip-text.ts';
import { type Params, paramsOf, trainableSource } from '../../../core/nn/params.ts';
import { takesGuidance, unet2dCondition } from '../../../core/nn/unet-2d-condition.ts';
import { memoryTable } from '../diffusion/memory-estimate.ts';
import { type DiffusionModel, openDiffusionModel } from '../diffusion/model-folder.ts';
import { firstFew } from '../first-few.ts';
import type { DiffusionReport, PartReport } from '../inspections.ts';
import { pipelineOf, unusedParts } from './pipeline-name.ts';
import type { StoredPart } from './stored-part.ts';

/** @throws where a part, its config or the tokenizer is not there at all. */
export function checkDiffusion(path: string): DiffusionReport {
  const model = openDiffusionModel(path);
  const { unet, vae, text } = model;
  const { cross_attention_dim: context, time_cond_proj_dim: guided } = unet.config;
  const parts = [
    compare('U-Net', unet, (p) =>
      unet2dCondition(p, unet.config, {
        sample: input('sample', [1, unet.config.in_channels, 64, 64]),
        timesteps: input('timesteps', [1]),
        encoderHiddenStates: input('states', [1, model.textLength, context]),
        timestepCond: guided === undefined ? undefined : input('guidance', [1, guided]),
      }),
    ),
    compare('autoencoder', vae, (p) => {
      encode(p, vae.config, input('image', [1, 3, 64, 64]));
      decode(p, vae.config, input('latents', [1, vae.config.latent_channels, 8, 8]));
    }),
    compare('text encoder', text, (p) =>
      clipText(p, text.config, input('ids', [1, model.textLength], 'i64')),
    ),
  ];
  const problems = parts.flatMap(problemsOf);
  return {
    summary: summaryOf(path, model),
    parts,
    problems,
    abilities: problems.length > 0 ? [] : abilitiesOf(model),
    memory: problems.length > 0 ? null : memoryTable(model),
  };
}

/** A network that was distilled to a few steps has no path back from an image to its noise. */
const abilitiesOf = ({ unet }: DiffusionModel): string[] =>
  ['generate', 'start from images', 'invert', 'train LoRA', 'train difficulty'].filter(
    (ability) => ability !== 'invert' || !takesGuidance(unet.config),
  );

function compare(part: string, stored: StoredPart<unknown>, build: (p: Params) => unknown): PartReport {
  const source = trainableSource('', (name) => stored.table.has(name));
  build(paramsOf(source));
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, { shape }] of source.parameters) {
    const there = stored.table.get(name);
    if (!there) missing.push(name);
    else if (!sameShape(there.shape, shape)) misshapen.push(`${name} [${there.shape}], expected [${shape}]`);
  }
  const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);
  return {
    part,
    file: stored.file,
    parameters: [...source.parameters.values()].reduce((sum, { shape }) => sum + size(shape), 0),
    missing,
    surplus: [...stored.table.keys()].filter((name) => !source.parameters.has(name)),
    misshapen,
  };
}

function problemsOf({ part, file, missing, misshapen }: PartReport): string[] {
  const problems: string[] = [];
  if (missing.length > 0) {
    problems.push(`${file}: ${missing.length} parameters of the ${part} are missing: ${firstFew(missing)}`);
  }
  if (misshapen.length > 0) {
    problems.push(`${file}: ${misshapen.length} do not fit the ${part}'s config: ${firstFew(misshapen)}`);
  }
  return problems;
}

function summaryOf(path: string, { unet, text, scheduler, assumed }: DiffusionModel): string {
  const width = unet.config.cross_attention_dim;
  const family =
    width === 768
      ? 'Stable Diffusion 1.x'
      : width === 1024
        ? 'Stable Diffusion 2.x'
        : 'a Stable Diffusion of its own size';
  const predicts = scheduler.prediction_type === 'v_prediction' ? 'predicts velocity' : 'predicts noise';
  const kept = [...new Set([...unet.table.values()].map(({ dtype }) => dtype.toUpperCase()))].join(' and ');
  const told = takesGuidance(unet.config)
    ? ', takes the guidance scale as an input (LCM: 2 to 8 steps, guidance about 8)'
    : '';
  if (path.endsWith('.safetensors'))
    return `single file, ${family}, ${predicts}, ${kept}${told}${assumed ? `; ${assumed}` : ''}`;
  const unused = unusedParts(path);
  const without = unused.length > 0 ? `; not used: ${unused.join(', ')}` : '';
  return `Diffusers folder (${pipelineOf(path)}), ${family}, ${text.config.num_hidden_layers} text layers, ${predicts}, ${kept}${told}${without}`;
}
