import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  type CandidateQueue,
  candidateQueue,
  type Settled,
} from '../../../src/core/recipes/candidates.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';

const name = ({ index, attempt }: Candidate) => `${index}.${attempt}`;
/** Two of three candidates miss, by amounts that follow from the candidate alone. */
const missOfCandidate = (c: Candidate) => {
  const rng = rngFromSeed(2, name(c));
  return rng.uniform() < 1 / 3 ? 0 : 0.1 + rng.uniform();
};
const judge = (c: Candidate) => ({ miss: missOfCandidate(c), made: name(c) });

function runOut(queue: CandidateQueue<string>, batches: string[][] = []): Settled<string>[] {
  const settled: Settled<string>[] = [];
  for (let batch = queue.next(); batch.length > 0; batch = queue.next()) {
    batches.push(batch.map(name));
    settled.push(...queue.settle(batch.map(judge)));
  }
  return settled;
}

const groups = [Array.from({ length: 23 }, (_, i) => 2 * i), Array.from({ length: 9 }, (_, i) => 2 * i + 1)];
const size = { batchSize: 4, limit: 3 };

describe('a queue of candidates', () => {
  it('without misses: groups in batches of fixed borders, each picture once', () => {
    const queue = candidateQueue<null>([[0, 1, 2], [3], []], { batchSize: 2, limit: 5 });
    const batches: string[][] = [];
    for (let b = queue.next(); b.length > 0; b = queue.next()) {
      batches.push(b.map(name));
      queue.settle(b.map(() => ({ miss: 0, made: null })));
    }
    expect(batches).toEqual([['0.0', '1.0'], ['2.0'], ['3.0']]);
  });

  it('every picture is settled once: by its first candidate that is kept, or by its best at the limit', () => {
    const settled = runOut(candidateQueue(groups, size));
    expect(settled.map((s) => s.index).sort((a, b) => a - b)).toEqual(groups.flat().sort((a, b) => a - b));
    let limited = 0;
    for (const s of settled) {
      const misses = [0, 1, 2].map((attempt) => missOfCandidate({ index: s.index, attempt }));
      const kept = misses.indexOf(0);
      expect(s.accepted).toBe(kept >= 0);
      expect(s.attempt).toBe(kept >= 0 ? kept : misses.indexOf(Math.min(...misses)));
      expect(s.attempts).toBe(kept >= 0 ? kept + 1 : 3);
      expect(s.made).toBe(`${s.index}.${s.attempt}`);
      if (!s.accepted) limited++;
    }
    expect(limited).toBeGreaterThan(0);
  });

  it('batches are full while their group has pictures, and never span two groups', () => {
    const batches: string[][] = [];
    runOut(candidateQueue(groups, size), batches);
    const begun = new Set<number>();
    for (const batch of batches) {
      const parity = new Set(batch.map((c) => Number.parseInt(c, 10) % 2));
      expect(parity.size).toBe(1);
      for (const c of batch) begun.add(Number.parseInt(c, 10));
      const [even] = [...parity];
      const ofGroup = [...begun].filter((index) => index % 2 === even).length;
      if (ofGroup < groups[even].length) expect(batch).toHaveLength(4);
    }
  });

  it('restored after any batch it goes on exactly as the undisturbed one, from a state that stays small', () => {
    const undisturbed: string[][] = [];
    const all = runOut(candidateQueue(groups, size), undisturbed);
    for (let stop = 0; stop <= undisturbed.length; stop++) {
      const first = candidateQueue<string>(groups, size);
      const settled: Settled<string>[] = [];
      for (let i = 0; i < stop; i++) settled.push(...first.settle(first.next().map(judge)));
      const state = structuredClone(first.state());
      expect(state.open.length).toBeLessThanOrEqual(4);
      const rest: string[][] = [];
      settled.push(...runOut(candidateQueue(groups, size, state), rest));
      expect(rest).toEqual(undisturbed.slice(stop));
      expect(settled).toEqual(all);
    }
  });

  it('wants a verdict for each candidate', () => {
    const queue = candidateQueue<null>([[0, 1]], size);
    queue.next();
    expect(() => queue.settle([])).toThrow('0 verdicts for 2 candidates');
  });
});
