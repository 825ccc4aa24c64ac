/**
 * Owns what memory a job that is not started yet would take: what a form says before a person starts it. Computed from
 * configs and headers; no runtime is loaded for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { guidanceBranches } from '../../core/diffusion/guidance.ts';
import { downsamplingFactor } from '../../core/nn/autoencoder-kl.ts';
import type { JobRequest } from '../../shared/jobs.ts';
import { type Catalog, CatalogError, readSettings } from '../catalog/index.ts';
import { readAdapter } from './diffusion/adapter-file.ts';
import { generationMemory, ownSize, trainingMemory } from './diffusion/memory-estimate.ts';
import { openDiffusionModel } from './diffusion/model-folder.ts';
import { baseOfAdapter, findModel, newestAdapter } from './models/registry.ts';
import { waysToSave } from './out-of-memory.ts';
import { type Memory, memoryWords } from './tell-memory.ts';

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

/** Null: what is asked for is no job on a model of weights, or cannot be made; the job says why. */
function bytesOf(catalog: Catalog, request: JobRequest, lowMemory: boolean): number | null {
  if (request.kind !== 'train' && request.kind !== 'generate') return null;
  const path =
    request.kind === 'train' ? baseOfTraining(catalog, request) : baseOfGeneration(catalog, request);
  if (existsSync(join(path, 'unet', 'model.onnx'))) return null;
  const model = openDiffusionModel(path);
  const { batchSize: batch } = request.params;
  if (request.kind === 'train') {
    const { rank, gradientCheckpointing: checkpointing } = request.params;
    return trainingMemory(model, { batch, size: ownSize(model), rank, checkpointing, lowMemory });
  }
  const size = request.params.size ?? ownSize(model);
  if (size % downsamplingFactor(model.vae.config) !== 0) return null;
  const branches = guidanceBranches(request.params).branches.length;
  return generationMemory(model, { batch, size, branches, lowMemory });
}

const baseOfTraining = (catalog: Catalog, { params }: Extract<JobRequest, { kind: 'train' }>): string =>
  findModel(catalog, params.baseModelId, 'diffusion').path;

function baseOfGeneration(catalog: Catalog, { params }: Extract<JobRequest, { kind: 'generate' }>): string {
  if (params.modelId !== null) return findModel(catalog, params.modelId, 'diffusion').path;
  const adapter = params.adapterId
    ? findModel(catalog, params.adapterId, 'difficulty-adapter')
    : newestAdapter(catalog, params.datasetId);
  return baseOfAdapter(catalog, adapter.name, readAdapter(adapter.path).config).path;
}
