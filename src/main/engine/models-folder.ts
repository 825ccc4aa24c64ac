/**
 * Owns the folder that a person keeps models in (settings.modelsFolder): every Diffusers folder directly in it becomes
 * known to the catalog by itself. ONNX files do not: they leave questions open that only a person can answer.
 */
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Catalog, listModelRows, readSettings } from '../catalog/index.ts';
import { addModel } from './check-model.ts';

export interface FoundModels {
  added: string[]; // ids
  /** Folders that look like models but cannot be used, with the reason. */
  problems: { path: string; reason: string }[];
}

/** A person's models are some dozens; looking through more would hold up whoever lists them. */
const MOST_NAMES = 10_000;

const running = new Map<string, Promise<FoundModels>>();

/** Adds what is new. One search at a time per catalog; a second call waits for the first's result. */
export function addFromModelsFolder(catalog: Catalog): Promise<FoundModels> {
  const known = running.get(catalog.dir);
  if (known) return known;
  const search = find(catalog).finally(() => running.delete(catalog.dir));
  running.set(catalog.dir, search);
  return search;
}

async function find(catalog: Catalog): Promise<FoundModels> {
  const found: FoundModels = { added: [], problems: [] };
  const { modelsFolder } = readSettings(catalog);
  if (modelsFolder === null) return found;
  const there = new Set(listModelRows(catalog).map((model) => model.path));
  let names: string[];
  try {
    names = await namesIn(modelsFolder);
  } catch (error) {
    found.problems.push({ path: modelsFolder, reason: (error as Error).message });
    return found;
  }
  for (const name of names) {
    const path = join(modelsFolder, name);
    if (there.has(path) || !(await stat(join(path, 'model_index.json')).catch(() => null))) continue;
    try {
      found.added.push((await addModel(catalog, { path, name })).id);
    } catch (error) {
      found.problems.push({ path, reason: (error as Error).message });
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) {
    if (names.length === MOST_NAMES)
      throw new Error(`${folder} has more than ${MOST_NAMES} entries; choose a folder of models`);
    names.push(name);
  }
  return names.sort();
}
