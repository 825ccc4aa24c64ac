/**
 * Owns the checks of a residual classifier: logits and features, one training step (loss, all gradients, the
 * running statistics after it), and the logits with the updated parameters.
 */
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { paramsOf } from '../../../src/core/nn/params.ts';
import { type ResnetConfig, resnet, resnetConfigOf } from '../../../src/core/nn/resnet.ts';
import { openWeights } from '../../../src/main/models/stored-part.ts';
import type { OracleCase, OracleTensor } from '../case.ts';
import { same, statement } from '../compare.ts';
import {
  against,
  type CaseRun,
  evaluate,
  type Feeds,
  feed,
  feedIntegers,
  feedsFrom,
  type GoldenOptions,
  leftOver,
  partlyTrainable,
} from '../graph.ts';

interface OracleConfig {
  block: 'BasicBlock' | 'Bottleneck';
  layers: number[];
  base_width: number;
  num_classes: number;
}

const isStatistic = (name: string) => /\.running_(mean|var)$/.test(name);

export function resnetCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const weights = openWeights(c.path('model.safetensors'));
  const config = resnetConfigOf(new Map([...weights.table].map(([name, { shape }]) => [name, shape])));
  const io = c.tensors('io.safetensors');
  const check = against(options, c, io);
  const image = io.get('input');
  const names = io.names();
  const trainable = new Set([...weights.table.keys()].filter((name) => !isStatistic(name)));
  const prose = JSON.stringify(c.meta.outputs ?? {});
  const rate = numberIn(prose, /p -= ([\d.]+) \* grad/, 0.1);
  const momentum = numberIn(prose, /momentum ([\d.]+\d)/, 0.1);

  /** Logits and features in evaluation mode; with `parameters`, those instead of the stored ones. */
  async function evaluated(outputs: Record<string, 'logits' | 'features'>, parameters: Feeds = {}) {
    const source = partlyTrainable(weights.table, new Set(Object.keys(parameters)));
    const out = resnet(paramsOf(source), config, input('input', image.shape), false);
    const values = Object.fromEntries(Object.entries(outputs).map(([name, of]) => [name, out[of]]));
    const got = await evaluate(options, values, { ...parameters, input: feed(image) }, weights);
    return { checks: check(got), asked: source.asked };
  }

  /** One training step: what the oracle has of it, and the parameters and statistics after it. */
  async function trained() {
    const source = partlyTrainable(weights.table, trainable);
    const x = input('input', image.shape);
    const out = resnet(paramsOf(source), config, x, true);
    const labels = io.get('labels');
    const smoothing: number = c.meta.label_smoothing ?? 0;
    const loss = f.crossEntropy(out.logits, input('labels', labels.shape, 'i64'), {
      labelSmoothing: smoothing,
    });
    const parameters = [...source.inputs.keys()];
    const gradients = backward(loss, [x, ...source.inputs.values()]);
    const values: Record<string, Value> = { 'train.logits': out.logits, 'train.loss': loss };
    ['input', ...parameters].forEach((name, i) => {
      values[`train.grad.${name}`] = gradients[i];
    });
    for (const s of out.statistics) {
      values[`${s.path}.running_mean`] = s.mean;
      values[`${s.path}.running_var`] = s.variance;
    }
    const stored = feedsFrom(weights.file, weights.table.keys());
    const feeds: Feeds = { ...stored, input: feed(image), labels: feedIntegers(labels) };
    const got = await evaluate(options, values, feeds, weights);
    const updated: Feeds = {};
    for (const name of parameters) {
      const gradient = got[`train.grad.${name}`].data;
      const { dims, data } = stored[name];
      updated[name] = { dims, data: Float32Array.from(gradient, (g, i) => Number(data[i]) - rate * g) };
    }
    for (const s of out.statistics) {
      const count = image.shape[0] * s.positions;
      const running = (name: string, scale: number) => {
        const { dims, data } = stored[name];
        const blend = (v: number, i: number) => (1 - momentum) * Number(data[i]) + momentum * scale * v;
        updated[name] = { dims, data: Float32Array.from(got[name].data, blend) };
      };
      running(`${s.path}.running_mean`, 1);
      running(`${s.path}.running_var`, count / (count - 1)); // the running one is unbiased
    }
    return { got, updated };
  }
  let step: ReturnType<typeof trained> | undefined;

  const parts = [
    {
      name: 'evaluation',
      async run() {
        const wanted = { 'eval.logits': 'logits', 'eval.features': 'features' } as const;
        const outputs = Object.fromEntries(Object.entries(wanted).filter(([name]) => io.has(name)));
        const { checks, asked } = await evaluated(outputs);
        return [
          ...checks,
          statement('config.json', differences(c.json('config.json'), config)),
          statement('parameters: none left over', leftOver(weights.table, asked)),
        ];
      },
    },
    {
      name: 'labels',
      run: async () =>
        c.has('labels.json') ? [same('labels.json', io.get('labels').data, c.json('labels.json'))] : [],
    },
  ];
  if (names.some((name) => name.startsWith('train.'))) {
    parts.push({
      name: 'training step',
      async run() {
        step ??= trained();
        const { got, updated } = await step;
        const after = Object.fromEntries(
          Object.entries(updated)
            .filter(([name]) => isStatistic(name))
            .map(([name, t]): [string, OracleTensor] => [
              `train.after.${name}`,
              { shape: [...t.dims], data: t.data as Float32Array },
            ]),
        );
        const all = { ...got, ...after };
        return check(Object.fromEntries(Object.entries(all).filter(([name]) => io.has(name))));
      },
    });
  }
  if (io.has('after_sgd.eval.logits')) {
    parts.push({
      name: 'after one step of gradient descent',
      async run() {
        step ??= trained();
        const { updated } = await step;
        return (await evaluated({ 'after_sgd.eval.logits': 'logits' }, updated)).checks;
      },
    });
  }
  return { parts };
}

function numberIn(prose: string, pattern: RegExp, otherwise: number): number {
  const found = pattern.exec(prose);
  return found ? Number(found[1]) : otherwise;
}

/** Where the folder's description of the network and what its weights make differ. */
function differences(said: OracleConfig, config: ResnetConfig): string[] {
  const blocks = { BasicBlock: 'basic', Bottleneck: 'bottleneck' };
  const widths = said.layers.map((_, stage) => said.base_width * 2 ** stage);
  const same: [string, unknown, unknown][] = [
    ['block', blocks[said.block], config.block],
    ['layers', said.layers, config.depths],
    ['base_width', widths, config.widths],
    ['num_classes', said.num_classes, config.num_classes],
  ];
  return same.flatMap(([what, a, b]) =>
    `${a}` === `${b}` ? [] : [`${what}: config.json makes ${a}, the weights ${b}`],
  );
}
