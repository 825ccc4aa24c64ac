/**
 * Owns what the names of class folders say besides the class. kohya's trainers read "10_shs cat" as "shs cat", ten
 * times an epoch (train_util.py, extract_dreambooth_params). Numbered classes ("0_cat", "1_dog") look alike; they
 * count on, and have no caption files.
 */
import type { Outline } from './layout.ts';

const REPEATS = /^(\d+)_(.*\S.*)$/;

export function isKohya(folders: readonly Outline[]): boolean {
  const repeats = folders.map(({ name }) => REPEATS.exec(name)?.[1]);
  if (folders.length === 0 || repeats.includes(undefined)) return false;
  if (folders.some(({ sidecars }) => sidecars)) return true;
  const numbers = repeats.map(Number).sort((a, b) => a - b);
  return !numbers.every((n, i) => n === numbers[0] + i) || numbers[0] > 1;
}

/** From a class folder's name to its class, for these folders. */
export const classNamer = (folders: readonly Outline[]): ((name: string) => string) =>
  isKohya(folders) ? (name) => REPEATS.exec(name)?.[2].trim() ?? name : (name) => name;
