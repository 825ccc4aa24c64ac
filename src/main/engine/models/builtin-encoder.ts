/** Owns the built-in image encoder: the small residual network of resources/models/encoder. */
import { basename } from 'node:path';
import { encodeGraph } from '../../../core/graph/emit.ts';
import * as f from '../../../core/graph/functions.ts';
import { input } from '../../../core/graph/value.ts';
import { frozenSource, paramsOf } from '../../../core/nn/params.ts';
import { type ResnetConfig, resnet } from '../../../core/nn/resnet.ts';
import { openSession, type RuntimeOptions, type Session } from '../runtime.ts';
import type { ImageEncoder } from './encoder.ts';
import { builtInModelFolder } from './folders.ts';
import { openPart } from './stored-part.ts';

interface EncoderFile extends ResnetConfig {
  image_size: number;
  labels: string[];
}

/** Opens the encoder; sessions are made per batch size, at most two (full batches and the rest). */
export async function openBuiltinEncoder(runtime: RuntimeOptions): Promise<ImageEncoder> {
  const part = openPart<EncoderFile>(builtInModelFolder('encoder'), 'built-in encoder', [
    'model.safetensors',
  ]);
  const { config } = part;
  const size = config.image_size;
  const plane = size * size;
  const sessions = new Map<number, Session>();

  const sessionFor = async (n: number): Promise<Session> => {
    const known = sessions.get(n);
    if (known) return known;
    const image = input('image', [n, 3, size, size]);
    const { features, logits } = resnet(
      paramsOf(frozenSource(part.table)),
      config,
      f.sub(f.mul(image, 2), 1),
      false,
    );
    const { bytes } = encodeGraph({ features, logits }, { weights: part.locate });
    const session = await openSession(bytes, runtime, { externalFolder: part.folder });
    sessions.set(n, session);
    return session;
  };

  return {
    name: `built-in ${basename(part.folder)}`,
    hash: await part.hash(),
    width: size,
    height: size,
    resize: 'crop',
    dim: config.widths.at(-1)!,
    labels: config.labels,
    async run(pixels, n) {
      if (pixels.length !== n * plane * 3) {
        throw new Error(`encoder: ${pixels.length} bytes for ${n} images, wanted ${n * plane * 3}`);
      }
      const image = new Float32Array(n * 3 * plane);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < plane; j++) {
          for (let c = 0; c < 3; c++) image[(i * 3 + c) * plane + j] = pixels[(i * plane + j) * 3 + c] / 255;
        }
      }
      const out = await (await sessionFor(n)).run({ image: { dims: [n, 3, size, size], data: image } });
      return { features: out.features.data as Float32Array, logits: out.logits.data as Float32Array };
    },
    async close() {
      for (const session of sessions.values()) await session.close();
      sessions.clear();
    },
  };
}
