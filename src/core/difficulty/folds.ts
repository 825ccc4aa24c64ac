/** Owns the division of rows into folds for cross-validation. */
import { permutation, type Rng } from '../rng.ts';

/**
 * Assigns each row a fold 0..folds-1 at random, each class spread evenly (its counts per fold differ by at
 * most 1) and the folds as equal as that allows. A class with fewer members than folds lands in as many folds
 * as it has members; a class with one member is therefore absent from training when that row is held out.
 * Unlabelled rows (-1) are spread as a class of their own. -> i32[n]
 */
export function stratifiedFolds(labels: ArrayLike<number>, n: number, folds: number, rng: Rng): Int32Array {
  if (!Number.isInteger(folds) || folds < 2) throw new Error(`folds: ${folds}, wanted 2 or more`);
  const members = new Map<number, number[]>();
  for (const i of permutation(n, rng)) {
    const rows = members.get(labels[i]);
    if (rows) rows.push(i);
    else members.set(labels[i], [i]);
  }
  const fold = new Int32Array(n);
  let next = 0;
  // The deal goes on from class to class, so that the remainders do not all fall into fold 0.
  for (const label of [...members.keys()].sort((a, b) => a - b)) {
    for (const i of members.get(label)!) fold[i] = next++ % folds;
  }
  return fold;
}
