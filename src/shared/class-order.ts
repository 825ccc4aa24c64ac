/** Owns the order of classes where nobody states one: integers by their value, other names by their characters. */
export function inClassOrder(names: Iterable<string>): string[] {
  const all = [...names];
  return all.every((name) => /^-?\d{1,15}$/.test(name))
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort();
}
