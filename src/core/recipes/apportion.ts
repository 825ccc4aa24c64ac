/** Owns how a number of pictures is shared among classes. */

/**
 * Whole parts of `total` in proportion to `weights`, by largest remainders (Hamilton): each part is its quota rounded
 * down or up, and they sum to `total` exactly. Of equal remainders the earlier is rounded up.
 *
 * @throws where there is something to share and no weight above 0.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (total === 0) return weights.map(() => 0);
  if (!(sum > 0)) throw new Error(`apportion: ${total} to share, and every weight is 0`);
  const quotas = weights.map((weight) => (total * weight) / sum);
  const parts = quotas.map(Math.floor);
  const left = total - parts.reduce((a, b) => a + b, 0);
  const byRemainder = [...weights.keys()].sort(
    (a, b) => quotas[b] - parts[b] - (quotas[a] - parts[a]) || a - b,
  );
  for (const at of byRemainder.slice(0, left)) parts[at]++;
  return parts;
}
