/** Owns timing the optimisers on tensors of the built-in U-Net's sizes: one thread, typed arrays, no allocation. */

import { input } from '../../src/core/graph/value.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { adamW } from '../../src/core/training/adamw.ts';
import type { Optimiser } from '../../src/core/training/optimiser.ts';
import { initialState, update } from '../../src/core/training/parameters.ts';
import { sgd } from '../../src/core/training/sgd.ts';
import { median, table } from './machine.ts';

const widths = [48, 2304, 9216, 41472, 82944];

/** Milliseconds per million parameters: norm, clipping and the rule, as a training step does them. */
export function optimiserTable(): string {
  const rng = rngFromSeed(1, 'optimisers');
  const inputs = new Map(
    Array.from({ length: 125 }, (_, i) => [`layer ${i}`, input(`layer ${i}`, [widths[i % widths.length]])]),
  );
  const gradients = new Map([...inputs].map(([name, v]) => [name, randn(v.shape[0], rng)]));
  const million = [...gradients.values()].reduce((n, g) => n + g.length, 0) / 1e6;
  const measure = (optimiser: Optimiser, average: boolean) => {
    const state = initialState(inputs, rng, { average, optimiser });
    const times: number[] = [];
    for (let i = 0; i < 30; i++) {
      const started = performance.now();
      update(state, (name) => gradients.get(name)!, { learningRate: 1e-3, maxNorm: 1, averageDecay: 0.99 });
      if (i >= 5) times.push((performance.now() - started) / million);
    }
    return [Math.min(...times), median(times)].map((ms) => ms.toFixed(1));
  };
  return table(
    [`ms per million parameters (${million.toFixed(1)} million)`, 'least', 'median'],
    [
      ['AdamW', ...measure(adamW(), false)],
      ['AdamW with a running average', ...measure(adamW(), true)],
      ['SGD with momentum', ...measure(sgd({ momentum: 0.9 }), false)],
    ],
  );
}
