/**
 * Owns what difficulty training leaves behind: a folder with the LoRA in diffusers' layout, the difficulty
 * encoder beside it, and a config that says what they were trained on.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { most, ranges } from '../../../core/nn/config-fields.ts';
import type { LoraConfig } from '../../../core/nn/lora.ts';
import { firstFew } from '../../files/first-few.ts';
import { openSafetensors, writeSafetensors } from '../../files/safetensors.ts';
import { makeFolder, writeWhole } from '../../files/write-whole.ts';
import { readModelJson } from '../stored-part.ts';
import type { DifficultyAdapter } from './sessions.ts';

const loraFile = 'pytorch_lora_weights.safetensors';
const encoderFile = 'difficulty_encoder.safetensors';
export const adapterConfigFile = 'crux_adapter.json';

const upTo = (largest: number) => z.int().positive().max(largest);

const adapterConfig = z.object({
  format: z.literal(1),
  kind: z.literal('difficulty'),
  baseModelId: z.string(),
  baseModelHash: z.string(),
  /** Class names in the order of the encoder's labels. */
  classes: z.array(z.string()).min(1).max(most.classes),
  /** What the training captions looked like. */
  prompt: z.string(),
  scorer: z.object({ name: z.string(), modelHash: z.string() }),
  lora: z.object({ rank: upTo(most.rank), alpha: z.number().positive().max(ranges.factor[1]) }),
  encoder: z.object({
    classes: upTo(most.classes),
    width: upTo(most.channels),
    tokens: upTo(most.tokens),
    hidden: upTo(most.channels),
    // Adapters that say nothing of these were made when they were no settings yet.
    depth: upTo(most.layers).default(2),
    labelEncoding: z.enum(['one-hot', 'embedding']),
    scoreFeatures: z.enum(['raw', 'fourier']).default('fourier'),
    frequencies: upTo(most.channels).default(1),
    placement: z.enum(['append', 'overwrite']),
    tokenNorm: z.boolean().default(false),
  }),
  steps: z.int().positive(),
  finalLoss: z.number(),
});
export type AdapterConfig = z.infer<typeof adapterConfig>;

/** A LoRA as diffusers reads it, alone in a folder. */
export async function writePlainLora(
  folder: string,
  lora: LoraConfig,
  weights: DifficultyAdapter['loraWeights'],
): Promise<void> {
  makeFolder(folder);
  await writeSafetensors(join(folder, loraFile), Object.fromEntries(weights), {
    format: 'pt',
    lora_adapter_metadata: JSON.stringify({
      'unet.r': lora.rank,
      'unet.lora_alpha': lora.alpha,
      'unet.target_modules': [...weights.keys()].flatMap(
        (name) => /^unet\.(.+)\.lora_A\.weight$/.exec(name)?.[1] ?? [],
      ),
    }),
  });
}

export async function writeAdapter(
  folder: string,
  config: AdapterConfig,
  adapter: DifficultyAdapter,
): Promise<void> {
  await writePlainLora(folder, adapter.lora, adapter.loraWeights);
  await writeSafetensors(join(folder, encoderFile), Object.fromEntries(adapter.encoderWeights), {
    format: 'pt',
  });
  writeWhole(join(folder, adapterConfigFile), Buffer.from(`${JSON.stringify(config, null, 2)}\n`));
}

export const isAdapterFolder = (folder: string): boolean => existsSync(join(folder, adapterConfigFile));

/** What a person reads about it. */
export const adapterSummary = ({ classes, encoder, lora, steps }: AdapterConfig): string =>
  `difficulty of ${classes.length} classes (${firstFew(classes)}), ${steps} steps, rank ${lora.rank}, ${encoder.tokens} ${encoder.tokens === 1 ? 'token' : 'tokens'}`;

/** @throws an error that names the file and the field that is missing or wrong. */
export function readAdapter(folder: string): { config: AdapterConfig; adapter: DifficultyAdapter } {
  const path = join(folder, adapterConfigFile);
  const parsed = adapterConfig.safeParse(readModelJson(path, "the difficulty adapter's config"));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${path}: ${issue.path.join('.')}: ${issue.message}`);
  }
  const weights = (file: string) => {
    const stored = openSafetensors(join(folder, file));
    const out: DifficultyAdapter['loraWeights'] = new Map();
    for (const [name, t] of stored.tensors) out.set(name, { shape: t.shape, data: stored.read(name) });
    stored.close();
    return out;
  };
  const { lora, encoder } = parsed.data;
  return {
    config: parsed.data,
    adapter: { lora, encoder, loraWeights: weights(loraFile), encoderWeights: weights(encoderFile) },
  };
}
