/** Owns how numbers, durations and tables read in a terminal. */
import { displayText } from '../shared/display-text.ts';

/** 75 -> "1:15", 3700 -> "1:01:40". Seconds are rounded. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** 2.345 -> "2.3 s", 95 -> "1:35". */
export const duration = (seconds: number) => (seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds));

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export const count = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** Two or three significant decimals of any value; words stay words. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return String(value);
    return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return displayText(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Rows as aligned columns, numbers to the right; the last column is not padded. */
export function table(heads: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  const cells = [heads.map(String), ...rows.map((row) => row.map(cell))];
  const widths = heads.map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  const right = heads.map((_, c) => rows.length > 0 && rows.every((row) => typeof row[c] === 'number'));
  return cells.map((row) =>
    row
      .map((text, c) =>
        right[c] ? text.padStart(widths[c]) : c === row.length - 1 ? text : text.padEnd(widths[c]),
      )
      .join('  ')
      .trimEnd(),
  );
}
