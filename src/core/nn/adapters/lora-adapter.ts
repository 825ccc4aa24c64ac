/**
 * Owns a trained LoRA as values, whatever layout its file had, and its place beside a network's layers:
 * y = W x + weight (alpha / rank) up(down(x)). Several adapters on one layer add up.
 */
import { constant, type Shape, sameShape } from '../../graph/value.ts';
import type { LowRank, ParameterSource } from '../params.ts';

export interface Matrix {
  shape: Shape;
  data: Float32Array;
}

/** One adapted layer. */
export interface LowRankPair {
  down: Matrix; // [rank,in], of a convolution [rank,in,k,k]
  up: Matrix; // [out,rank], of a convolution [out,rank,1,1]
  alpha: number;
}

export type AdaptedPart = 'unet' | 'text_encoder';

export interface LoraAdapter {
  /** As the file is laid out; what a person is told. */
  layout: string;
  /** Pairs by the path of the layer within each part. */
  unet: ReadonlyMap<string, LowRankPair>;
  text_encoder: ReadonlyMap<string, LowRankPair>;
}

export interface WeightedAdapter {
  /** What errors call it. */
  name: string;
  adapter: LoraAdapter;
  /** Its strength; 1 as trained, 0 off. */
  weight: number;
}

/**
 * `base` with the adapters' branches for one part of the model as constants. `surplus` lists the layers, as
 * `<adapter>: <path>`, that no layer built from this source took.
 */
export function withAdapters<Source extends ParameterSource>(
  base: Source,
  part: AdaptedPart,
  adapters: readonly WeightedAdapter[],
): Source & { surplus(): string[] } {
  const layers = adapters.flatMap(({ name, adapter, weight }) =>
    [...adapter[part]].map(([path, pair]) => ({
      path,
      pair,
      strength: weight,
      what: `${name}: ${part}.${path}`,
    })),
  );
  const used = new Set<string>();
  return {
    ...base,
    lowRank(path, weight) {
      const own = layers.filter((layer) => layer.path === path);
      if (own.length > 0) used.add(path);
      const below: readonly LowRank[] = base.lowRank?.(path, weight) ?? [];
      return [...below, ...own.map(({ pair, strength, what }) => branchOf(pair, weight, strength, what))];
    },
    surplus: () => layers.filter(({ path }) => !used.has(path)).map(({ what }) => what),
  };
}

/** A layer may be stored as a 1x1 convolution and built as a linear one, or the other way round. */
function branchOf({ down, up, alpha }: LowRankPair, weight: Shape, strength: number, what: string): LowRank {
  const rank = down.shape[0];
  const [out, ...inner] = weight;
  const kernel = weight.slice(2);
  const wanted = { down: [rank, ...inner], up: [out, rank, ...kernel.map(() => 1)] };
  const fit = (matrix: Matrix, shape: Shape, side: 'down' | 'up') => {
    if (!sameShape(withoutOnes(matrix.shape), withoutOnes(shape))) {
      throw new Error(
        `${what}: its ${side} matrix is [${matrix.shape}], the layer takes [${shape}]; was it trained on another model?`,
      );
    }
    return constant(matrix.data, shape);
  };
  return {
    down: fit(down, wanted.down, 'down'),
    up: fit(up, wanted.up, 'up'),
    scale: (strength * alpha) / rank,
  };
}

/** [a,b,1,1] as [a,b]. */
const withoutOnes = (shape: Shape): Shape =>
  shape.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : shape;
