/**
 * Owns how a network finds its parameters. Architectures are functions of (params, config, inputs); a
 * parameter's name is the checkpoint's own, its path the dotted way from the root, so loading is a lookup.
 */

import { cast } from '../graph/functions.ts';
import {
  input,
  LayerError,
  type Shape,
  type StoredOnly,
  sameShape,
  type Value,
  weight,
} from '../graph/value.ts';

/** A low-rank branch beside a linear layer or a convolution: y += scale * up(down(x)). */
export interface LowRank {
  down: Value; // [rank,in], or of a convolution [rank,in,k,k], moved and padded like it
  up: Value; // [out,rank], or [out,rank,1,1]
  scale: number;
}

export interface ParameterSource {
  /** @throws LayerError naming what is there and what was expected. */
  parameter(name: string, shape: Shape): Value;
  has(name: string): boolean;
  /** The adapters on the layer at this path, whose weight is [out,in] or, of a convolution, [out,in,k,k]. */
  lowRank?(path: string, weight: Shape): readonly LowRank[];
  /** Whether an adapter adds a bias to the layer at this path, which may have none of its own. */
  addsBias?(path: string): boolean;
}

/** A position in the tree of parameters. */
export interface Params {
  readonly path: string;
  readonly source: ParameterSource;
  at(name: string | number): Params;
  get(name: string, shape: Shape): Value;
  has(name: string): boolean;
}

export function paramsOf(source: ParameterSource, path = ''): Params {
  const join = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  return {
    path,
    source,
    at: (name) => paramsOf(source, join(name)),
    get: (name, shape) => source.parameter(join(name), shape),
    has: (name) => source.has(join(name)),
  };
}

export interface StoredParameter {
  shape: Shape;
  dtype: 'f32' | 'f16' | StoredOnly;
}

/**
 * Frozen parameters of a checkpoint, given its table of names. `asked` collects what the network used, so
 * that a surplus name can be told from a forgotten one. `prefix` keeps parts of one graph apart.
 */
export function frozenSource(
  table: ReadonlyMap<string, StoredParameter>,
  prefix = '',
): ParameterSource & { asked: Set<string> } {
  const asked = new Set<string>();
  return {
    asked,
    has: (name) => table.has(name),
    parameter(name, shape) {
      const stored = table.get(name);
      if (!stored) throw new LayerError(`${name}: the checkpoint has no such parameter, expected [${shape}]`);
      if (!sameShape(stored.shape, shape)) {
        throw new LayerError(`${name}: the checkpoint has [${stored.shape}], the config wants [${shape}]`);
      }
      asked.add(name);
      return cast(weight(prefix + name, shape, stored.dtype), 'f32');
    },
  };
}

/** Parameters as graph inputs, for training: every name asked for becomes an input of its shape. */
export function trainableSource(
  prefix = '',
  has: (name: string) => boolean = () => true,
): ParameterSource & { parameters: Map<string, Value> } {
  const parameters = new Map<string, Value>();
  return {
    parameters,
    has,
    parameter(name, shape) {
      const known = parameters.get(name);
      if (known && !sameShape(known.shape, shape)) {
        throw new LayerError(`${name}: asked for as [${known.shape}] and as [${shape}]`);
      }
      const value = known ?? input(prefix + name, shape);
      parameters.set(name, value);
      return value;
    },
  };
}

/** The parameters of a checkpoint whose library names them otherwise; without adapters. */
export const renamed = (source: ParameterSource, theirs: (name: string) => string): ParameterSource => ({
  has: (name) => source.has(theirs(name)),
  parameter: (name, shape) => source.parameter(theirs(name), shape),
});

/** What a network asks for while `build` makes it: every parameter once, in the order of asking. */
export function recordParameters(build: (p: Params) => unknown): { name: string; shape: Shape }[] {
  // Names that only older files have are not there.
  const source = trainableSource('', () => false);
  build(paramsOf(source));
  return [...source.parameters].map(([name, { shape }]) => ({ name, shape }));
}
