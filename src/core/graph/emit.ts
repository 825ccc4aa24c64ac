/**
 * Owns the way from values to an ONNX model: a topological walk from the outputs that emits each distinct
 * computation once (equal operator, inputs and attributes share one node, so forward and backward share work).
 */
import { type AttributeData, dataType, encodeModel, type NodeData, type TensorData } from './onnx-proto.ts';
import { operator } from './operators.ts';
import { inputsOf, topologicalOrder } from './topological.ts';
import { type Attributes, type DType, numel, type Shape, type Value } from './value.ts';

/** Where the bytes of a frozen weight lie: in memory, or inside a file next to the model. */
export type WeightBytes =
  | { raw: Uint8Array }
  | { external: { location: string; offset: number; length: number } };

export interface EncodeOptions {
  /** Bytes of a weight by its name; needed when the graph holds frozen weights. */
  weights?: (name: string) => WeightBytes;
}

/** Attributes that ONNX wants as floats although they look like numbers. */
const floatAttributes = new Set(['alpha', 'beta', 'epsilon']);

export interface Emitter {
  node(op: string, inputs: readonly string[], attributes?: Attributes): string;
  ints(values: readonly number[]): string;
  floats(values: readonly number[], shape: Shape): string;
  zeros(shape: Shape): string;
  dtype(dtype: DType): number;
}

/**
 * The model that computes `outputs` (name -> value). Its inputs are the input values it reaches.
 * @returns ModelProto bytes (opset 18) and the names of the inputs in order of first use.
 */
export function encodeGraph(
  outputs: Readonly<Record<string, Value>>,
  options: EncodeOptions = {},
): { bytes: Uint8Array; inputs: string[] } {
  const nodes: NodeData[] = [];
  const initializers: TensorData[] = [];
  const inputs = new Map<string, Value>();
  const byKey = new Map<string, string>();
  const names = new Map<Value, string>();

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

  const emitter: Emitter = {
    node(op, x, attributes = {}) {
      return once(`${op}(${x.join()})${JSON.stringify(attributes)}`, (output) =>
        nodes.push({ op, inputs: x, output, attributes: encodeAttributes(attributes) }),
      );
    },
    ints: (values) =>
      initializer(`ints ${values.join()}`, {
        dims: [values.length],
        dataType: dataType.i64,
        raw: new Uint8Array(BigInt64Array.from(values, (v) => BigInt(v)).buffer),
      }),
    floats: (values, shape) =>
      initializer(`floats ${values.join()} [${shape}]`, {
        dims: shape,
        dataType: dataType.f32,
        raw: new Uint8Array(Float32Array.from(values).buffer),
      }),
    zeros: (shape) =>
      initializer(`zeros [${shape}]`, {
        dims: shape,
        dataType: dataType.f32,
        raw: new Uint8Array(4 * numel(shape)),
      }),
    dtype: (d) => dataType[d],
  };

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
      return initializer(`weight ${v.name}`, { dims: v.shape, dataType: dataType[v.dtype], ...place });
    }
    if (v.data.length <= 16) {
      return v.dtype === 'i64'
        ? initializer(`ints ${v.data.join()} [${v.shape}]`, {
            dims: v.shape,
            dataType: dataType.i64,
            raw: new Uint8Array(v.data.buffer.slice(0)),
          })
        : emitter.floats([...v.data].map(Number), v.shape);
    }
    const raw = new Uint8Array(v.data.buffer, v.data.byteOffset, v.data.byteLength);
    return initializer(`constant ${names.size}`, { dims: v.shape, dataType: dataType[v.dtype], raw });
  };

  const expansions = new Map<Value, Value>();
  const below = (v: Value): readonly Value[] => {
    const expanded = v.kind === 'node' && operator(v.op).expand?.(v.inputs, v.attributes);
    if (!expanded) return inputsOf(v);
    expansions.set(v, expanded);
    return [expanded];
  };
  const emit = (v: Value): string => {
    if (v.kind !== 'node') return leaf(v);
    const expanded = expansions.get(v);
    if (expanded) return names.get(expanded)!;
    const x = v.inputs.map((i) => names.get(i)!);
    const rule = operator(v.op);
    return rule.emit?.(emitter, x, v.attributes, v.inputs, v.shape) ?? emitter.node(v.op, x, v.attributes);
  };

  const roots = latestFirst(Object.entries(outputs));
  const order = topologicalOrder(
    roots.map(([, v]) => v),
    below,
  );
  for (const v of order) names.set(v, emit(v));
  for (const [name, v] of roots) {
    nodes.push({ op: 'Identity', inputs: [names.get(v)!], output: name, attributes: {} });
  }
  const info = (name: string, v: Value) => ({ name, dims: v.shape, dataType: dataType[v.dtype] });
  const bytes = encodeModel({
    opset: 18,
    nodes,
    initializers,
    inputs: [...inputs].map(([name, v]) => info(name, v)),
    outputs: Object.entries(outputs).map(([name, v]) => info(name, v)),
  });
  return { bytes, inputs: [...inputs.keys()] };
}

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
