/** Owns docs/operators.md: what every operator of the table becomes, found by emitting it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Emitter } from '../../src/core/graph/emit.ts';
import { type Operator, operator, operators } from '../../src/core/graph/operators/table.ts';
import { inputsOf, topologicalOrder } from '../../src/core/graph/topological.ts';
import { input, type NodeValue, type Value } from '../../src/core/graph/value.ts';
import { examples, flat } from '../../test/main/runtime/operator-examples.ts';

const folder = join(import.meta.dirname, '..', '..', 'src', 'core', 'graph', 'operators');

/** The page, whole. @throws when an operator has no example, or the file that defines it is not found. */
export function operatorsPage(): string {
  const families = new Map<string, string[]>();
  const found = new Set<string>();
  for (const file of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, file), 'utf8');
    const names = [...text.matchAll(/\b(?:define|unary|binary|comparison|reduction)\(\s*'(\w+)'/g)].map(
      (m) => m[1],
    );
    if (names.length > 0) families.set(file, names);
    for (const name of names) found.add(name);
  }
  const lost = [...operators.keys()].filter((name) => !found.has(name));
  if (lost.length > 0) throw new Error(`no file of ${folder} defines ${lost.join(', ')}`);
  return [
    '# Operators',
    '',
    'Written by `npm run docs` from the table in `src/core/graph/operators/`; [graph.md](graph.md) explains it. Every',
    'gradient below is compared with central differences by `test/main/runtime/vjp.test.ts`, and where the folder of',
    'reference tensors is present, value and gradient with those of PyTorch by `npm run golden`.',
    '',
    'Inputs: **float** computes (f32, f16), **data** is moved about whatever it is, **ids** are i64. Forward and gradient',
    'name the ONNX operators that are emitted, without those that only reshape. A gradient may share nodes with forward.',
    ...[...families].flatMap(([file, names]) => [
      '',
      `## ${file}`,
      '',
      '| operator | inputs | forward | gradient of | gradient |',
      '|---|---|---|---|---|',
      ...names.map(row),
    ]),
    '',
  ].join('\n');
}

function row(name: string): string {
  const entry = operator(name);
  const takes = (entry.takes ?? ['float']).join(', ');
  if (flat.has(name)) return `| ${name} | ${takes} | ${name} | | none flows |`;
  const node = exampleOf(name);
  const cotangents = entry.vjp(input('ct', node.shape), node.inputs, node, node.attributes);
  const flows = cotangents.flatMap((g, i) => (g ? [i + 1] : []));
  const which = flows.length === cotangents.length ? 'all inputs' : `input ${flows.join(', ')}`;
  const known = new Set<Value>([node, ...node.inputs]);
  const gradients = cotangents.filter((g) => g !== null);
  return `| ${name} | ${takes} | ${list(emitted([node], new Set(node.inputs)))} | ${which} | ${list(emitted(gradients, known))} |`;
}

/** The node of that operator in its example. */
function exampleOf(name: string): NodeValue {
  const example = examples[name];
  if (!example) throw new Error(`operator ${name} has no example in test/main/runtime/operator-examples.ts`);
  const y = example.build(...example.shapes.map((shape, i) => input(`x${i}`, shape)));
  const node = topologicalOrder([y]).find((v) => v.kind === 'node' && v.op === name);
  if (node?.kind !== 'node') throw new Error(`the example of ${name} does not use it`);
  return node;
}

const list = (names: ReadonlySet<string>) => [...names].sort().join(', ') || 'nothing';

/** The ONNX operators that `roots` come to, `given` being there already. */
function emitted(roots: readonly Value[], given: ReadonlySet<Value>): Set<string> {
  const names = new Set<string>();
  const recorder: Emitter = {
    node(op) {
      if (op !== 'Reshape') names.add(op);
      return '';
    },
    ints: () => '',
    floats: () => '',
    zeros: () => '',
    singles: () => '',
    dtype: () => 0,
  };
  const below = (v: Value): readonly Value[] => {
    if (given.has(v) || v.kind !== 'node') return [];
    const entry: Operator = operator(v.op);
    if (entry.expand) return [entry.expand(v.inputs, v.attributes)];
    entry.emit?.(
      recorder,
      v.inputs.map(() => ''),
      v.attributes,
      v.inputs,
      v.shape,
    ) ?? recorder.node(v.op, []);
    return inputsOf(v);
  };
  topologicalOrder(roots, below);
  return names;
}
