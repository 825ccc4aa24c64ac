/**
 * Owns the node of the graph. A `Value` is one tensor: the operator that makes it, that operator's inputs
 * and attributes, and the dtype and full shape, all known when the graph is built. There is no graph object:
 * a graph is whatever its outputs reach, so what nothing needs is never emitted.
 */

/** bf16 and the 8-bit floats are dtypes of stored weights only: they are cast before anything computes with them. */
export type DType = 'f32' | 'f16' | StoredOnly | 'i64' | 'i32' | 'bool';
export type StoredOnly = 'bf16' | 'f8e4m3' | 'f8e5m2';
export type Shape = readonly number[];
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

interface Typed {
  readonly dtype: DType;
  readonly shape: Shape;
}
/** Fed at every run. Trainable parameters are inputs, so that one compiled step serves the whole training. */
export interface InputValue extends Typed {
  readonly kind: 'input';
  readonly name: string;
}
/** A frozen parameter that stays where it is: its bytes are found by name when the graph is encoded. */
export interface WeightValue extends Typed {
  readonly kind: 'weight';
  readonly name: string;
}
export interface ConstantValue extends Typed {
  readonly kind: 'constant';
  readonly data: Float32Array | BigInt64Array;
}
export interface NodeValue extends Typed {
  readonly kind: 'node';
  /** An entry of the operator table. */
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}
export type Value = InputValue | WeightValue | ConstantValue | NodeValue;

export const input = (name: string, shape: Shape, dtype: DType = 'f32'): InputValue => ({
  kind: 'input',
  name,
  dtype,
  shape: checked(name, shape),
});

export const weight = (name: string, shape: Shape, dtype: DType): WeightValue => ({
  kind: 'weight',
  name,
  dtype,
  shape: checked(name, shape),
});

/** f32 constant; a number makes a scalar. */
export function constant(data: number | readonly number[] | Float32Array, shape?: Shape): ConstantValue {
  const array = typeof data === 'number' ? Float32Array.of(data) : Float32Array.from(data);
  return { kind: 'constant', dtype: 'f32', shape: sized(array.length, shape ?? scalarOr(data)), data: array };
}

/** i64 constant, for ids and indices. */
export function integers(data: readonly number[] | Int32Array, shape?: Shape): ConstantValue {
  const array = BigInt64Array.from(data, (v) => BigInt(v));
  return { kind: 'constant', dtype: 'i64', shape: sized(array.length, shape ?? [array.length]), data: array };
}

const scalarOr = (data: number | ArrayLike<number>): Shape => (typeof data === 'number' ? [] : [data.length]);

function sized(length: number, shape: Shape): Shape {
  if (numel(shape) !== length) throw new Error(`constant: ${length} numbers for shape [${shape}]`);
  return shape;
}

function checked(name: string, shape: Shape): Shape {
  if (shape.some((d) => !Number.isInteger(d) || d < 1)) {
    throw new Error(`${name}: shape [${shape}] has a dimension that is not a positive integer`);
  }
  return shape;
}

export const numel = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** The shape of an elementwise operation on a and b (numpy rules), or null when they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): number[] | null {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** An error in building a layer, with the layer's full path before it. */
export class LayerError extends Error {}

/** Runs `build`; an error in it is told with the path of the innermost layer. */
export function within<T>(path: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (error instanceof LayerError || path === '') throw error;
    throw new LayerError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
