/**
 * Owns scores as CSV and as JSON lines. Both are manifests that an import reads: `path`, `label`, `split`, and the
 * probabilities by class name, as columns `probabilities.NAME` or as an object.
 */
import type { ScoreRow } from '../../catalog/index.ts';

/** As many digits as tell one float32 from the next. */
const number = (value: number): number => Number(value.toPrecision(9));

const pOfLabel = ({ difficulty }: ScoreRow) => (difficulty === null ? null : number(1 - difficulty));

/** RFC 4180: quoted where the text would end a cell, or lose its blanks. */
const cell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const line = (cells: readonly (string | number | null)[]) => `${cells.map(cell).join(',')}\n`;

/** Pieces of the file: a line is short, so they come some at a time. */
const PIECE = 64 * 1024;

async function* pieces(
  head: string,
  rows: AsyncIterable<ScoreRow>,
  lineOf: (row: ScoreRow) => string,
): AsyncGenerator<Uint8Array> {
  let text = head;
  for await (const row of rows) {
    text += lineOf(row);
    if (text.length < PIECE) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

const columns = ['path', 'label', 'split', 'origin', 'difficulty', 'p_true', 'prediction'];

export const csvOfScores = (classes: readonly string[], rows: AsyncIterable<ScoreRow>) =>
  pieces(line([...columns, ...classes.map((name) => `probabilities.${name}`)]), rows, (row) =>
    line([
      row.path,
      row.label,
      row.split,
      row.origin,
      row.difficulty === null ? null : number(row.difficulty),
      pOfLabel(row),
      row.prediction,
      ...Array.from(row.probabilities, number),
    ]),
  );

export const jsonlOfScores = (classes: readonly string[], rows: AsyncIterable<ScoreRow>) =>
  pieces('', rows, (row) => {
    const { path, label, split, origin, prediction } = row;
    const difficulty = row.difficulty === null ? null : number(row.difficulty);
    const probabilities = Object.fromEntries(
      classes.map((name, column) => [name, number(row.probabilities[column])]),
    );
    return `${JSON.stringify({ path, label, split, origin, difficulty, p_true: pOfLabel(row), prediction, probabilities })}\n`;
  });
