/**
 * Owns what memory a job that is not started yet would take: what a form says before a person starts it. Computed from
 * configs and headers; no runtime is loaded for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GuidanceOptions } from '../../core/diffusion/guidance.ts';
import { downsamplingFactor } from '../../core/nn/autoencoder-kl.ts';
import type { JobRequest } from '../../shared/jobs/index.ts';
import { type Catalog, CatalogError, readSettings } from '../catalog/index.ts';
import { type Memory, memoryWords } from '../jobs/tell-memory.ts';
import { readAdapter } from '../models/diffusion/adapter-file.ts';
import {
  generationLoad,
  generationMemory,
  ownSize,
  trainingMemory,
} from '../models/diffusion/memory-estimate.ts';
import { type DiffusionModel, openDiffusionModel } from '../models/diffusion/model-folder.ts';
import { baseOfAdapter, findModel, newestAdapter } from '../models/registry.ts';
import { waysToSave } from '../runtime/out-of-memory.ts';
import { wordless } from './bodies/control/wordless.ts';

/** A sentence where the job would not fit into memory on the CPU; null: it fits, or runs on another device. */
export function memoryWarning(catalog: Catalog, request: JobRequest, memory?: Memory): string | null {
  const { device, lowMemory } = readSettings(catalog);
  if (device !== 'cpu' && device !== 'auto') return null;
  let bytes: number | null;
  try {
    bytes = bytesOf(catalog, request, lowMemory);
  } catch (error) {
    if (error instanceof CatalogError) return null; // the form itself says what model is missing
    throw error;
  }
  if (bytes === null) return null;
  const words = sentenceOf(bytes, waysToSave({ provider: 'cpu', lowMemory }, request.params), memory);
  return (
    words && (device === 'auto' ? `On the CPU, ${words}.` : `${words[0].toUpperCase()}${words.slice(1)}.`)
  );
}

function sentenceOf(bytes: number, ways: readonly string[], memory?: Memory): string | null {
  try {
    const said = memoryWords(bytes, ways, memory);
    return said?.level === 'warn' ? said.text : null;
  } catch (error) {
    return (error as Error).message; // it can never fit: the job would be refused with the same words
  }
}

/** The diffusion model that a job runs on; null: it runs on none, or on exported graphs, which do not tell. */
export function diffusionModelOf(catalog: Catalog, request: JobRequest): DiffusionModel | null {
  switch (request.kind) {
    case 'train':
      return weightsOf(findModel(catalog, request.params.baseModelId, 'diffusion').path);
    case 'generate':
      return weightsOf(baseOfGeneration(catalog, request));
    case 'control':
    case 'hard-factors':
      return weightsOf(adapterBase(catalog, request));
    default:
      return null;
  }
}

type Requested<K extends JobRequest['kind']> = Extract<JobRequest, { kind: K }>;

/** Null: what is asked for is no job on a model of weights, or cannot be made; the job says why. */
function bytesOf(catalog: Catalog, request: JobRequest, lowMemory: boolean): number | null {
  const model = diffusionModelOf(catalog, request);
  if (!model) return null;
  switch (request.kind) {
    case 'train':
      return trainingBytes(model, request, lowMemory);
    case 'generate':
    case 'control':
      return generationBytes(model, request.params, lowMemory);
    case 'hard-factors': {
      const { params } = request;
      return generationBytes(model, { ...params, ...wordless(params) }, lowMemory);
    }
    default:
      return null;
  }
}

function trainingBytes(model: DiffusionModel, { params }: Requested<'train'>, lowMemory: boolean): number {
  const { batchSize: batch, rank, gradientCheckpointing: checkpointing } = params;
  return trainingMemory(model, { batch, size: ownSize(model), rank, checkpointing, lowMemory });
}

function generationBytes(
  model: DiffusionModel,
  params: GuidanceOptions & { batchSize: number; size?: number | null },
  lowMemory: boolean,
): number | null {
  const size = params.size ?? ownSize(model);
  if (size % downsamplingFactor(model.vae.config) !== 0) return null;
  return generationMemory(model, generationLoad(params, size, lowMemory));
}

/** Null: exported graphs, which do not tell. */
const weightsOf = (path: string): DiffusionModel | null =>
  existsSync(join(path, 'unet', 'model.onnx')) ? null : openDiffusionModel(path);

const baseOfGeneration = (catalog: Catalog, request: Requested<'generate'>): string =>
  request.params.modelId === null
    ? adapterBase(catalog, request)
    : findModel(catalog, request.params.modelId, 'diffusion').path;

/** Of the adapter named, or the dataset's newest. */
function adapterBase(
  catalog: Catalog,
  { params }: Requested<'generate' | 'control' | 'hard-factors'>,
): string {
  const adapter = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  return baseOfAdapter(catalog, adapter.name, readAdapter(adapter.path).config).path;
}
