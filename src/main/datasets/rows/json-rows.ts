/**
 * Owns rows of JSON: one object a line (a broken line costs itself), an array of objects, or objects one after the other
 * over several lines, whatever the file's ending. Streams; one row may take 16 MiB.
 */

import { readLines } from '../../files/lines.ts';
import { isPicture } from '../../files/picture-names.ts';
import { type TextEncoding, utf8PiecesOf } from '../../files/text-encoding.ts';
import { parseJson } from '../../files/user-json.ts';
import { ManifestError, type Row } from './row.ts';

const MAX_VALUE_CHARS = 16 * 1024 * 1024;
/** So many lines tell whether each is an object. */
const LOOKED_AT = 20;

export interface JsonKnowledge {
  /** Of these keys the one that names the image's file. */
  pathColumn(keys: readonly string[]): string | undefined;
}

export async function openJson(
  file: string,
  encoding: TextEncoding,
  knowledge: JsonKnowledge,
): Promise<AsyncIterable<Row>> {
  let looked = 0;
  for await (const { text } of readLines(file, utf8PiecesOf(file, encoding))) {
    if (looked === 0 && text.trimStart().startsWith('[') && !isWhole(text))
      return valueRows(file, encoding, knowledge);
    if (looked === 0 && /^\s*\[\s*(\{|$)/.test(text)) return valueRows(file, encoding, knowledge);
    if (isObject(text)) return lineRows(file, encoding, knowledge);
    if (++looked === LOOKED_AT) break;
  }
  if (looked === 0) throw new ManifestError(file, 'holds no rows; expected one JSON object a line');
  return valueRows(file, encoding, knowledge);
}

const parsed = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
};
const isWhole = (text: string): boolean => parsed(text) !== undefined;
const isObject = (text: string): boolean => {
  const value = text.trimStart().startsWith('{') ? parsed(text) : undefined;
  return typeof value === 'object' && value !== null;
};

async function* lineRows(
  file: string,
  encoding: TextEncoding,
  knowledge: JsonKnowledge,
): AsyncGenerator<Row> {
  let rows = 0;
  for await (const { number, text } of readLines(file, utf8PiecesOf(file, encoding))) {
    const row = rowOf(number, text);
    if (rows++ === 0) refuseTables(file, row, knowledge);
    yield row;
  }
}

function rowOf(line: number, text: string): Row {
  let values: unknown;
  try {
    values = parseJson(text);
  } catch (error) {
    return { line, error: `not valid JSON (${(error as Error).message})` };
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return { line, error: 'not a JSON object' };
  return { line, values: new Map(Object.entries(values)), trim: false };
}

/** Objects at the top, or in one array there. */
async function* valueRows(
  file: string,
  encoding: TextEncoding,
  knowledge: JsonKnowledge,
): AsyncGenerator<Row> {
  const decoder = new TextDecoder();
  const pieces: string[] = []; // of the object that is open
  let length = 0;
  let line = 1;
  let began = 1;
  let depth = 0; // of braces and brackets within the object
  let inString = false;
  let escaped = false;
  let rows = 0;
  for await (const piece of utf8PiecesOf(file, encoding)) {
    const text = decoder.decode(piece, { stream: true });
    let from = depth > 0 ? 0 : -1;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (c === '\n') line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (c === '\\') escaped = true;
        else if (c === '"') inString = false;
      } else if (c === '"') inString = true;
      else if (c === '{' || (c === '[' && depth > 0)) {
        if (depth++ === 0) {
          from = i;
          began = line;
        }
      } else if ((c === '}' || c === ']') && depth > 0 && --depth === 0) {
        pieces.push(text.slice(from, i + 1));
        const row = rowOf(began, pieces.splice(0).join(''));
        if (rows++ === 0) refuseTables(file, row, knowledge);
        yield row;
        length = 0;
        from = -1;
      }
    }
    if (from < 0) continue;
    pieces.push(text.slice(from));
    length += text.length - from;
    if (length > MAX_VALUE_CHARS)
      throw new ManifestError(
        file,
        `line ${began}: an object of more than 16 MiB; expected one object an image`,
      );
  }
  if (depth > 0) yield { line: began, error: 'not valid JSON (the object is not closed)' };
  else if (rows === 0) throw new ManifestError(file, 'holds no JSON objects; expected one an image');
}

/** One object that holds all: annotations of boxes, a table by columns, or labels by path. A row with a path is a row. */
function refuseTables(file: string, row: Row, { pathColumn }: JsonKnowledge): void {
  if (!('values' in row)) return;
  const keys = [...row.values.keys()];
  const path = pathColumn(keys);
  if (path !== undefined && typeof row.values.get(path) === 'string') return;
  if (path === undefined && keys.length > 0 && keys.every(isPicture))
    throw new ManifestError(
      file,
      `one JSON object from paths to labels (${keys.slice(0, 3).join(', ')}); write one object an image: {"path": "1.jpg", "label": "cat"}`,
    );
  const holdsRows = (value: unknown) =>
    Array.isArray(value) && value.some((v) => typeof v === 'object' && v !== null);
  if (![...row.values.values()].some(holdsRows)) return;
  const boxes = keys.includes('annotations') && keys.includes('images');
  throw new ManifestError(
    file,
    boxes
      ? 'COCO annotations, which are boxes; Crux uses one class per image. Write one row per image: {"path": "1.jpg", "label": "cat"}'
      : `one JSON object with ${keys.slice(0, 5).join(', ')}; expected an array of rows, or one object a line, each with a path`,
  );
}
