/**
 * Owns an adapter as values, whatever layout and kind its file had, and its place in a network. A plain low-rank pair
 * stays beside its layer, y = W x + weight scale up(down(x)); whatever else there is changes the weight and the bias
 * that the layer gets: W + weight (f(W) - W). Several adapters on one layer add up, each to the weight of the model.
 */
import { add, mul, reshape } from '../../graph/functions.ts';
import { constant, numel, type Shape, sameShape, type Value } from '../../graph/value.ts';
import type { LowRank, ParameterSource } from '../params.ts';
import { doraChange } from './kinds/dora.ts';
import type { AdapterKind, ByRole, Role } from './kinds/kind.ts';
import { lowRank } from './kinds/low-rank.ts';

export interface Matrix {
  shape: Shape;
  data: Float32Array;
}

/** One adapted layer. */
export interface AdaptedLayer {
  kind: AdapterKind;
  tensors: ByRole<Matrix>;
  /** null: of full rank. */
  rank: number | null;
  /** As the file or its config says, else the rank; null: there is none. */
  alpha: number | null;
  /** Of the difference at weight 1: alpha / rank, of rsLoRA alpha / sqrt(rank). */
  scale: number;
}

export type AdaptedPart = 'unet' | 'text_encoder';
export const adaptedParts: readonly AdaptedPart[] = ['unet', 'text_encoder'];

export interface LoraAdapter {
  /** As the file is laid out; what a person is told. */
  layout: string;
  /** Layers by their path within each part. */
  unet: ReadonlyMap<string, AdaptedLayer>;
  text_encoder: ReadonlyMap<string, AdaptedLayer>;
}

export interface WeightedAdapter {
  /** What errors call it. */
  name: string;
  adapter: LoraAdapter;
  /** Its strength; 1 as trained, 0 off. */
  weight: number;
}

const hasMagnitude = ({ magnitude, dora_scale }: ByRole<unknown>): boolean =>
  (magnitude ?? dora_scale) !== undefined;

/** What a person is told that a layer is. */
export function kindName({ kind, tensors }: Pick<AdaptedLayer, 'kind' | 'tensors'>): string {
  const own = tensors.mid ? 'LoCon with mid (Tucker)' : kind.name;
  if (!hasMagnitude(tensors)) return own;
  return kind === lowRank && !tensors.mid ? 'DoRA' : `${own} with DoRA`;
}

/** A plain low-rank pair; it may bring a bias as well. */
export const isPair = ({ kind, tensors }: AdaptedLayer): boolean =>
  kind === lowRank && !tensors.mid && !hasMagnitude(tensors);

const ofBias: readonly Role[] = ['diff_b', 'b_norm', 'up_bias'];

/** Whether it changes the layer's bias. */
export const changesBias = ({ tensors }: Pick<AdaptedLayer, 'tensors'>): boolean =>
  ofBias.some((role) => tensors[role] !== undefined);

/** What a layer's adapter acts on. */
type Target = 'beside' | 'weight' | 'bias';

function targetsOf(layer: AdaptedLayer): Target[] {
  const there = Object.keys(layer.tensors) as Role[];
  const own = there.some((role) => layer.kind.roles.includes(role) && !ofBias.includes(role));
  return [
    ...(own ? [isPair(layer) ? ('beside' as const) : ('weight' as const)] : []),
    ...(changesBias(layer) ? (['bias'] as const) : []),
  ];
}

/**
 * `base` with the adapters of one part of the model. `surplus` lists the layers, as `<adapter>: <path>`, of which the
 * network took something not, or not all.
 */
