/** Owns what the index of a Diffusers folder says: what its pipeline is called, of which family it is, what parts it has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { familyOfPipeline, isForeign } from '../../core/nn/model-families.ts';
import { readModelJson } from './stored-part.ts';

const LONGEST = 80;

/** Those that Crux has a use for. */
const used = new Set(['unet', 'vae', 'vae_encoder', 'vae_decoder', 'text_encoder', 'tokenizer', 'scheduler']);

const indexOf = (folder: string): Record<string, unknown> =>
  Object(readModelJson<unknown>(join(folder, 'model_index.json'), "the pipeline's index"));

/** @throws naming model_index.json where it cannot be read. */
export function pipelineOf(folder: string): string {
  const name = indexOf(folder)._class_name;
  return typeof name === 'string' ? name.slice(0, LONGEST) : 'pipeline not named';
}

/** @throws naming the family of a pipeline that is none of Stable Diffusion 1.x or 2.x. */
export function requireStableDiffusion(folder: string): void {
  if (!existsSync(join(folder, 'model_index.json'))) return; // exports may have none
  const name = pipelineOf(folder);
  // A class that no table knows may be somebody's own of the same parts; without a U-Net it is not.
  const [, other] = /^(?!.*(?:StableDiffusion|LatentConsistency))(.+)Pipeline$/.exec(name) ?? [];
  const family = familyOfPipeline(name) ?? (existsSync(join(folder, 'unet')) ? undefined : other);
  if (family) throw new Error(`${folder} is ${isForeign(family)} (model_index.json names ${name})`);
}

/** Parts that the pipeline has and Crux does not use: a safety checker, a ControlNet. */
export const unusedParts = (folder: string): string[] =>
  Object.entries(indexOf(folder)).flatMap(([part, loadedBy]) =>
    Array.isArray(loadedBy) && loadedBy[0] !== null && !used.has(part) ? [part.slice(0, LONGEST)] : [],
  );
