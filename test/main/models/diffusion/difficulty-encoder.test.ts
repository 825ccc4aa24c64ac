/** The difficulty encoder and the training loss: against formulas written out here, and their gradients. */
import { describe, expect, it } from 'vitest';
import { minSnrWeight } from '../../../../src/core/diffusion/loss-weight.ts';
import { trainingTarget } from '../../../../src/core/diffusion/prediction.ts';
import { backward } from '../../../../src/core/graph/backward.ts';
import * as f from '../../../../src/core/graph/functions.ts';
import { input, numel, type Value } from '../../../../src/core/graph/value.ts';
import {
  type DifficultyEncoderConfig,
  difficultyEncoder,
} from '../../../../src/core/nn/difficulty-encoder.ts';
import { paramsOf, trainableSource } from '../../../../src/core/nn/params.ts';
import { randn, rngFromSeed } from '../../../../src/core/rng.ts';
import { openDifficultyEncoder } from '../../../../src/main/models/diffusion/sessions.ts';
import { openGraph } from '../../../../src/main/runtime/open-graph.ts';
import type { Tensor } from '../../../../src/main/runtime/runtime.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const base: DifficultyEncoderConfig = {
  classes: 3,
  width: 4,
  tokens: 2,
  hidden: 5,
  depth: 2,
  labelEncoding: 'one-hot',
  scoreFeatures: 'fourier',
  frequencies: 1,
  placement: 'append',
  tokenNorm: true,
};

/** An adapter of random weights, with the shapes that the encoder asks for. */
function randomAdapter(encoder: DifficultyEncoderConfig) {
  const source = trainableSource();
  const at = (name: string, columns: number) => input(name, [1, columns]);
  const inputs = { label: at('l', encoder.classes), difficulty: at('d', 1), keep: at('k', 1) };
  difficultyEncoder(paramsOf(source), encoder, inputs);
  const encoderWeights = new Map(
    [...source.parameters].map(([name, { shape }]) => [
      name,
      { shape, data: randn(numel(shape), rngFromSeed(11, name)) },
    ]),
  );
  return { lora: { rank: 1, alpha: 1 }, encoder, loraWeights: new Map(), encoderWeights };
}

/** Each token brought to mean 0 and variance 1, then scaled and moved, as layer norm is defined. */
function normed({ encoder, encoderWeights }: ReturnType<typeof randomAdapter>, tokens: number[]): number[] {
  if (!encoder.tokenNorm) return tokens;
  const [scale, shift] = ['norm.weight', 'norm.bias'].map((name) => encoderWeights.get(name)!.data);
  return tokens.map((x, i) => {
    const column = i % encoder.width;
    const token = tokens.slice(i - column, i - column + encoder.width);
    const mean = token.reduce((sum, v) => sum + v, 0) / encoder.width;
    const variance = token.reduce((sum, v) => sum + (v - mean) ** 2, 0) / encoder.width;
    return ((x - mean) / Math.sqrt(variance + 1e-5)) * scale[column] + shift[column];
  });
}

/** The same MLP in plain numbers, from the description in difficulty-encoder.ts. */
function byHand(adapter: ReturnType<typeof randomAdapter>, y: number, s: number): number[] {
  const { encoder, encoderWeights } = adapter;
  const of = (name: string) => encoderWeights.get(name)!.data;
  const scores = [2 * s - 1];
  for (let j = 1; encoder.scoreFeatures === 'fourier' && j <= encoder.frequencies; j++) {
    scores.push(Math.sin(j * Math.PI * s), Math.cos(j * Math.PI * s));
  }
  const label =
    encoder.labelEncoding === 'one-hot'
      ? [0, 1, 2].map((k) => (k === y ? 1 : 0))
      : [...of('label_embedding.weight').subarray(y * encoder.hidden, (y + 1) * encoder.hidden)];
  let h = [...label, ...scores];
  for (let layer = 0; layer <= encoder.depth; layer++) {
    const [weight, bias] = [of(`mlp.${2 * layer}.weight`), of(`mlp.${2 * layer}.bias`)];
    const out = [...bias].map((b, row) => h.reduce((sum, x, i) => sum + x * weight[row * h.length + i], b));
    h = layer < encoder.depth ? out.map((x) => x / (1 + Math.exp(-x))) : out;
  }
  return normed(adapter, h);
}

const configs: Partial<DifficultyEncoderConfig>[] = [
  {},
  { depth: 1 },
  { depth: 3, hidden: 7, frequencies: 4 },
  { scoreFeatures: 'raw' },
  { labelEncoding: 'embedding', frequencies: 2 },
  { tokenNorm: false },
];

