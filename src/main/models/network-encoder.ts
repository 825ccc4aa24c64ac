/** Owns running an image network of our own graph as an encoder: normalisation, one session for each batch size. */
import * as f from '../../core/graph/functions.ts';
import { constant, input, type Value } from '../../core/graph/value.ts';
import type { Preprocessing } from '../../core/images/preprocessing.ts';
import { frozenSource, type Params, paramsOf } from '../../core/nn/params.ts';
import { pictureValues } from '../../core/training/augment.ts';
import { openGraph } from '../runtime/open-graph.ts';
import type { RuntimeOptions, Session } from '../runtime/runtime.ts';
import { featuresHash, type ImageEncoder } from './encoder.ts';
import type { StoredPart } from './stored-part.ts';

export interface ImageNetwork {
  preprocessing: Preprocessing;
  /** Numbers of a feature vector. */
  dim: number;
  labels: readonly string[] | null;
  /** Normalised f32[n,3,height,width] -> f32[n,dim] and, of a classifier, f32[n,classes]. */
  build(p: Params, image: Value): { features: Value; logits: Value | null };
}

/** Features and logits of pictures in [0,1]. */
export function outputsOf(network: ImageNetwork, p: Params, image: Value): Record<string, Value> {
  const perChannel = (values: readonly number[]) => constant(values, [1, 3, 1, 1]);
  const { mean, std } = network.preprocessing;
  const normalised = f.div(f.sub(image, perChannel(mean)), perChannel(std));
  const { features, logits } = network.build(p, normalised);
  return logits ? { features, logits } : { features };
}

/**
 * What its features depend on. Networks that Crux trained always see images in the one way that they were trained with,
 * so the weights say all, as they did in every version.
 */
export async function networkHash(part: StoredPart<unknown>, network: ImageNetwork): Promise<string> {
  const weights = await part.hash();
  const { preprocessing } = network;
  return preprocessing.arithmetic === 'libvips' ? weights : featuresHash(weights, preprocessing);
}

/** Sessions are made per batch size, at most two (full batches and the rest). */
export async function openNetworkEncoder(
  part: StoredPart<unknown>,
  name: string,
  network: ImageNetwork,
  runtime: RuntimeOptions,
): Promise<Omit<ImageEncoder, 'text'>> {
  const { preprocessing } = network;
  const { width, height } = preprocessing;
  const sessions = new Map<number, Session>();

  const sessionFor = async (n: number): Promise<Session> => {
    const known = sessions.get(n);
    if (known) return known;
    const image = input('image', [n, 3, height, width]);
    const outputs = outputsOf(network, paramsOf(frozenSource(part.table)), image);
    const session = await openGraph(outputs, runtime, part);
    sessions.set(n, session);
    return session;
  };

  return {
    name,
    hash: await networkHash(part, network),
    preprocessing,
    dim: network.dim,
    labels: network.labels,
    async run(pixels, n) {
      const bytes = n * height * width * 3;
      if (pixels.length !== bytes) {
        throw new Error(`${name}: ${pixels.length} bytes for ${n} images, expected ${bytes}`);
      }
      const image = { dims: [n, 3, height, width], data: pictureValues(pixels, n) };
      const out = await (await sessionFor(n)).run({ image });
      const logits = out.logits ? (out.logits.data as Float32Array) : null;
      return { features: out.features.data as Float32Array, logits };
    },
    async close() {
      for (const session of sessions.values()) await session.close();
      sessions.clear();
    },
  };
}
