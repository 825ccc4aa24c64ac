/** Owns how scorers are offered for choice. */
import type { Scorer } from '../../shared/domain/scorer.ts';

/** By name, and with their number where a name is there more than once. */
export function scorerChoices(
  scorers: readonly Pick<Scorer, 'id' | 'name'>[],
): { value: string; label: string }[] {
  const named = Map.groupBy(scorers, ({ name }) => name);
  return scorers.map(({ id, name }) => ({
    value: String(id),
    label: named.get(name)!.length > 1 ? `${name} (${id})` : name,
  }));
}

/** A second opinion on what `scorer` says: the newest scorer of another model, else the newest other; null: there is none. */
export function secondOpinion(scorers: readonly Scorer[], scorerId: number): Scorer | null {
  const scorer = scorers.find(({ id }) => id === scorerId);
  const others = scorers.filter(({ id }) => id !== scorerId).sort((a, b) => b.id - a.id);
  return others.find(({ modelHash }) => modelHash !== scorer?.modelHash) ?? others[0] ?? null;
}
