/**
 * Owns the way from values to an ONNX model: a topological walk from the outputs that emits each distinct
 * computation once (equal operator, inputs and attributes share one node, so forward and backward share work).
 */
import { type AttributeData, dataType, encodeModel, type NodeData, type TensorData } from './onnx-proto.ts';
import { operator } from './operators.ts';
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

  const visit = (root: Value): string => {
    const stack: Value[] = [root];
    while (stack.length > 0) {
      const v = stack[stack.length - 1];
      if (names.has(v)) {
        stack.pop();
        continue;
      }
      if (v.kind !== 'node') {
        names.set(v, leaf(v));
        stack.pop();
        continue;
      }
      const rule = operator(v.op);
      const expanded = rule.expand ? expansion(v, () => rule.expand!(v.inputs, v.attributes)) : null;
      const waiting = (expanded ? [expanded] : v.inputs).filter((x) => !names.has(x));
      if (waiting.length > 0) {
        for (let i = waiting.length - 1; i >= 0; i--) stack.push(waiting[i]);
        continue;
      }
      const x = v.inputs.map((i) => names.get(i)!);
      names.set(
        v,
        expanded
          ? names.get(expanded)!
          : rule.emit
            ? rule.emit(emitter, x, v.attributes, v.inputs, v.shape)
            : emitter.node(v.op, x, v.attributes),
      );
      stack.pop();
    }
    return names.get(root)!;
  };

  const expansions = new Map<Value, Value>();
  const expansion = (v: Value, make: () => Value): Value => {
    const known = expansions.get(v) ?? make();
    expansions.set(v, known);
    return known;
  };

  const results = Object.entries(outputs).map(([name, v]) => {
    nodes.push({ op: 'Identity', inputs: [visit(v)], output: name, attributes: {} });
    return { name, dims: v.shape, dataType: dataType[v.dtype] };
  });
  const bytes = encodeModel({
    opset: 18,
    nodes,
    initializers,
    inputs: [...inputs.values()].map((v) => ({
      name: (v as { name: string }).name,
      dims: v.shape,
      dataType: dataType[v.dtype],
    })),
    outputs: results,
  });
  return { bytes, inputs: [...inputs.keys()] };
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
