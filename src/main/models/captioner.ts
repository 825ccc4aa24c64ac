/**
 * Owns a user's captioning model: an Optimum-style folder of an image-to-text model exported to ONNX (an image
 * encoder and a text decoder), run with greedy decoding. Everything about it is read from its own files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Preprocessing } from '../../core/images/preprocessing.ts';
import { most } from '../../core/nn/config-fields.ts';
import { createByteDecoder } from '../../core/tokenizer/byte-decoder.ts';
import { openSession, type RuntimeOptions } from '../runtime/runtime.ts';
import { assumedBy, readPreprocessor } from './preprocessor-file.ts';
import { readModelJson } from './stored-part.ts';

export const captionerFiles = [
  'encoder_model.onnx',
  'decoder_model.onnx',
  'config.json',
  'vocab.json',
] as const;

/** Which model would do, for errors of jobs that lack one. */
export const captionerWanted =
  'a folder with encoder_model.onnx, decoder_model.onnx, config.json, preprocessor_config.json and vocab.json ' +
  '(an image-to-text model such as vit-gpt2, exported with Optimum)';

const token = z.int().min(0).max(most.vocabulary).nullish();
const generation = z.object({
  decoder_start_token_id: token,
  bos_token_id: token,
  eos_token_id: token,
  pad_token_id: token,
  max_length: z.int().positive().max(most.tokens).nullish(),
});
const typed = z.object({ model_type: z.string().optional() });
const modelConfig = generation.extend({
  ...typed.shape,
  encoder: typed.nullish(),
  decoder: generation.nullish(),
});

export interface Captioner {
  preprocessing: Preprocessing;
  /** u8[height,width,3] RGB of one picture, prepared -> its caption. */
  caption(pixels: Uint8Array): Promise<string>;
  close(): Promise<void>;
}

interface CaptionerConfig {
  preprocessing: Preprocessing;
  /** Absent: a file says how images are prepared. */
  assumed?: string;
  start: number;
  end: number;
  special: ReadonlySet<number>;
  maxLength: number;
}

function parse<T>(schema: z.ZodType<T>, file: string, what: string): T {
  const parsed = schema.safeParse(readModelJson(file, what));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: ${issue.path.join('.') || 'the file'}: ${issue.message}`);
}

/** @throws an error that names the file or field that is missing. */
export function readCaptionerConfig(folder: string): CaptionerConfig {
  for (const file of captionerFiles) {
    if (!existsSync(join(folder, file)))
      throw new Error(`${join(folder, file)} is missing; wanted ${captionerWanted}`);
  }
  const config = parse(modelConfig, join(folder, 'config.json'), "the captioner's config");
  const images = readPreprocessor(folder, { type: config.encoder?.model_type ?? config.model_type ?? '' });
  const pick = (name: keyof z.infer<typeof generation>) => config[name] ?? config.decoder?.[name] ?? null;
  const start = pick('decoder_start_token_id') ?? pick('bos_token_id');
  const end = pick('eos_token_id');
  if (start === null || end === null) {
    throw new Error(`${join(folder, 'config.json')}: decoder_start_token_id and eos_token_id are wanted`);
  }
  const special = [start, end, pick('bos_token_id'), pick('pad_token_id')].filter((id) => id !== null);
  return {
    preprocessing: images.preprocessing,
    ...assumedBy(images),
    start,
    end,
    special: new Set(special),
    maxLength: pick('max_length') ?? 32,
  };
}

export async function openCaptioner(folder: string, runtime: RuntimeOptions): Promise<Captioner> {
  const config = readCaptionerConfig(folder);
  const decoderText = createByteDecoder(
    readModelJson(join(folder, 'vocab.json'), "the captioner's vocabulary"),
    (bytes) => new TextDecoder().decode(bytes),
  );
  const encoder = await openSession(join(folder, 'encoder_model.onnx'), runtime);
  const decoder = await openSession(join(folder, 'decoder_model.onnx'), runtime);
  const { preprocessing } = config;
  const { width, height, mean, std } = preprocessing;
  const plane = width * height;
  return {
    preprocessing,
    async caption(pixels) {
      const data = new Float32Array(3 * plane);
      for (let j = 0; j < plane; j++) {
        for (let c = 0; c < 3; c++) data[c * plane + j] = (pixels[3 * j + c] / 255 - mean[c]) / std[c];
      }
      const encoded = await encoder.run({ pixel_values: { dims: [1, 3, height, width], data } }, [
        'last_hidden_state',
      ]);
      const ids = [config.start];
      while (ids.length < config.maxLength) {
        const { logits } = await decoder.run(
          {
            input_ids: { dims: [1, ids.length], data: BigInt64Array.from(ids, (id) => BigInt(id)) },
            encoder_hidden_states: encoded.last_hidden_state,
          },
          ['logits'],
        );
        const vocabulary = logits.dims[2];
        const last = (logits.data as Float32Array).subarray((ids.length - 1) * vocabulary);
        let best = 0;
        for (let i = 1; i < vocabulary; i++) if (last[i] > last[best]) best = i;
        if (best === config.end) break;
        ids.push(best);
      }
      return decoderText.decode(ids, config.special);
    },
    async close() {
      await encoder.close();
      await decoder.close();
    },
  };
}
