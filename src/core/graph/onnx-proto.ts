/**
 * Owns the wire form of ONNX: the few messages of the public onnx.proto that Crux writes, field by field.
 * Only what a model of ours holds is here; reading other people's models is ONNX Runtime's work.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** TensorProto.DataType */
export const dataType = {
  f32: 1,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  bf16: 16,
  f8e4m3: 17,
  f8e5m2: 19,
} as const;

/** AttributeProto.AttributeType */
const attributeType = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

export type AttributeData =
  | { float: number }
  | { int: number }
  | { string: string }
  | { ints: readonly number[] };

export interface TensorData {
  name: string;
  dims: readonly number[];
  dataType: number;
  /** Little-endian bytes, or where they lie in a file. */
  raw?: Uint8Array;
  external?: { location: string; offset: number; length: number };
}
export interface NodeData {
  op: string;
  /** ONNX's own where there is none. */
  domain?: string;
  inputs: readonly string[];
  output: string;
  attributes: Readonly<Record<string, AttributeData>>;
}
export interface ValueInfo {
  name: string;
  /** A string names a dimension that is free. */
  dims: readonly (number | string)[];
  dataType: number;
}
export interface ModelData {
  opset: number;
  nodes: readonly NodeData[];
  initializers: readonly TensorData[];
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
}

const bytes = (w: BinaryWriter, field: number, value: Uint8Array) => w.tag(field, 2).bytes(value);
const text = (w: BinaryWriter, field: number, value: string) => w.tag(field, 2).string(value);
const int = (w: BinaryWriter, field: number, value: number) => w.tag(field, 0).int64(value);
const message = (w: BinaryWriter, field: number, write: (w: BinaryWriter) => void) => {
  w.tag(field, 2).fork();
  write(w);
  w.join();
};

/** ModelProto bytes. */
export function encodeModel(model: ModelData): Uint8Array {
  const w = new BinaryWriter();
  int(w, 1, 8); // ir_version
  text(w, 2, 'crux'); // producer_name
  message(w, 7, (g) => {
    for (const node of model.nodes) message(g, 1, (n) => writeNode(n, node));
    text(g, 2, 'crux');
    for (const tensor of model.initializers) message(g, 5, (t) => writeTensor(t, tensor));
    for (const value of model.inputs) message(g, 11, (v) => writeValueInfo(v, value));
    for (const value of model.outputs) message(g, 12, (v) => writeValueInfo(v, value));
  });
  message(w, 8, (o) => int(o, 2, model.opset));
  for (const domain of new Set(model.nodes.flatMap((n) => n.domain ?? []))) {
    message(w, 8, (o) => int(text(o, 1, domain), 2, 1));
  }
  return w.finish();
}

function writeNode(w: BinaryWriter, node: NodeData): void {
  for (const name of node.inputs) text(w, 1, name);
  text(w, 2, node.output);
  text(w, 3, node.output);
  text(w, 4, node.op);
  if (node.domain) text(w, 7, node.domain);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(w, 5, (a) => {
      text(a, 1, name);
      if ('float' in value) a.tag(2, 5).float(value.float);
      if ('int' in value) int(a, 3, value.int);
      if ('string' in value) text(a, 4, value.string);
      if ('ints' in value) for (const i of value.ints) int(a, 8, i);
      const kind = Object.keys(value)[0] as keyof typeof attributeType;
      int(a, 20, attributeType[kind]);
    });
  }
}

function writeTensor(w: BinaryWriter, t: TensorData): void {
  for (const d of t.dims) int(w, 1, d);
  int(w, 2, t.dataType);
  text(w, 8, t.name);
  if (t.raw) bytes(w, 9, t.raw);
  if (t.external) {
    for (const [key, value] of Object.entries(t.external)) {
      message(w, 13, (e) => {
        text(e, 1, key);
        text(e, 2, String(value));
      });
    }
    int(w, 14, 1); // data_location = EXTERNAL
  }
}

function writeValueInfo(w: BinaryWriter, v: ValueInfo): void {
  text(w, 1, v.name);
  message(w, 2, (type) => {
    message(type, 1, (tensor) => {
      int(tensor, 1, v.dataType);
      message(tensor, 2, (shape) => {
        for (const d of v.dims) {
          message(shape, 1, (dim) => (typeof d === 'string' ? text(dim, 2, d) : int(dim, 1, d)));
        }
      });
    });
  });
}
