/**
 * Owns a residual classifier as a folder: config.json (network, picture size, class names) and model.safetensors. The
 * built-in encoder is one, and so is every classifier that is trained here; those keep their training dynamics too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingDynamics } from '../../../core/difficulty/dynamics.ts';
import { encodeGraph } from '../../../core/graph/emit.ts';
import * as f from '../../../core/graph/functions.ts';
import { input } from '../../../core/graph/value.ts';
import { frozenSource, paramsOf } from '../../../core/nn/params.ts';
import { featureWidth, type ResnetConfig, resnet } from '../../../core/nn/resnet.ts';
import { openSession, type RuntimeOptions, type Session } from '../runtime.ts';
import { writeSafetensors } from '../safetensors.ts';
import type { ImageEncoder } from './encoder.ts';
import { openPart } from './stored-part.ts';

export interface ResnetFile extends ResnetConfig {
  /** Side of the square pictures, in pixels. */
  image_size: number;
  /** Class names, in the order of the logits. */
  labels: string[];
}

export type ResnetWeights = Map<string, { shape: readonly number[]; data: Float32Array }>;

export async function writeResnet(
  folder: string,
  o: { config: ResnetFile; weights: ResnetWeights; dynamics: TrainingDynamics; imageIds: readonly number[] },
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(o.weights), { format: 'pt' });
  json('config.json', { _class_name: 'CruxResnet', ...o.config });
  const { dynamics: d } = o;
  json(
    'dynamics.json',
    o.imageIds.map((imageId, i) => ({
      imageId,
      confidence: d.confidence[i],
      variability: d.variability[i],
      correctness: d.correctness[i],
      forgetting: d.forgetting[i],
    })),
  );
}

/** Opens such a folder; sessions are made per batch size, at most two (full batches and the rest). */
export async function openResnetFolder(
  folder: string,
  name: string,
  runtime: RuntimeOptions,
): Promise<ImageEncoder> {
  const part = openPart(folder, name, ['model.safetensors'], (json) => json as ResnetFile);
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
    name,
    hash: await part.hash(),
    width: size,
    height: size,
    resize: 'crop',
    dim: featureWidth(config),
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