describe('difficulty encoder', () => {
  it.each(configs)('says what its description says: %j', async (change) => {
    const adapter = randomAdapter({ ...base, ...change });
    const session = await openDifficultyEncoder(adapter, cpu);
    for (const [y, s] of [
      [0, 0],
      [1, 0.3],
      [2, 1],
    ]) {
      const tokens = await session.encode(y, s);
      const wanted = byHand(adapter, y, s);
      expect(tokens).toHaveLength(wanted.length);
      tokens.forEach((x, i) => {
        expect(Math.abs(x - wanted[i])).toBeLessThan(1e-4);
      });
    }
    expect([...(await session.encode(1, null))]).toEqual([...adapter.encoderWeights.get('null_token')!.data]);
    await session.close();
  });

  it.each(configs)('has the gradient of central differences: %j', async (change) => {
    const encoder = { ...base, ...change };
    const { encoderWeights } = randomAdapter(encoder);
    const source = trainableSource();
    const tokens = difficultyEncoder(paramsOf(source), encoder, {
      label: input('label', [2, 3]),
      difficulty: input('difficulty', [2, 1]),
      keep: input('keep', [2, 1]),
    });
    const feeds: Record<string, Tensor> = {
      label: { dims: [2, 3], data: Float32Array.of(0, 1, 0, 1, 0, 0) },
      difficulty: { dims: [2, 1], data: Float32Array.of(0.35, 0.8) },
      keep: { dims: [2, 1], data: Float32Array.of(1, 0) },
    };
    const out = f.reshape(tokens, [2, -1]);
    const loss = f.weightedMseLoss(out, input('target', out.shape), input('weights', [2]));
    feeds.target = { dims: out.shape, data: new Float32Array(numel(out.shape)) };
    feeds.weights = { dims: [2], data: Float32Array.of(0.7, 0.2) };
    for (const [name, { shape, data }] of encoderWeights) {
      feeds[(source.parameters.get(name) as Value & { name: string }).name] = { dims: shape, data };
    }
    await compareWithDifferences(loss, source.parameters, feeds);
  });
});

/** Every parameter's gradient along a random direction, against (L(+h) - L(-h)) / 2h. */
async function compareWithDifferences(
  loss: Value,
  parameters: ReadonlyMap<string, Value>,
  feeds: Record<string, Tensor>,
): Promise<void> {
  const names = [...parameters.keys()];
  const gradients = backward(loss, [...parameters.values()]);
  const session = await openGraph(
    { loss, ...Object.fromEntries(names.map((name, i) => [`gradient ${name}`, gradients[i]])) },
    cpu,
  );
  const results = await session.run(feeds);
  for (const name of names) {
    const key = (parameters.get(name) as Value & { name: string }).name;
    const { dims, data } = feeds[key];
    const values = data as Float32Array;
    const direction = randn(values.length, rngFromSeed(5, name));
    const lossAt = async (h: number) => {
      const moved = values.map((x, i) => x + h * direction[i]);
      return ((await session.run({ ...feeds, [key]: { dims, data: moved } })).loss.data as Float32Array)[0];
    };
    const h = 1e-3;
    const difference = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
    const gradient = results[`gradient ${name}`].data as Float32Array;
    const slope = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
    expect(Math.abs(slope - difference), name).toBeLessThan(2e-2 * Math.max(0.5, Math.abs(difference)));
  }
  await session.close();
}

describe('min-SNR weights', () => {
  it('are those of the paper', () => {
    // alpha-bar 0.9: SNR 9, above gamma 5; alpha-bar 0.5: SNR 1, below.
    expect(minSnrWeight(0.9, 5, 'epsilon')).toBeCloseTo(5 / 9, 12);
    expect(minSnrWeight(0.5, 5, 'epsilon')).toBe(1);
    expect(minSnrWeight(0.9, 5, 'v_prediction')).toBeCloseTo(0.5, 12);
    expect(minSnrWeight(0.9, 5, 'sample')).toBe(5);
    expect(minSnrWeight(0.5, 5, 'sample')).toBe(1);
  });

  it('weigh each row of the loss', async () => {
    const [a, b, w] = [input('a', [2, 3]), input('b', [2, 3]), input('w', [2])];
    const session = await openGraph({ loss: f.weightedMseLoss(a, b, w) }, cpu);
    const { loss } = await session.run({
      a: { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      b: { dims: [2, 3], data: Float32Array.of(0, 0, 0, 3, 3, 3) },
      w: { dims: [2], data: Float32Array.of(0.5, 3) },
    });
    // Rows: (1 + 4 + 9) / 3 and (1 + 4 + 9) / 3; mean of 0.5 and 3 times them.
    expect((loss.data as Float32Array)[0]).toBeCloseTo((14 / 3) * 1.75, 5);
    await session.close();
    expect(() => f.weightedMseLoss(a, b, input('x', [3]))).toThrow('wanted twice [n,...] and [n]');
  });

  it('stand on the target of the prediction', () => {
    expect(trainingTarget('epsilon', 2, 3, 0.64)).toBe(3);
    expect(trainingTarget('sample', 2, 3, 0.64)).toBe(2);
    expect(trainingTarget('v_prediction', 2, 3, 0.64)).toBeCloseTo(0.8 * 3 - 0.6 * 2, 12);
  });
});
