/** The training state on disk: what is read back is what was stored, and a file of another training is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { input } from '../../../../../src/core/graph/value.ts';
import { rngFromSeed } from '../../../../../src/core/rng.ts';
import { adamW } from '../../../../../src/core/training/adamw.ts';
import { initialState, update } from '../../../../../src/core/training/parameters.ts';
import { sgd } from '../../../../../src/core/training/sgd.ts';
import { loadState, saveState } from '../../../../../src/main/engine/bodies/fit/state-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fresh = (optimiser = adamW(), average = true, width = 5) =>
  initialState(
    new Map([
      ['net.weight', input('net.weight', [3, width])],
      ['net.bias', input('net.bias', [3])],
    ]),
    rngFromSeed(3),
    { average, optimiser },
  );
const step = (state: ReturnType<typeof fresh>) =>
  update(state, (name) => state.parameters.get(name)!.value.map((v, i) => Math.cos(v + i)), {
    learningRate: 0.01,
    maxNorm: 1,
    averageDecay: 0.9,
  });

test('a state stored and read goes on bit for bit', () => {
  const whole = fresh();
  for (let i = 0; i < 3; i++) step(whole);
  const file = join(folder, 'state.safetensors');
  expect(loadState(file, whole)).toBe(false);
  saveState(file, whole);
  const resumed = fresh();
  expect(loadState(file, resumed)).toBe(true);
  expect(resumed.step).toBe(3);
  for (const state of [whole, resumed]) for (let i = 0; i < 3; i++) step(state);
  expect(resumed.parameters).toEqual(whole.parameters);
});

test('a file of another optimiser or network is refused and changes nothing', () => {
  const file = join(folder, 'adam.safetensors');
  saveState(file, fresh(adamW(), false));
  expect(() => loadState(file, fresh(sgd({ momentum: 0.9 }), false))).toThrow('velocity:net.weight');
  expect(() => loadState(file, fresh())).toThrow('average:net.weight');
  const wider = fresh(adamW(), false, 6);
  expect(() => loadState(file, wider)).toThrow('has 15 numbers as net.weight, expected 18');
  expect(wider.step).toBe(0);
});
