import { describe, expect, it } from 'vitest';
import { guidanceBranches, guide } from '../../../src/core/diffusion/guidance.ts';

describe('guide', () => {
  const none = Float32Array.of(1, -1);
  const text = Float32Array.of(2, 1);
  const all = Float32Array.of(2, 2);
  it('extrapolates from the less told prediction through the more told one', () => {
    expect([...guide([none, text], [0])]).toEqual([1, -1]);
    expect([...guide([none, text], [1])]).toEqual([2, 1]);
    expect([...guide([none, text], [2])]).toEqual([3, 3]);
    expect([...guide([text], [])]).toEqual([2, 1]);
  });
  it('has a scale for each condition that is told', () => {
    expect([...guide([none, text, all], [1, 1])]).toEqual([2, 2]);
    expect([...guide([none, text, all], [2, 3])]).toEqual([3, 6]);
  });
  it('refuses what does not belong together', () => {
    expect(() => guide([none, new Float32Array(3)], [2])).toThrow(/2 values beside 3/);
    expect(() => guide([none, text], [2, 3])).toThrow(/2 scales for 2 predictions/);
  });
});

describe('guidanceBranches', () => {
  const options = { guidanceScale: 2, difficultyGuidance: 4 };
  const told = (o: Parameters<typeof guidanceBranches>[0]) => {
    const { branches, scales } = guidanceBranches(o);
    return [branches.map((b) => `${b.prompt}${b.difficulty ? ' s' : ''}`), scales];
  };
  it('needs no second prediction where nothing is strengthened', () => {
    const off = { guidanceScale: 1, difficultyGuidance: 4 };
    expect(told({ ...off, guidanceMode: 'null-token' })).toEqual([['own s'], []]);
    expect(told({ ...off, guidanceMode: 'same-token' })).toEqual([['own s'], []]);
    expect(told({ guidanceScale: 1, difficultyGuidance: 1, guidanceMode: 'separate' })).toEqual([
      ['own s'],
      [],
    ]);
  });
  it('strengthens both together, the text alone, or each by its own scale', () => {
    expect(told({ ...options, guidanceMode: 'null-token' })).toEqual([['negative', 'own s'], [2]]);
    expect(told({ ...options, guidanceMode: 'same-token' })).toEqual([['negative s', 'own s'], [2]]);
    expect(told({ ...options, guidanceMode: 'separate' })).toEqual([
      ['negative', 'own', 'own s'],
      [2, 4],
    ]);
  });
  it('leaves out a prediction whose weight is zero', () => {
    const separate = { guidanceMode: 'separate' } as const;
    expect(told({ ...separate, guidanceScale: 1, difficultyGuidance: 4 })).toEqual([['own', 'own s'], [4]]);
    expect(told({ ...separate, guidanceScale: 4, difficultyGuidance: 4 })).toEqual([
      ['negative', 'own s'],
      [4],
    ]);
  });
});
