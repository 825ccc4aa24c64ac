/**
 * Runs tiny networks whose numbers can be made again anywhere: the image is sin(0.37 i), i its element, and every
 * parameter 0.2 sin(0.7 i + k), k its place among the sorted names, plus 1 in weights of norms and running variances.
 */
import { expect } from 'vitest';
import { type BackwardOptions, backward } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import { type InputValue, numel, type Shape, type Value } from '../../../src/core/graph/value.ts';
import { type Params, paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { openSession } from '../../../src/main/runtime/runtime.ts';

const sines = (shape: Shape, step: number, start: number, scale: number, shift = 0) => ({
  dims: shape,
  data: Float32Array.from({ length: numel(shape) }, (_, i) => scale * Math.sin(step * i + start) + shift),
});

/**
 * Of the values that `build` gives, and, where one is called `loss`, of its gradients by `wrt` as `gradient <name>`:
 * the first `count` numbers.
 */
export async function runSines(
  image: InputValue,
  build: (p: Params) => Record<string, Value>,
  wrt: readonly string[] = [],
  options: BackwardOptions = {},
): Promise<(name: string, count: number) => number[]> {
  const source = trainableSource();
  const values = build(paramsOf(source));
  if (values.loss) {
    const leaves = wrt.map((name) => source.parameters.get(name)!);
    backward(values.loss, leaves, options).forEach((g, i) => {
      values[`gradient ${wrt[i]}`] = g;
    });
  }
  const feeds: Record<string, { dims: Shape; data: Float32Array }> = {
    [image.name]: sines(image.shape, 0.37, 0, 1),
  };
  for (const [k, name] of [...source.parameters.keys()].sort().entries()) {
    const one = /(norm|bn\d|downsample\.1).*weight$|running_var$/.test(name) ? 1 : 0;
    feeds[name] = sines(source.parameters.get(name)!.shape, 0.7, k, 0.2, one);
  }
  const session = await openSession(encodeGraph(values).bytes, { provider: 'cpu', threads: 1 });
  const out = await session.run(feeds);
  await session.close();
  return (name, count) => [...(out[name].data as Float32Array)].slice(0, count);
}

export function near(got: readonly number[], wanted: readonly number[], tolerance = 2e-6): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((v, i) => {
    expect(Math.abs(v - wanted[i]), `number ${i}: ${v}, wanted ${wanted[i]}`).toBeLessThan(tolerance);
  });
}
