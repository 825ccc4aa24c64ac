/** Owns running an image network of our own graph as an encoder: normalisation, one session for each batch size. */
import * as f from '../../../core/graph/functions.ts';
import { constant, input, type Value } from '../../../core/graph/value.ts';
import { frozenSource, type Params, paramsOf } from '../../../core/nn/params.ts';
import { centreCrops } from '../../../core/training/augment.ts';
import { openGraph } from '../open-graph.ts';
import type { RuntimeOptions, Session } from '../runtime.ts';
import type { ImageEncoder } from './encoder.ts';
import type { StoredPart } from './stored-part.ts';

export interface ImageNetwork {
  /** Side of the square pictures that it takes, in pixels. */
  size: number;
  /** Side to which pictures are brought before the middle is cut out of them. */
  enlarged: number;
  /** How a picture that is no square becomes one: what sticks out is cut off, or it is squeezed. */
  resize: 'crop' | 'stretch';
  /** Of red, green and blue, applied to values in [0,1]: (x - mean) / std. */
  mean: readonly number[];
  std: readonly number[];
  /** Numbers of a feature vector. */
  dim: number;
  labels: readonly string[] | null;
  /** Normalised f32[n,3,size,size] -> f32[n,dim] and, of a classifier, f32[n,classes]. */
  build(p: Params, image: Value): { features: Value; logits: Value | null };
}

/** Features and logits of pictures in [0,1]. */
export function outputsOf(network: ImageNetwork, p: Params, image: Value): Record<string, Value> {
  const perChannel = (values: readonly number[]) => constant(values, [1, 3, 1, 1]);
  const normalised = f.div(f.sub(image, perChannel(network.mean)), perChannel(network.std));
  const { features, logits } = network.build(p, normalised);
  return logits ? { features, logits } : { features };
}

/** Sessions are made per batch size, at most two (full batches and the rest). */
export async function openNetworkEncoder(
  part: StoredPart<unknown>,
  name: string,
  network: ImageNetwork,
  runtime: RuntimeOptions,
): Promise<ImageEncoder> {
  const { size, enlarged } = network;
  const sessions = new Map<number, Session>();

  const sessionFor = async (n: number): Promise<Session> => {
    const known = sessions.get(n);
    if (known) return known;
    const image = input('image', [n, 3, size, size]);
    const outputs = outputsOf(network, paramsOf(frozenSource(part.table)), image);
    const session = await openGraph(outputs, runtime, part);
    sessions.set(n, session);
    return session;
  };

  return {
    name,
    hash: await part.hash(),
    width: enlarged,
    height: enlarged,
    resize: network.resize,
    dim: network.dim,
    labels: network.labels,
    async run(pixels, n) {
      const bytes = n * enlarged * enlarged * 3;
      if (pixels.length !== bytes) {
        throw new Error(`${name}: ${pixels.length} bytes for ${n} images, expected ${bytes}`);
      }
      const image = { dims: [n, 3, size, size], data: centreCrops(pixels, enlarged, size) };
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
