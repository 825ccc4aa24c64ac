/** Owns a list of difficulty levels as text: "0.1, 0.3, 0.5". */

export const levelsText = (levels: readonly number[]): string => levels.join(', ');

/** In rising order, each once; null unless there are 2 to 20 numbers from 0 to 1. */
export function parseLevels(text: string): number[] | null {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const levels = [...new Set(words.map(Number))].sort((a, b) => a - b);
  const fit = levels.every((level) => level >= 0 && level <= 1) && levels.length >= 2 && levels.length <= 20;
  return fit ? levels : null;
}
