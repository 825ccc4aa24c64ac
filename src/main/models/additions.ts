/** Owns what a person puts on a model for one job: LoRA files with weights and embedding files, with their hashes. */
import { basename } from 'node:path';
import { hashFile } from '../files/hash.ts';
import type { ModelAdditions } from './diffusion/model-folder.ts';
import { adapterFile, readEmbeddingFile, readLoraFile } from './lora-file.ts';

export interface NamedAdditions {
  loras: readonly { path: string; weight: number }[];
  embeddings: readonly string[];
}

/** A token that a prompt may name, and the file that it is from. */
export interface AddedToken {
  file: string;
  token: string;
}

/** @returns their values, their tokens, and their hashes by role for the provenance. */
export async function readAdditions(
  named: NamedAdditions,
): Promise<{ additions: ModelAdditions; added: AddedToken[]; hashes: Record<string, string> }> {
  const loras = named.loras.map(({ path, weight }) => ({
    name: basename(path),
    adapter: readLoraFile(path),
    weight,
  }));
  // A file may bring tokens along with its LoRA, and be named for either or both.
  const bundled = new Map(loras.map(({ adapter }, i) => [adapterFile(named.loras[i].path), adapter.tokens]));
  const found = [
    ...[...bundled].filter(([path]) => !named.embeddings.includes(path)),
    ...named.embeddings.map((path) => [path, readEmbeddingFile(path)] as const),
  ];
  const tokens = found.flatMap(([, own]) => own);
  const added = found.flatMap(([path, own]) => own.map(({ token }) => ({ file: basename(path), token })));
  const hashes: Record<string, string> = {};
  for (const { path, weight } of named.loras) {
    hashes[`lora ${basename(path)} x ${weight}`] = await hashFile(adapterFile(path));
  }
  for (const path of named.embeddings) hashes[`embedding ${basename(path)}`] = await hashFile(path);
  return { additions: { loras, tokens }, added, hashes };
}