export function withAdapters<Source extends ParameterSource>(
  base: Source,
  part: AdaptedPart,
  adapters: readonly WeightedAdapter[],
): Source & { surplus(): string[] } {
  const layers = adapters.flatMap(({ name, adapter, weight }) =>
    [...adapter[part]].map(([path, layer]) => ({
      path,
      layer,
      strength: weight,
      what: `${name}: ${part}.${path}`,
      left: new Set(targetsOf(layer)),
    })),
  );
  const taking = (path: string, target: Target) => {
    const own = layers.filter((l) => l.path === path && targetsOf(l.layer).includes(target));
    for (const { left } of own) left.delete(target);
    return own;
  };
  return {
    ...base,
    parameter(name, shape) {
      const [, path, target] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
      const own = path ? taking(path, target as Target) : [];
      const before =
        own.length > 0 && target === 'bias' && !base.has(name) ? null : base.parameter(name, shape);
      const changes = own.map(({ layer, strength, what }) => {
        const change = told(what, () =>
          target === 'bias' ? biasChange(layer, shape) : weightChange(layer, before!),
        );
        return mul(change, strength);
      });
      return [...(before ? [before] : []), ...changes].reduce((sum, change) => add(sum, change));
    },
    addsBias: (path) =>
      base.addsBias?.(path) || layers.some((l) => l.path === path && targetsOf(l.layer).includes('bias')),
    lowRank(path, weight) {
      const below: readonly LowRank[] = base.lowRank?.(path, weight) ?? [];
      const own = taking(path, 'beside');
      return [...below, ...own.map(({ layer, strength, what }) => branchOf(layer, weight, strength, what))];
    },
    surplus: () => layers.filter(({ left }) => left.size > 0).map(({ what }) => what),
  };
}

function told<T>(what: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

const asValue = ({ data, shape }: Matrix): Value => constant(data, shape);

/** The difference to the weight at strength 1. */
function weightChange({ kind, tensors, scale }: AdaptedLayer, weight: Value): Value {
  const values = mapRoles(tensors, asValue);
  const difference = kind.delta(values)!;
  if (difference.shape[0] !== weight.shape[0] || numel(difference.shape) !== numel(weight.shape)) {
    throw misfit(`its difference is [${difference.shape}]`, weight.shape);
  }
  const delta = mul(reshape(difference, weight.shape), scale);
  return hasMagnitude(tensors) ? doraChange(weight, delta, values) : delta;
}

function biasChange({ tensors, scale }: AdaptedLayer, shape: Shape): Value {
  const changes = ofBias.flatMap((role) => {
    const bias = tensors[role];
    if (!bias) return [];
    if (bias.data.length !== numel(shape)) throw misfit(`its ${role} is [${bias.shape}]`, shape);
    // That of a pair is inside its branch, and scaled with it.
    return mul(reshape(asValue(bias), shape), role === 'up_bias' ? scale : 1);
  });
  return changes.reduce((sum, change) => add(sum, change));
}

/** A layer may be stored as a 1x1 convolution and built as a linear one, or the other way round. */
function branchOf(
  { tensors, rank, scale }: AdaptedLayer,
  weight: Shape,
  strength: number,
  what: string,
): LowRank {
  const [out, ...inner] = weight;
  const kernel = weight.slice(2);
  const fit = (side: 'down' | 'up', shape: Shape) => {
    const matrix = tensors[side]!;
    if (!sameShape(withoutOnes(matrix.shape), withoutOnes(shape))) {
      throw new Error(`${what}: ${misfit(`its ${side} matrix is [${matrix.shape}]`, shape).message}`);
    }
    return constant(matrix.data, shape);
  };
  return {
    down: fit('down', [rank!, ...inner]),
    up: fit('up', [out, rank!, ...kernel.map(() => 1)]),
    scale: strength * scale,
  };
}

const misfit = (what: string, wanted: Shape) =>
  new Error(`${what}, the layer takes [${wanted}]; was it trained on another model?`);

/** [a,b,1,1] as [a,b]. */
const withoutOnes = (shape: Shape): Shape =>
  shape.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : shape;

export const mapRoles = <A, B>(tensors: ByRole<A>, map: (of: A, role: Role) => B): ByRole<B> =>
  Object.fromEntries(Object.entries(tensors).map(([role, of]) => [role, map(of as A, role as Role)]));
