/** Owns the order of classes: as a person states it, or integers by their value and other names by their characters. */

/** Names of a text in which they are separated. */
export const classNamesIn = (text: string, separator: string | RegExp): string[] =>
  text
    .split(separator)
    .map((name) => name.trim().normalize('NFC'))
    .filter((name) => name !== '');

export function inClassOrder(names: Iterable<string>): string[] {
  const all = [...names];
  return all.every((name) => /^-?\d{1,15}$/.test(name))
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort();
}
