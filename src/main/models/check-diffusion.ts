/**
 * Owns looking through a diffusion model of weights: whether each part has the parameters that its config asks for, no
 * fewer and no more, what can be done with it, and what memory that takes.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustChooseScheduler, noSchedulerFor } from '../../core/diffusion/create-scheduler.ts';
import { input, type Shape, sameShape } from '../../core/graph/value.ts';
import { decode, encode } from '../../core/nn/autoencoder-kl.ts';
import { clipText } from '../../core/nn/clip-text.ts';
import {
  autoencoderFields,
  clipTextFields,
  type FieldTable,
  unetFields,
  unknownFields,
} from '../../core/nn/library-fields.ts';
import { type Params, paramsOf, trainableSource } from '../../core/nn/params.ts';
import { takesGuidance, unet2dCondition } from '../../core/nn/unet-2d-condition.ts';
import { isSafetensorsFile } from '../../shared/model-files.ts';
import { requireFiniteWeights } from '../files/finite-weights.ts';
import { firstFew } from '../files/first-few.ts';
import { memoryTable } from './diffusion/memory-estimate.ts';
import { type DiffusionModel, openDiffusionModel } from './diffusion/model-folder.ts';
import type { DiffusionReport, PartReport } from './model-check.ts';
import { pipelineOf, unusedParts } from './pipeline-name.ts';
import { readModelJson, type StoredPart } from './stored-part.ts';

/** @throws where a part, its config or the tokenizer is not there at all. */
export function checkDiffusion(path: string): DiffusionReport {
  const model = openDiffusionModel(path);
  const parts = networksOf(model).map(compare);
  const unsupported = noSchedulerFor(model.scheduler);
  const problems = [...parts.flatMap(problemsOf), ...(unsupported ? [`${path}: ${unsupported}`] : [])];
  return {
    summary: summaryOf(path, model),
    parts,
    problems,
    abilities: problems.length > 0 ? [] : abilitiesOf(model),
    memory: problems.length > 0 ? null : memoryTable(model),
  };
}

/** @throws where a weight that jobs read is NaN or infinite: reads gigabytes, so that only adding a model asks for it. */
export async function requireFiniteModel(path: string): Promise<void> {
  for (const { stored, build } of networksOf(openDiffusionModel(path))) {
    const used = [...parametersOf({ stored, build }).keys()].filter((name) => stored.table.has(name));
    const weights = used.map((name) => ({ name, dtype: stored.table.get(name)!.dtype }));
    await requireFiniteWeights(weights, stored.locate, stored.folder);
  }
}

interface Network {
  part: string;
  stored: StoredPart<unknown>;
  /** Of its config, where all that libraries write into it is known. */
  fields?: FieldTable;
  build(p: Params): unknown;
}

function networksOf({ unet, vae, text, textLength }: DiffusionModel): Network[] {
  const { cross_attention_dim: context, time_cond_proj_dim: guided } = unet.config;
  return [
    {
      part: 'U-Net',
      stored: unet,
      fields: unetFields,
      build: (p) =>
        unet2dCondition(p, unet.config, {
          sample: input('sample', [1, unet.config.in_channels, 64, 64]),
          timesteps: input('timesteps', [1]),
          encoderHiddenStates: input('states', [1, textLength, context]),
          timestepCond: guided === undefined ? undefined : input('guidance', [1, guided]),
        }),
    },
    {
      part: 'autoencoder',
      stored: vae,
      fields: autoencoderFields,
      build(p) {
        encode(p, vae.config, input('image', [1, 3, 64, 64]));
        decode(p, vae.config, input('latents', [1, vae.config.latent_channels, 8, 8]));
      },
    },
    {
      part: 'text encoder',
      stored: text,
      fields: clipTextFields,
      build: (p) => clipText(p, text.config, input('ids', [1, textLength], 'i64')),
    },
  ];
}

/** Those that the network asks for, by name. */
function parametersOf({ stored, build }: Pick<Network, 'stored' | 'build'>) {
  const source = trainableSource('', (name) => stored.table.has(name));
  build(paramsOf(source));
  return source.parameters;
}

/** A network that was distilled to a few steps has no path back from an image to its noise. */
const abilitiesOf = ({ unet }: DiffusionModel): string[] =>
  ['generate', 'start from images', 'invert', 'train LoRA', 'train difficulty'].filter(
    (ability) => ability !== 'invert' || !takesGuidance(unet.config),
  );

function compare({ part, stored, fields, build }: Network): PartReport {
  const parameters = parametersOf({ stored, build });
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, { shape }] of parameters) {
    const there = stored.table.get(name);
    if (!there) missing.push(name);
    else if (!sameShape(there.shape, shape)) misshapen.push(`${name} [${there.shape}], expected [${shape}]`);
  }
  const size = (shape: Shape) => shape.reduce((a, b) => a * b, 1);
  return {
    part,
    file: stored.file,
    parameters: [...parameters.values()].reduce((sum, { shape }) => sum + size(shape), 0),
    missing,
    surplus: [...stored.table.keys()].filter((name) => !parameters.has(name)),
    misshapen,
    unknownFields: fields ? unknownIn(stored.file, fields) : [],
  };
}

/** A single file has no config. */
function unknownIn(weights: string, fields: FieldTable): string[] {
  const file = join(dirname(weights), 'config.json');
  return existsSync(file) ? unknownFields(readModelJson<object>(file, 'its config'), fields) : [];
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
  const mustChoose = mustChooseScheduler(scheduler);
  const choose = mustChoose ? `; ${mustChoose}` : '';
  if (isSafetensorsFile(path))
    return `single file, ${family}, ${predicts}, ${kept}${told}${assumed ? `; ${assumed}` : ''}${choose}`;
  const unused = unusedParts(path);
  const without = unused.length > 0 ? `; not used: ${unused.join(', ')}` : '';
  return `Diffusers folder (${pipelineOf(path)}), ${family}, ${text.config.num_hidden_layers} text layers, ${predicts}, ${kept}${told}${without}${choose}`;
}
