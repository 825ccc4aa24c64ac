/**
 * Owns the checks of single operators: for each case of an operator's folder the forward values and the gradient of
 * each input, with whatever attributes its meta.json gives. How an operator is written in the product's graph is in
 * the builders; attributes and inputs that no builder asks for make the case fail.
 */
import { vjp } from '../../../src/core/graph/backward.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import type { OracleCase } from '../case.ts';
import { type Check, compare, failure, statement, type Tolerance } from '../compare.ts';
import {
  type CaseRun,
  evaluate,
  type Feeds,
  feed,
  feedIntegers,
  type GoldenOptions,
  scaled,
} from '../graph.ts';
import { builders } from './operator-builders.ts';

interface OperatorCase {
  name: string;
  attrs?: Record<string, unknown>;
  /** Tensors with a gradient, by name, with their shapes. */
  inputs: Record<string, number[]>;
  no_grad_inputs?: Record<string, number[]>;
  integer_valued?: string[];
  outputs: Record<string, number[]>;
  tol: Tolerance;
}

export function operatorCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const operator = c.name.split('/').at(-1)!;
  const cases: OperatorCase[] | undefined = c.meta.cases;
  if (!cases) throw new Error('meta.json: cases is missing: names, shapes and tolerances');
  return {
    parts: cases.map((one) => ({ name: one.name, run: () => checkOperator(c, operator, one, options) })),
  };
}

async function checkOperator(
  c: OracleCase,
  operator: string,
  one: OperatorCase,
  options: GoldenOptions,
): Promise<Check[]> {
  const build = Object.hasOwn(builders, operator) ? builders[operator] : undefined;
  if (!build) return [failure(one.name, `operator ${operator} is not known`)];
  const io = c.tensors('io.safetensors');
  const named = (kind: string, name: string) => `${one.name}.${kind}.${name}`;
  const tolerance = scaled(options, one.tol);
  const integers = new Set(one.integer_valued ?? []);

  const feeds: Feeds = {};
  const leaves: Record<string, Value> = {};
  for (const name of Object.keys({ ...one.inputs, ...one.no_grad_inputs })) {
    const tensor = io.get(named('in', name));
    feeds[name] = integers.has(name) ? feedIntegers(tensor) : feed(tensor);
    leaves[name] = input(name, tensor.shape, integers.has(name) ? 'i64' : 'f32');
  }
  const asked = new Set<string>();
  const noted = <T extends object>(what: string, of: T): T =>
    new Proxy(of, {
      get(target, key) {
        asked.add(`${what} ${String(key)}`);
        return Reflect.get(target, key);
      },
    });
  const attributes = one.attrs ?? {};
  const outputs = build(noted('input', leaves), noted('attribute', attributes), {
    outputs: one.outputs,
    value: (kind, name) => io.get(named(kind, name)),
  });
  const unasked = [
    ...Object.keys(leaves).map((name) => `input ${name}`),
    ...Object.keys(attributes).map((name) => `attribute ${name}`),
  ].filter((what) => !asked.has(what));
  if (unasked.length > 0)
    return [
      statement(
        one.name,
        unasked.map((what) => `${what} of ${operator} is not known`),
      ),
    ];

  const results: Record<string, Value> = {};
  for (const name of Object.keys(one.outputs)) {
    if (!outputs[name]) return [failure(named('out', name), `${operator} has no output of this name`)];
    results[named('out', name)] = outputs[name];
  }
  const driven = Object.keys(one.outputs).filter((name) => io.has(named('gout', name)));
  const cotangents = driven.map((name) => {
    const key = named('gout', name);
    feeds[key] = feed(io.get(key));
    return input(key, outputs[name].shape);
  });
  const wanted = Object.keys(one.inputs).filter((name) => io.has(named('grad', name)));
  vjp(
    driven.map((name) => outputs[name]),
    cotangents,
    wanted.map((name) => leaves[name]),
  ).forEach((gradient, i) => {
    results[named('grad', wanted[i])] = gradient;
  });
  const got = await evaluate(options, results, feeds);
  return Object.entries(got).map(([name, tensor]) => compare(name, tensor, io.get(name), tolerance));
}

/** The folder's list of operators and their cases: all of it is there. */
export function operatorIndexCase(c: OracleCase): CaseRun {
  const index: Record<string, string[]> | undefined = c.meta.ops;
  if (!index) throw new Error('meta.json: ops is missing: the cases of each operator');
  const listed = Object.values(index).reduce((sum, cases) => sum + cases.length, 0);
  const absent = Object.entries(index).flatMap(([operator, names]) => {
    const file = `${operator}/meta.json`;
    const cases: OperatorCase[] = c.has(file) ? c.json(file).cases : [];
    const here = new Set(cases.map(({ name }) => name));
    return names.filter((name) => !here.has(name)).map((name) => `${operator} has no case ${name}`);
  });
  const miscounted = c.meta.count === listed ? [] : [`${listed} listed, count says ${c.meta.count}`];
  return {
    parts: [
      { name: 'index', run: async () => [statement('all operators listed', [...miscounted, ...absent])] },
    ],
  };
}
