/**
 * Owns the way from values to an ONNX model: a topological walk from the outputs that emits each distinct
 * computation once (equal operator, inputs and attributes share one node, so forward and backward share work).
 */
import type { Fusions } from './fused.ts';
import { type AttributeData, dataType, encodeModel, type NodeData, type TensorData } from './onnx-proto.ts';
import { operator } from './operators/table.ts';
import { halfPrecision, type Precision, single } from './precision.ts';
import { inputsOf, topologicalOrder } from './topological.ts';
import { type Attributes, type DType, type NodeValue, numel, type Shape, type Value } from './value.ts';

/** Where the bytes of a frozen weight lie: in memory, or inside a file next to the model. */
export type WeightBytes =
  | { raw: Uint8Array }
  | { external: { location: string; offset: number; length: number } };

export interface EncodeOptions {
  /** Bytes of a weight by its name; needed when the graph holds frozen weights. */
  weights?: (name: string) => WeightBytes;
  /** f16: products in half precision, between inputs and outputs in f32 (precision.ts). */
  precision?: Precision;
  /** Kernels that stand for whole entries, where the provider has them (fused.ts). */
  fused?: Fusions;
  /**
   * List the stored weights among the model's inputs too, with their bytes as defaults. ONNX Runtime then takes
   * them for no constants: it neither casts nor repacks them when it opens, but reads them in place at every run.
   */
  weightsAsDefaults?: boolean;
  /**
   * Have the outputs finished in the order that `latestFirst` is for. ONNX Runtime removes the Identity that an output
   * is otherwise named by; where it has rewritten what was before, as it does behind the weight gradients of
   * convolutions, the output comes at another time, and a ResNet's backward then holds every map to the end: 4.2 GB in
   * place of 1.6 GB at batch 8. A maximum of one tensor is a copy that stays where it is.
   */
  ordered?: boolean;
}

/** Attributes that ONNX wants as floats although they look like numbers. */
const floatAttributes = new Set(['alpha', 'beta', 'epsilon']);

export interface Emitter {
  /** An operator of another domain than ONNX's own has that before it: `com.microsoft.MultiHeadAttention`. */
  node(op: string, inputs: readonly string[], attributes?: Attributes): string;
  ints(values: readonly number[]): string;
  /** Floats of the precision that the node computes in. */
  floats(values: readonly number[], shape: Shape): string;
  zeros(shape: Shape): string;
  /** Floats that ONNX wants in f32 whatever the node computes in. */
  singles(values: readonly number[], shape: Shape): string;
  dtype(dtype: DType): number;
}

/**
 * The model that computes `outputs` (name -> value). Its inputs are the input values it reaches.
 * @returns ModelProto bytes (opset 18, with weights of 8 bits 19) and the names of the inputs in order of first use.
 */
