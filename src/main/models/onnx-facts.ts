/**
 * Owns what an ONNX file says about itself beside its inputs and outputs: its metadata, and what kind of numbers an output
 * holds, told by the operators that make it. No weights are read.
 */
import { closeSync } from 'node:fs';
import { Bytes, fieldsOf } from '../files/protobuf-file.ts';
import { openUserFileSync } from '../files/user-file.ts';

/**
 * What a classifier's output holds: 'independent' are probabilities of classes that do not exclude each other, as a
 * Sigmoid makes them; 'scaled' are probabilities times a constant, such as per cent.
 */
export type Scores = 'logits' | 'probabilities' | 'log-probabilities' | 'independent' | 'scaled';

export interface OnnxFacts {
  metadata: ReadonlyMap<string, string>;
  /** Null: the operators do not tell. */
  scoresOf(output: string): Scores | null;
}

interface Node {
  op: string;
  inputs: readonly string[];
}

/** Fields of onnx.proto's messages. */
const model = { graph: 7, metadata: 14 } as const;
const graph = { node: 1 } as const;
const node = { input: 1, output: 2, op: 4, domain: 7 } as const;
const entry = { key: 1, value: 2 } as const;

/** The largest networks have some ten thousand; of more, none is looked at. */
const MAX_NODES = 200_000;
/** Characters of one entry: names of twenty thousand classes. */
const MAX_METADATA = 4 * 1024 * 1024;
const MAX_ENTRIES = 1000;

/** @throws UnfitFile. What is no ONNX has no facts. */
export function readOnnxFacts(file: string): OnnxFacts {
  const { descriptor, size } = openUserFileSync(file);
  const metadata = new Map<string, string>();
  const madeBy = new Map<string, Node>();
  let nodes = 0;
  try {
    const bytes = new Bytes(descriptor);
    for (const { field, from, to } of fieldsOf(bytes, 0, size)) {
      if (field === model.metadata && metadata.size < MAX_ENTRIES) {
        const text = textsOf(bytes, from, to, MAX_METADATA);
        metadata.set(text(entry.key)[0] ?? '', text(entry.value)[0] ?? '');
      } else if (field === model.graph) {
        for (const inner of fieldsOf(bytes, from, to)) {
          if (inner.field !== graph.node || ++nodes > MAX_NODES) continue;
          const text = textsOf(bytes, inner.from, inner.to);
          const [domain = ''] = text(node.domain);
          const op = known.has(domain) ? (text(node.op)[0] ?? '') : '';
          for (const output of text(node.output)) madeBy.set(output, { op, inputs: text(node.input) });
        }
      }
    }
  } finally {
    closeSync(descriptor);
  }
  const scoresOf = (output: string) => (nodes > MAX_NODES ? null : scoresAt(output, madeBy, 0));
  return { metadata, scoresOf };
}

/** Of a message: the texts of each field. */
function textsOf(bytes: Bytes, from: number, to: number, most?: number) {
  const texts = new Map<number, string[]>();
  for (const field of fieldsOf(bytes, from, to)) {
    if (field.field === 5) continue; // a node's attributes, which may hold weights
    const list = texts.get(field.field) ?? [];
    list.push(bytes.text(field.from, field.to, most));
    texts.set(field.field, list);
  }
  return (field: number): readonly string[] => texts.get(field) ?? [];
}

/** Of operators: ONNX's own, and those that ONNX Runtime's optimiser writes. */
const known = new Set(['', 'ai.onnx', 'com.microsoft']);

/** These move numbers about, or let those of [0,1] be. */
const passes = new Set(
  'Cast Clip DequantizeLinear Dropout Flatten Identity QuantizeLinear Reshape Squeeze Transpose Unsqueeze'.split(
    ' ',
  ),
);
/** These give numbers of any size. */
const gives = new Map<string, Scores>([
  ...'BatchNormalization Conv FusedConv FusedGemm FusedMatMul Gemm LayerNormalization MatMul MatMulNBits'
    .split(' ')
    .map((op) => [op, 'logits'] as const),
  ['Softmax', 'probabilities'],
  ['BiasSoftmax', 'probabilities'],
  ['LogSoftmax', 'log-probabilities'],
  ['Sigmoid', 'independent'],
  ['HardSigmoid', 'independent'],
]);
const MAX_STEPS = 64;

/** Goes back from an output to the operator that decides what it holds. */
function scoresAt(name: string, madeBy: ReadonlyMap<string, Node>, steps: number): Scores | null {
  const made = madeBy.get(name);
  if (!made || steps > MAX_STEPS) return null;
  const { op, inputs } = made;
  const given = gives.get(op);
  if (given) return given;
  const before = () => scoresAt(inputs[0] ?? '', madeBy, steps + 1);
  if (passes.has(op)) return before();
  // A bias. Of anything else Add does not tell: it may be the mean of two networks' probabilities.
  if (op === 'Add')
    return inputs.some((name) => gives.get(madeBy.get(name)?.op ?? '') === 'logits') ? 'logits' : null;
  const inner = op === 'Log' || op === 'Exp' ? before() : null;
  if (op === 'Log')
    return inner === 'probabilities' ? 'log-probabilities' : inner === 'independent' ? inner : null;
  return inner === 'log-probabilities' ? 'probabilities' : null;
}
