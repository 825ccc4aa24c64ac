/**
 * Every VJP of the operator table against central differences, on the CPU provider. An operator without an
 * example here fails the last test, so a new one cannot go unchecked.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operatorsPage } from '../../../scripts/docs/operators-page.ts';
import { vjp } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import { operators } from '../../../src/core/graph/operators/table.ts';
import { input, numel } from '../../../src/core/graph/value.ts';
import { type Rng, rngFromSeed } from '../../../src/core/rng.ts';
import { openSession } from '../../../src/main/runtime/runtime.ts';
import { examples, flat } from './operator-examples.ts';

describe('VJPs against central differences', () => {
  it.each(Object.entries(examples))('%s', async (op, example) => {
    const rng = rngFromSeed(7, op);
    const draw = example.draw ?? ((r: Rng) => r.normal());
    const x = example.shapes.map((shape, i) => input(`x${i}`, shape));
    const y = example.build(...x);
    const weights = Float32Array.from({ length: numel(y.shape) }, () => rng.normal());
    const ct = input('ct', y.shape);
    const gradients = vjp([y], [ct], x);
    const outputs = Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]));
    const session = await openSession(encodeGraph({ y, ...outputs }).bytes, { provider: 'cpu', threads: 1 });
    const data = x.map((v) => Float32Array.from({ length: numel(v.shape) }, () => draw(rng)));
    const run = async () => {
      const feeds = Object.fromEntries(x.map((v, i) => [`x${i}`, { dims: v.shape, data: data[i] }]));
      const used = Object.fromEntries(
        Object.entries({ ...feeds, ct: { dims: y.shape, data: weights } }).filter(([k]) =>
          session.inputNames.includes(k),
        ),
      );
      return session.run(used);
    };
    const value = (t: Record<string, { data: unknown }>) =>
      (t.y.data as Float32Array).reduce((sum, v, i) => sum + v * weights[i], 0);

    const analytic = await run();
    const step = example.step ?? 1e-2;
    for (const [i, values] of data.entries()) {
      const got = analytic[`g${i}`].data as Float32Array;
      for (let k = 0; k < values.length; k++) {
        const kept = values[k];
        // Fourth order, so that a step large enough for float32 still differentiates exactly enough.
        const at = async (d: number) => {
          values[k] = kept + d;
          return value(await run());
        };
        const near = (await at(step)) - (await at(-step));
        const far = (await at(2 * step)) - (await at(-2 * step));
        values[k] = kept;
        const want = (8 * near - far) / (12 * step);
        expect(
          Math.abs(got[k] - want),
          `input ${i}, element ${k}: got ${got[k]}, wanted ${want}`,
        ).toBeLessThan(3e-3 * (1 + Math.abs(want)));
      }
    }
    await session.close();
  });

  it('covers every operator of the table', () => {
    const missing = [...operators.keys()].filter((op) => !examples[op] && !flat.has(op));
    expect(missing).toEqual([]);
  });
});

it('docs/operators.md is what `npm run docs` writes', () => {
  const page = join(import.meta.dirname, '../../../docs/operators.md');
  expect(readFileSync(page, 'utf8')).toBe(operatorsPage());
});
