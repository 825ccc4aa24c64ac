/** Owns LoRA and textual-inversion files on disk: which file a person means, what stands beside it, and writing one. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { numel } from '../../core/graph/value.ts';
import type { LoraAdapter, Matrix } from '../../core/nn/adapters/lora-adapter.ts';
import type { PeftConfig } from '../../core/nn/adapters/peft-config.ts';
import { isAdapter, readLora } from '../../core/nn/adapters/read-lora.ts';
import {
  type LearnedToken,
  readLearnedTokens,
  requireTokens,
} from '../../core/nn/adapters/textual-inversion.ts';
import { type WrittenLayout, writeLora } from '../../core/nn/adapters/write-lora.ts';
import { openSafetensors, writeSafetensors } from '../files/safetensors.ts';
import { withinFile } from '../files/within-file.ts';
import { inGigabytes } from '../runtime/out-of-memory.ts';
import { readModelJson } from './stored-part.ts';

/** Bytes: all of an adapter is read into memory and into the model that it is put on, and ONNX holds no more. */
const LARGEST = 2 ** 31 - 2 ** 24;

/** What libraries call the file in a folder that is an adapter. */
const inFolder = ['pytorch_lora_weights.safetensors', 'adapter_model.safetensors'];

/** A LoRA, and the learned tokens that its file brings along. */
export interface LoraFile extends LoraAdapter {
  tokens: readonly LearnedToken[];
}

/** A LoRA file as values. A folder stands for the file in it. @throws naming the file and what is wrong. */
export function readLoraFile(given: string): LoraFile {
  const file = adapterFile(given);
  const { tensors, metadata } = readAll(file);
  const beside = join(dirname(file), 'adapter_config.json');
  const config = existsSync(beside) ? readModelJson<PeftConfig>(beside, "the adapter's config") : null;
  return withinFile(file, () => ({
    ...readLora(tensors, { metadata, config }),
    tokens: readLearnedTokens(tensors, '', false),
  }));
}

/** The learned tokens of a textual-inversion file, or those that a LoRA file carries along. */
export function readEmbeddingFile(file: string): LearnedToken[] {
  const alone = !hasAdapter(file);
  const { tensors } = readAll(file);
  const token = `<${basename(file, extname(file)).replaceAll(/\s+/g, '-')}>`;
  const tokens = withinFile(file, () => readLearnedTokens(tensors, token, alone));
  if (tokens.length === 0) throw new Error(`${file}: no learned tokens in it`);
  return tokens;
}

/** Whether a LoRA is in it. @throws where neither that nor learned tokens are, before a value is read. */
function hasAdapter(file: string): boolean {
  const stored = openSafetensors(file);
  stored.close();
  if (isAdapter([...stored.tensors.keys()])) return true;
  withinFile(file, () => requireTokens(stored.tensors));
  return false;
}

/** Writes one in a layout that other programs read. The values keep their bits. */
export function writeLoraFile(file: string, adapter: LoraAdapter, layout: WrittenLayout): void {
  const { tensors, metadata } = writeLora(adapter, layout);
  writeSafetensors(file, Object.fromEntries(tensors), metadata);
}

/** A folder that is an adapter stands for the file in it. */
export function adapterFile(given: string): string {
  if (!existsSync(given)) throw new Error(`there is no adapter at ${given}`);
  if (!statSync(given).isDirectory()) return given;
  const file = loraInFolder(given);
  if (!file) throw new Error(`${given}: no LoRA in this folder; expected ${inFolder.join(' or ')}`);
  return file;
}

export const loraInFolder = (folder: string): string | null =>
  inFolder.map((name) => join(folder, name)).find((file) => existsSync(file)) ?? null;

function readAll(file: string): { tensors: Map<string, Matrix>; metadata: Readonly<Record<string, string>> } {
  const stored = openSafetensors(file);
  try {
    const sizes = [...stored.tensors.values()].map(({ shape }) => 4 * numel(shape));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > LARGEST) {
      throw new Error(
        `${file}: its tensors take ${inGigabytes(bytes)} as 32-bit numbers, and at most ${inGigabytes(LARGEST)} go into a graph. Use a LoRA of lower rank, or one that was extracted from these differences.`,
      );
    }
    const tensors = new Map<string, Matrix>();
    for (const [name, { shape }] of stored.tensors) tensors.set(name, { shape, data: stored.read(name) });
    return { tensors, metadata: stored.metadata };
  } finally {
    stored.close();
  }
}
