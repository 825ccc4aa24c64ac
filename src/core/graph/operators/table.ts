/**
 * Owns the table of operators. An entry is shape rule + ONNX emission + VJP; `define` enters it and gives back
 * the function that graphs are written with, so that an operator is one definition in one file of this folder.
 * A VJP is built from the same operators, so gradients have gradients, and every execution provider that runs
 * forward runs backward.
 */
import type { Emitter } from '../emit.ts';
import { type Attributes, type DType, type NodeValue, type Shape, sameShape, type Value } from '../value.ts';

/** What an input may hold: `float` computes; `data` is only moved about, whatever it is. */
export type Kind = 'float' | 'data' | 'ids' | 'bool';

export interface Operator {
  /** Kinds of the inputs, the last one for all that follow; all floats otherwise. Floats and data agree in dtype. */
  takes?: readonly Kind[];
  /** The output's shape; throws, saying the shapes got and wanted, when the inputs do not fit. */
  shape(inputs: readonly Value[], a: Attributes): Shape;
  /** The output's dtype; that of the first input otherwise. */
  dtype?(inputs: readonly Value[], a: Attributes): DType;
  /** Names of the inputs -> name of the output. Without it: the ONNX operator of the same name and attributes. */
  emit?(e: Emitter, x: readonly string[], a: Attributes, inputs: readonly Value[], out: Shape): string;
  /** Instead of `emit`: the same computation in other operators; for entries that exist for their VJP. */
  expand?(inputs: readonly Value[], a: Attributes): Value;
  /**
   * The cotangent of the output, the inputs, the output and the attributes -> one cotangent per input
   * (null: no gradient flows there). Building one that nobody asked for costs nothing: what no output reaches
   * is not emitted.
   */
  vjp(ct: Value, x: readonly Value[], y: Value, a: Attributes): readonly (Value | null)[];
}

const table = new Map<string, Operator>();

/** Every entry, by name. Complete once functions.ts has been imported. */
export const operators: ReadonlyMap<string, Operator> = table;

/** The entry of an operator; @throws when the table has none. */
export function operator(name: string): Operator {
  const entry = table.get(name);
  if (!entry) throw new Error(`operator ${name} is not in the table`);
  return entry;
}

/** Enters an operator; the function given back makes a node of it. */
export function define(name: string, entry: Operator) {
  if (table.has(name)) throw new Error(`operator ${name} is already in the table`);
  table.set(name, entry);
  return (inputs: readonly Value[], attributes?: Attributes) => node(name, inputs, attributes);
}

/** A node of any operator; @throws what does not fit, with the operator's name before it. */
export function node(op: string, inputs: readonly Value[], attributes: Attributes = {}): NodeValue {
  const entry = operator(op);
  try {
    checkKinds(entry.takes ?? ['float'], inputs);
    const shape = entry.shape(inputs, attributes);
    const dtype = entry.dtype?.(inputs, attributes) ?? inputs[0].dtype;
    return { kind: 'node', op, inputs, attributes, shape, dtype };
  } catch (error) {
    throw new Error(`${op}: ${(error as Error).message}`);
  }
}

const allowed: Record<Kind, readonly DType[]> = {
  float: ['f32', 'f16'],
  data: ['f32', 'f16', 'bf16', 'f8e4m3', 'f8e5m2', 'i64', 'i32', 'bool'],
  ids: ['i64'],
  bool: ['bool'],
};

function checkKinds(takes: readonly Kind[], inputs: readonly Value[]): void {
  let common: DType | undefined;
  inputs.forEach((x, i) => {
    const kind = takes[Math.min(i, takes.length - 1)];
    if (!allowed[kind].includes(x.dtype)) {
      throw new Error(`input ${i + 1} [${x.shape}] is ${x.dtype}, wanted ${allowed[kind].join(' or ')}`);
    }
    if (kind !== 'float' && kind !== 'data') return;
    common ??= x.dtype;
    if (x.dtype !== common) throw new Error(`input ${i + 1} [${x.shape}] is ${x.dtype}, wanted ${common}`);
  });
}

// ---- what many entries share ----

/** An attribute that is a list, or a number. */
export const list = (a: Attributes, name: string): readonly number[] => a[name] as readonly number[];
export const num = (a: Attributes, name: string): number => a[name] as number;

/** The shape rule of whatever keeps its first input's shape. */
export const sameAsInput = ([x]: readonly Value[]): Shape => x.shape;

/** An axis counted from the end, from the front. */
export function axisOf(x: Value, axis: number): number {
  const at = axis < 0 ? axis + x.shape.length : axis;
  if (!(at >= 0 && at < x.shape.length)) throw new Error(`[${x.shape}] has no axis ${axis}`);
  return at;
}
export const axesOf = (x: Value, axes: readonly number[]): number[] =>
  axes.map((a) => axisOf(x, a)).sort((a, b) => a - b);

/** @throws when x has not that many axes. */
export function wantRank(x: Value, rank: number, what: string): void {
  if (x.shape.length !== rank) throw new Error(`${what} is [${x.shape}], wanted ${rank} axes`);
}
/** @throws when x has not that shape. */
export function wantShape(x: Value, shape: Shape, what: string): void {
  if (!sameShape(x.shape, shape)) throw new Error(`${what} is [${x.shape}], wanted [${shape}]`);
}
