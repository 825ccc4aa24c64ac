/** Owns the file of known factors: JSON lines `{ "path": "car/0001.png", "factors": { "blur": 0.2, ... } }`. */

export interface KnownFactors {
  /** In the order of the first line. */
  names: string[];
  /** Strengths in the order of the names, by path as it is written. */
  strengths: Map<string, number[]>;
}

/**
 * Every line names the same factors; other fields are not looked at. `file` is for messages.
 * @throws naming the line and the field that is wrong, and what was wanted.
 */
export function parseFactorLines(text: string, file: string): KnownFactors {
  let names: string[] | null = null;
  const strengths = new Map<string, number[]>();
  text.split('\n').forEach((line, at) => {
    if (line.trim() === '') return;
    const bad = (what: string): Error => new Error(`${file}, line ${at + 1}: ${what}`);
    const { path, factors } = objectOf(line, bad);
    if (typeof path !== 'string' || path === '') throw bad('path, wanted the path of an image');
    if (strengths.has(path)) throw bad(`path ${path} is there twice`);
    if (typeof factors !== 'object' || factors === null || Array.isArray(factors))
      throw bad('factors, wanted an object of names and strengths');
    const given = factors as Record<string, unknown>;
    names ??= Object.keys(given);
    if (names.length === 0) throw bad('factors, wanted one or more');
    const surplus = Object.keys(given).find((name) => !names!.includes(name));
    if (surplus !== undefined) throw bad(`factors.${surplus} is not in the first line`);
    strengths.set(
      path,
      names.map((name) => {
        const value = given[name];
        if (typeof value !== 'number' || !Number.isFinite(value))
          throw bad(`factors.${name} is ${JSON.stringify(value) ?? 'missing'}, wanted a number`);
        return value;
      }),
    );
  });
  if (names === null) throw new Error(`${file}: no line, wanted one JSON object for each image`);
  return { names, strengths };
}

function objectOf(line: string, bad: (what: string) => Error): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw bad('not JSON, wanted an object with path and factors');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('wanted an object with path and factors');
  return value as Record<string, unknown>;
}
