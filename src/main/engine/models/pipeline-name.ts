/** Owns what a Diffusers folder calls its pipeline, for a line about it. */
import { join } from 'node:path';
import { readModelJson } from './stored-part.ts';

const LONGEST = 80;

/** @throws naming model_index.json where it cannot be read. */
export function pipelineOf(folder: string): string {
  const index = readModelJson(join(folder, 'model_index.json'), "the pipeline's index");
  const name = (index as { _class_name?: unknown } | null)?._class_name;
  return typeof name === 'string' ? name.slice(0, LONGEST) : 'pipeline not named';
}
