/** CLIPScore, prompt ensembles and zero-shot probabilities by hand; test/main/engine/clip.test.ts has transformers' numbers. */
import { describe, expect, it } from 'vitest';
import {
  classFeatures,
  clipScore,
  imageTextCosines,
  zeroShotProbabilities,
} from '../../../src/core/metrics/clip-score.ts';

const rows = (...values: number[]) => Float32Array.from(values);

describe('CLIPScore', () => {
  it('is 2.5 times the cosine, never below 0', () => {
    expect([0.3, 0, -0.2, 1].map(clipScore)).toEqual([0.75, 0, 0, 2.5]);
  });

  it('counts directions, not lengths', () => {
    const cosines = imageTextCosines(rows(3, 4, 0, 2), rows(1, 0, 0, -5), 2);
    expect([...cosines]).toEqual([0.6, -0.8, 0, -1].map((v) => expect.closeTo(v, 12)));
  });

  it('says what does not fit', () => {
    expect(() => imageTextCosines(rows(1, 2, 3), rows(1, 2), 2)).toThrow(
      'CLIP: 3 numbers of images, expected one or more rows of 2',
    );
  });
});

describe('zero-shot probabilities', () => {
  it('average the unit features of the prompts of a class, whatever their length', () => {
    // (1,0) and (0,1) of lengths 1 and 9: their mean points between the two.
    const classes = classFeatures(rows(1, 0, 0, 9, 0, -1, 0, -3), 2, 2);
    const half = Math.SQRT1_2;
    expect([...classes]).toEqual([half, half, 0, -1].map((v) => expect.closeTo(v, 12)));
  });

  it("are a softmax of the cosines times the model's own factor", () => {
    const p = zeroShotProbabilities(rows(2, 0), classFeatures(rows(1, 0, 0, 1), 2, 2), 2, Math.log(9));
    expect([...p]).toEqual([expect.closeTo(0.9, 6), expect.closeTo(0.1, 6)]);
  });

  it('stay finite where the factor is large', () => {
    const p = zeroShotProbabilities(rows(1, 0), classFeatures(rows(1, 0, -1, 0), 2, 2), 2, 1e4);
    expect([...p]).toEqual([1, 0]);
  });

  it('refuse prompts that do not divide among the classes', () => {
    expect(() => classFeatures(rows(1, 0, 0, 1, 1, 1), 2, 2)).toThrow('3 prompts for 2 classes');
  });
});