export function encodeGraph(
  outputs: Readonly<Record<string, Value>>,
  options: EncodeOptions = {},
): { bytes: Uint8Array; inputs: string[] } {
  const nodes: NodeData[] = [];
  const initializers: TensorData[] = [];
  const inputs = new Map<string, Value>();
  const weights: TensorData[] = [];
  const byKey = new Map<string, string>();
  // What a value is called, in each precision it is needed in.
  const names = { f32: new Map<Value, string>(), f16: new Map<Value, string>() };

  const once = (key: string, make: (name: string) => void): string => {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const name = `v${byKey.size}`;
    byKey.set(key, name);
    make(name);
    return name;
  };
  const initializer = (key: string, t: Omit<TensorData, 'name'>) =>
    once(key, (name) => initializers.push({ name, ...t }));

  const node: Emitter['node'] = (op, x, attributes = {}) =>
    once(`${op}(${x.join()})${JSON.stringify(attributes)}`, (output) =>
      nodes.push({ ...named(op), inputs: x, output, attributes: encodeAttributes(attributes) }),
    );
  const castTo = (p: Precision, name: string) => node('Cast', [name], { to: dataType[p] });
  const singles = (values: readonly number[], shape: Shape) =>
    initializer(`floats ${values.join()} [${shape}]`, {
      dims: shape,
      dataType: dataType.f32,
      raw: new Uint8Array(Float32Array.from(values).buffer),
    });
  const zeros = (shape: Shape) =>
    initializer(`zeros [${shape}]`, {
      dims: shape,
      dataType: dataType.f32,
      raw: new Uint8Array(4 * numel(shape)),
    });
  const f32: Emitter = {
    node,
    ints: (values) =>
      initializer(`ints ${values.join()}`, {
        dims: [values.length],
        dataType: dataType.i64,
        raw: new Uint8Array(BigInt64Array.from(values, (v) => BigInt(v)).buffer),
      }),
    floats: singles,
    zeros,
    singles,
    dtype: (d) => dataType[d],
  };
  const f16: Emitter = {
    ...f32,
    floats: (values, shape) => castTo('f16', singles(values, shape)),
    zeros: (shape) => castTo('f16', zeros(shape)),
  };
  const emitters = { f32, f16 };

  const leaf = (v: Exclude<Value, { kind: 'node' }>): string => {
    if (v.kind === 'input') {
      const known = inputs.get(v.name);
      if (known && known !== v) throw new Error(`input ${v.name}: two different values have this name`);
      inputs.set(v.name, v);
      return v.name;
    }
    if (v.kind === 'weight') {
      if (!options.weights) throw new Error(`weight ${v.name}: no weight source was given`);
      const place = options.weights(v.name);
      return once(`weight ${v.name}`, (name) =>
        weights.push({ name, dims: v.shape, dataType: dataType[v.dtype], ...place }),
      );
    }
    if (v.data.length <= 16) {
      return v.dtype === 'i64'
        ? initializer(`ints ${v.data.join()} [${v.shape}]`, {
            dims: v.shape,
            dataType: dataType.i64,
            raw: new Uint8Array(v.data.buffer.slice(0)),
          })
        : singles([...v.data].map(Number), v.shape);
    }
    const raw = new Uint8Array(v.data.buffer, v.data.byteOffset, v.data.byteLength);
    return initializer(`constant ${byKey.size}`, { dims: v.shape, dataType: dataType[v.dtype], raw });
  };

  const fusionOf = (v: NodeValue) => {
    const fusion = options.fused?.get(v.op);
    return fusion?.fits(v) ? fusion : undefined;
  };
  const expansions = new Map<Value, Value>();
  const below = (v: Value): readonly Value[] => {
    const expanded = v.kind === 'node' && !fusionOf(v) && operator(v.op).expand?.(v.inputs, v.attributes);
    if (!expanded) return inputsOf(v);
    expansions.set(v, expanded);
    return [expanded];
  };
  const roots = latestFirst(Object.entries(outputs));
  const order = topologicalOrder(
    roots.map(([, v]) => v),
    below,
  );
  const plan = options.precision === 'f16' ? halfPrecision(order, (v) => expansions.get(v)) : single;

  /** A value's name in a precision; what has been computed in the other one is cast, once. */
  const nameIn = (p: Precision, asked: Value): string => {
    let v = asked;
    for (let e = expansions.get(v); e; e = expansions.get(v)) v = e;
    const wanted = v.dtype === 'f32' ? p : 'f32';
    let name = names[wanted].get(v);
    if (name === undefined) {
      name = wanted === plan.computed(v) ? emit(v) : castFrom(v, wanted);
      names[wanted].set(v, name);
    }
    return name;
  };
  /** A stored weight is cast straight from what it is stored in, and not at all when that is f16. */
  const castFrom = (v: Value, p: Precision): string => {
    if (v.kind !== 'node' || !isStored(v)) return castTo(p, nameIn(plan.computed(v), v));
    const stored = nameIn('f32', v.inputs[0]);
    return v.inputs[0].dtype === p ? stored : castTo(p, stored);
  };
  const emit = (v: Value): string => {
    if (v.kind !== 'node') return leaf(v);
    const p = plan.computed(v);
    const x = v.inputs.map((i) => nameIn(p, i));
    const rule = fusionOf(v) ?? operator(v.op);
    return rule.emit?.(emitters[p], x, v.attributes, v.inputs, v.shape) ?? node(v.op, x, v.attributes);
  };

  // In order, so that emission finds what it needs; what is only stored is emitted in the precision first asked for.
  for (const v of order) {
    if (v.kind === 'node' && !isStored(v)) nameIn(plan.computed(v), v);
  }
  for (const [name, v] of roots) {
    const op = options.ordered ? 'Max' : 'Identity';
    nodes.push({ op, inputs: [nameIn('f32', v)], output: name, attributes: {} });
  }
  const info = (name: string, v: Value) => ({ name, dims: v.shape, dataType: dataType[v.dtype] });
  const bytes = encodeModel({
    // Casts of 8-bit floats are of 19.
    opset: weights.some(({ dataType: type }) => type === dataType.f8e4m3 || type === dataType.f8e5m2)
      ? 19
      : 18,
    nodes,
    initializers: [...initializers, ...weights],
    inputs: [...[...inputs].map(([name, v]) => info(name, v)), ...(options.weightsAsDefaults ? weights : [])],
    outputs: Object.entries(outputs).map(([name, v]) => info(name, v)),
  });
  return { bytes, inputs: [...inputs.keys()] };
}

const named = (op: string): { op: string; domain?: string } => {
  const dot = op.lastIndexOf('.');
  return dot < 0 ? { op } : { op: op.slice(dot + 1), domain: op.slice(0, dot) };
};

/** A weight read as f32, as `frozenSource` gives it. */
const isStored = (v: NodeValue) => v.op === 'Cast' && v.inputs[0].kind === 'weight';

/**
 * The outputs with the longest chains of computation first. ONNX Runtime finishes outputs from the last in the
 * file to the first; in this order each gradient is done as soon as backward reaches it and lets go of what it
 * read, instead of waiting with everything until the last one.
 */
function latestFirst(outputs: readonly [string, Value][]): [string, Value][] {
  const depth = new Map<Value, number>();
  for (const v of topologicalOrder(outputs.map(([, v]) => v))) {
    depth.set(
      v,
      inputsOf(v).reduce((deepest, x) => Math.max(deepest, 1 + depth.get(x)!), 0),
    );
  }
  return [...outputs].sort(([, a], [, b]) => depth.get(b)! - depth.get(a)!);
}

function encodeAttributes(attributes: Attributes): Record<string, AttributeData> {
  const out: Record<string, AttributeData> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') out[name] = { string: value };
    else if (typeof value !== 'number') out[name] = { ints: value };
    else out[name] = floatAttributes.has(name) ? { float: value } : { int: value };
  }
  return out;
}
