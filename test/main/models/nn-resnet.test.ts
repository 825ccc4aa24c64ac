/**
 * Residual networks against PyTorch 2.15 (float64, the same weights in float32): sine-network.ts says the numbers that
 * go in; widths 4 and 6, two blocks and one, three classes, pictures [2,3,13,13] of classes 2 and 0.
 */
import { describe, expect, it } from 'vitest';
import * as f from '../../../src/core/graph/functions.ts';
import { input, integers } from '../../../src/core/graph/value.ts';
import { type ResnetConfig, resnet } from '../../../src/core/nn/resnet.ts';
import { near, runSines } from '../runtime/sine-network.ts';

const image = input('image', [2, 3, 13, 13]);
const wrt = ['conv1.weight', 'layer1.0.conv2.weight', 'layer2.0.downsample.1.weight', 'fc.weight'];
const tunedWrt = [...wrt, 'layer1.0.bn1.weight', 'layer2.0.bn2.bias'];

interface Oracle {
  config: Pick<ResnetConfig, 'block' | 'stem'>;
  features: number[];
  logits: number[];
  /** With running statistics, as networks are fine-tuned. */
  tuned: { loss: number; gradients: number[][] };
  train: { loss: number; logits: number[]; gradients: number[][]; running: Record<string, number[]> };
}

const oracles: Record<string, Oracle> = {
  'basic blocks behind a small stem': {
    config: { block: 'basic', stem: 'small' },
    features: [3.1289008, 2.7231995, 2.5454259, 3.1708862],
    logits: [1.1692445, -0.6781145, -0.7808053, 0.8107592, -0.5999495, -0.4989625],
    tuned: {
      loss: 1.3135094,
      gradients: [
        [-0.0994999, -0.0913887, -0.0584672, -0.0554465],
        [0.0658851, 0.0605196, 0.0490838, -0.0117977],
        [-0.0143076, 0.0056133, -0.0073881, 0.0438296],
        [0.7807482, 0.6897307, 0.6574641, 0.8201037],
        [0.057232, 0.0745981, 0.0777516, 0.0773386],
        [-0.0377095, -0.0232487, 0.0138061, 0.0477865],
      ],
    },
    train: {
      loss: 0.9811148,
      logits: [-0.1675269, -0.3330115, 0.2280524, -0.127519, -0.3042407, 0.159834],
      gradients: [
        [-0.0274166, -0.0275932, -0.0183977, 0.0006133],
        [0.0010808, -0.0067138, -0.0073561, -0.0004698],
        [0.0136322, 0.0147567, 0.0055231, -0.0143037],
        [-0.0462667, -0.0749501, -0.126049, -0.0833967],
      ],
      running: {
        'bn1.mean': [-0.0060806, -0.0060402, -0.0059844],
        'bn1.variance': [0.9475231, 0.9505632, 0.9542234],
        'layer2.0.bn2.mean': [0.0163637, 0.0180174, 0.0194877],
        'layer2.0.bn2.variance': [1.1717805, 1.1675711, 1.1633417],
      },
    },
  },
  'bottlenecks behind the stem for large pictures': {
    config: { block: 'bottleneck', stem: 'imagenet' },
    features: [0, 0, 0.1314759, 0.9471488],
    logits: [0.3978121, -0.1043857, -0.5715862, 0.4025989, -0.1071103, -0.5738627],
    tuned: {
      loss: 1.1682543,
      gradients: [
        [-0.002492, -0.0022674, -0.0025536, -0.0061789],
        [-0.0024799, -0.0026044, -0.0022608, -0.0028726],
        [0, 0, 0.0018805, 0.0268301],
        [0, 0, 0.0014445, 0.0020731],
        [0.0016052, 0, 0.0011202, -2.85e-5],
        [-0.0453921, -0.0720634, -0.0648421, -0.0182036],
      ],
    },
    train: {
      loss: 0.8533387,
      logits: [0.2256122, -0.9741028, 0.4121543, 0.1980568, -1.0468052, 0.5066946],
      gradients: [
        [-0.0496162, -0.0067784, 0.0371226, -0.1011407],
        [-0.0892361, 0.1543182, 0.0089297, 0.0381935],
        [0.0094838, -0.0570077, -0.0073355, 0.0232123],
        [-0.0730056, 0.1740665, 0.1319587, -0.3967142],
      ],
      running: {
        'bn1.mean': [-0.0015005, 0.0021251, -0.0015431],
        'bn1.variance': [1.3330676, 1.3410884, 1.3377376],
        'layer2.0.bn2.mean': [-0.061571, -0.0574023, -0.0526498],
        'layer2.0.bn2.variance': [0.9176611, 0.9181424, 0.9191691],
      },
    },
  },
};

describe.each(Object.keys(oracles))('%s', (name) => {
  const oracle = oracles[name];
  const config: ResnetConfig = {
    in_channels: 3,
    widths: [4, 6],
    depths: [2, 1],
    num_classes: 3,
    ...oracle.config,
  };

  it('with running statistics', async () => {
    const got = await runSines(image, (p) => {
      const { features, logits } = resnet(p, config, image, false);
      return { features, logits };
    });
    near(got('features', 4), oracle.features);
    near(got('logits', 6), oracle.logits);
  });

  it.each([false, true])(
    'fine-tuned with running statistics, recomputing %s: gradients',
    async (recompute) => {
      const got = await runSines(
        image,
        (p) => ({ loss: f.crossEntropy(resnet(p, config, image, false).logits, integers([2, 0])) }),
        tunedWrt,
        { recompute },
      );
      near(got('loss', 1), [oracle.tuned.loss], 1e-5);
      tunedWrt.forEach((parameter, i) => {
        near(got(`gradient ${parameter}`, 4), oracle.tuned.gradients[i], 1e-5);
      });
    },
  );

  it('in training: loss, gradients, and the statistics for the running averages', async () => {
    const counts: Record<string, number> = {};
    const { train } = oracle;
    const got = await runSines(
      image,
      (p) => {
        const { logits, statistics } = resnet(p, config, image, true);
        const values = { logits, loss: f.crossEntropy(logits, integers([2, 0])) };
        for (const { path, mean, variance, positions } of statistics) {
          Object.assign(values, { [`${path}.mean`]: mean, [`${path}.variance`]: variance });
          counts[path] = 2 * positions;
        }
        return values;
      },
      wrt,
    );
    near(got('loss', 1), [train.loss], 1e-5);
    near(got('logits', 6), train.logits, 1e-5);
    wrt.forEach((parameter, i) => {
      near(got(`gradient ${parameter}`, 4), train.gradients[i], 1e-5);
    });
    // PyTorch's running statistics after this one step, from 0 and 1 with momentum 0.1.
    for (const path of ['bn1', 'layer2.0.bn2']) {
      const unbiased = counts[path] / (counts[path] - 1);
      const mean = got(`${path}.mean`, 3).map((v) => 0.1 * v);
      const variance = got(`${path}.variance`, 3).map((v) => 0.9 + 0.1 * unbiased * v);
      near(mean, train.running[`${path}.mean`], 1e-5);
      near(variance, train.running[`${path}.variance`], 1e-5);
    }
    expect(Object.keys(counts)).toHaveLength(name.startsWith('basic') ? 8 : 12);
  });
});
