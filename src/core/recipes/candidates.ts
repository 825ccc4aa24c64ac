/**
 * Owns in which order candidates are made: what was refused is tried again before anything new begins, so no more
 * than one batch is ever open, and a checkpoint is small however many pictures a job makes. The order follows from
 * the verdicts alone: a queue that is restored goes on as the undisturbed one would.
 */

export interface Candidate {
  /** Of the picture. */
  index: number;
  /** From 0. */
  attempt: number;
}

/** A candidate that was made; `miss` 0: it is kept as it is. `made` is whatever the caller needs to keep it. */
export interface Judged<T> {
  miss: number;
  made: T;
}

/** A picture whose candidates are over. */
export interface Settled<T> {
  index: number;
  /** Candidates that were made of it. */
  attempts: number;
  /** false: the limit was reached, and `made` is of the candidate with the least miss, the first of equals. */
  accepted: boolean;
  attempt: number;
  made: T;
}

interface Open<T> {
  index: number;
  attempts: number;
  best: { attempt: number; miss: number; made: T };
}

/** Plain data. */
export interface QueueState<T> {
  /** Group that is being made, and how many of its pictures have begun. */
  group: number;
  begun: number;
  open: Open<T>[];
}

export interface CandidateQueue<T> {
  /** What is made together next; empty: nothing is left. The same until it is settled. */
  next(): Candidate[];
  /** One verdict for each candidate of `next()`, in its order. @returns the pictures that are settled by them. */
  settle(judged: readonly Judged<T>[]): Settled<T>[];
  state(): QueueState<T>;
}

/**
 * @param groups pictures by index, in the order in which they begin; candidates of two groups are never made together.
 * @param limit candidates of one picture at most, >= 1.
 */
export function candidateQueue<T>(
  groups: readonly (readonly number[])[],
  { batchSize, limit }: { batchSize: number; limit: number },
  restored?: QueueState<T>,
): CandidateQueue<T> {
  let { group, begun, open }: QueueState<T> = restored ?? { group: 0, begun: 0, open: [] };

  const next = (): Candidate[] => {
    while (group < groups.length && open.length === 0 && begun >= groups[group].length) {
      group++;
      begun = 0;
    }
    const again = open.map(({ index, attempts }) => ({ index, attempt: attempts }));
    const fresh = (groups[group] ?? []).slice(begun, begun + batchSize - again.length);
    return [...again, ...fresh.map((index) => ({ index, attempt: 0 }))];
  };

  return {
    next,
    settle(judged) {
      const made = next();
      if (judged.length !== made.length)
        throw new Error(`candidates: ${judged.length} verdicts for ${made.length} candidates`);
      const settled: Settled<T>[] = [];
      const still: Open<T>[] = [];
      for (const [i, { index, attempt }] of made.entries()) {
        const { miss, made: what } = judged[i];
        const before = open.find((o) => o.index === index)?.best;
        const best = before && before.miss <= miss ? before : { attempt, miss, made: what };
        const attempts = attempt + 1;
        if (miss === 0) settled.push({ index, attempts, accepted: true, attempt, made: what });
        else if (attempts >= limit)
          settled.push({ index, attempts, accepted: false, attempt: best.attempt, made: best.made });
        else still.push({ index, attempts, best });
      }
      begun += made.filter(({ attempt }) => attempt === 0).length;
      open = still;
      return settled;
    },
    state: () => ({ group, begun, open: [...open] }),
  };
}
