/** Owns how an error shows a value that came out of a file: as JSON, and no more of it than a line holds. */

const LONGEST = 80;

export function shown(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return 'nested too deeply to be shown';
  }
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
