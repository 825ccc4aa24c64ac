/** Temperature scaling against a scan of the log loss, a known temperature, and what must not change. */
import { describe, expect, it } from 'vitest';
import { calibration } from '../../../src/core/metrics/calibration.ts';
import {
  calibrationSentence,
  reliabilitySteps,
  verdictOf,
  wilson,
} from '../../../src/core/metrics/reliability.ts';
import {
  crossFittedSteps,
  fitTemperature,
  TEMPERATURE_RANGE,
  temperedProbabilities,
} from '../../../src/core/metrics/temperature.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';
import { drain } from '../../../src/core/steps.ts';

/** Labels drawn from softmax(logits); probabilities softmax(sharpness x logits), so that T = sharpness mends them. */
function drawn(n: number, k: number, sharpness: number, seed: number) {
  const rng = rngFromSeed(seed);
  const probabilities = new Float32Array(n * k);
  const labels = new Int32Array(n);
  const softmax = (logits: number[]) => {
    const powers = logits.map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((p) => p / sum);
  };
  for (let i = 0; i < n; i++) {
    const logits = Array.from({ length: k }, () => 1.5 * rng.normal());
    let left = rng.uniform();
    labels[i] = softmax(logits).findIndex((p) => {
      left -= p;
      return left < 0;
    });
    if (labels[i] < 0) labels[i] = k - 1;
    probabilities.set(softmax(logits.map((l) => sharpness * l)), i * k);
  }
  return { probabilities, labels };
}

describe('temperature', () => {
  it('of probabilities by hand', () => {
    const p = Float32Array.from([0.8, 0.2, 0.5, 0.5]);
    const [a, b] = temperedProbabilities(p, 2, 2, 2);
    expect(a).toBeCloseTo(Math.sqrt(0.8) / (Math.sqrt(0.8) + Math.sqrt(0.2)), 6);
    expect(a + b).toBeCloseTo(1, 6);
    const sharp = temperedProbabilities(p, 2, 2, 0.5);
    expect(sharp[0]).toBeCloseTo(0.64 / (0.64 + 0.04), 6);
    expect([...sharp.slice(2)]).toEqual([0.5, 0.5]);
  });

  it('of 1 changes no bit, and what is no temperature is refused', () => {
    const { probabilities } = drawn(20, 3, 1.7, 1);
    expect(temperedProbabilities(probabilities, 20, 3, 1)).toEqual(probabilities);
    expect(() => temperedProbabilities(probabilities, 20, 3, 0)).toThrow('temperature: 0, wanted');
    expect(() => temperedProbabilities(probabilities, 20, 4, 1)).toThrow('wanted 20 rows of 4');
  });

  it('is the lowest point of the log loss', () => {
    const { probabilities, labels } = drawn(300, 4, 2.2, 2);
    const loss = (t: number) =>
      calibration(temperedProbabilities(probabilities, 300, 4, t), 300, 4, labels).logLoss;
    const { value, atBound } = fitTemperature(probabilities, 300, 4, labels);
    expect(atBound).toBe(false);
    let best = 0.2;
    for (let t = 0.2; t < 8; t *= 1.001) if (loss(t) < loss(best)) best = t;
    expect(Math.abs(Math.log(value / best))).toBeLessThan(0.002);
  });

  it.each([0.5, 1, 3])('finds the sharpness that was put in: %s', (sharpness) => {
    const { probabilities, labels } = drawn(6000, 5, sharpness, 3);
    expect(fitTemperature(probabilities, 6000, 5, labels).value / sharpness).toBeCloseTo(1, 1);
  });

  it('says where there is no lowest point', () => {
    const right = Float32Array.from([0.7, 0.3, 0.2, 0.8]);
    expect(fitTemperature(right, 2, 2, [0, 1])).toEqual({ value: TEMPERATURE_RANGE.low, atBound: true });
    expect(fitTemperature(right, 2, 2, [1, 0])).toEqual({ value: TEMPERATURE_RANGE.high, atBound: true });
    const uniform = Float32Array.from([0.5, 0.5]);
    expect(fitTemperature(uniform, 1, 2, [0])).toEqual({ value: 1, atBound: false });
    expect(() => fitTemperature(uniform, 1, 2, [-1])).toThrow('no labelled rows');
  });

  it('cross-fitted: each fold has the temperature of the others', () => {
    const { probabilities, labels } = drawn(40, 3, 2, 4);
    labels[7] = -1;
    const rng = () => rngFromSeed(9);
    const got = drain(crossFittedSteps(probabilities, 40, 3, labels, { folds: 4, rng: rng() }));
    expect(got.temperatures).toHaveLength(4);
    expect(got.probabilities.slice(21, 24)).toEqual(probabilities.slice(21, 24));
    // A row's own label does not reach it: the row comes out the same when its label says otherwise, folds kept.
    const single = { folds: 39, rng: rng() };
    const one = drain(crossFittedSteps(probabilities, 40, 3, labels, single));
    const without = labels.slice();
    without[0] = -1;
    const expected = fitTemperature(probabilities, 40, 3, without).value;
    const row = temperedProbabilities(probabilities.slice(0, 3), 1, 3, expected);
    for (let c = 0; c < 3; c++) expect(one.probabilities[c]).toBeCloseTo(row[c], 6);
  });
});

describe('reliability', () => {
  it('tells a scorer that is too sure, and what a temperature is worth', () => {
    const { probabilities, labels } = drawn(3000, 4, 3, 5);
    const got = drain(reliabilitySteps(probabilities, 3000, 4, labels, rngFromSeed(0)));
    expect(verdictOf(got.as, got.n)).toBe('sure');
    expect(got.tempered.expectedError).toBeLessThan(0.3 * got.as.expectedError);
    expect(got.tempered.logLoss).toBeLessThan(got.as.logLoss);
    expect(got.tempered.accuracy).toBeCloseTo(got.as.accuracy, 12);
    expect(calibrationSentence(got.as, got.n)).toMatch(/When it says \d+ %, it is right in \d+ %: too sure/);
  });

  it('tells one that is not sure enough, and one that fits', () => {
    const unsure = drawn(3000, 4, 0.4, 6);
    const a = calibration(unsure.probabilities, 3000, 4, unsure.labels);
    expect(calibrationSentence(a, 3000)).toContain('not sure enough');
    const fits = drawn(3000, 4, 1, 7);
    const b = calibration(fits.probabilities, 3000, 4, fits.labels);
    expect(calibrationSentence(b, 3000)).toContain('can be read as a probability');
  });

  it("Wilson's interval, as published for 0 and 8 of 10", () => {
    expect(wilson(0, 10).low).toBe(0);
    expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
    expect(wilson(0.8, 10).low).toBeCloseTo(0.4902, 4);
    expect(wilson(0.8, 10).high).toBeCloseTo(0.9433, 4);
  });
});
