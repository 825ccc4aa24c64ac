/**
 * Owns the checks on a safetensors header. A file comes from anywhere, so nothing in it is believed: sizes,
 * offsets, names and types are checked before a byte of data is read.
 *
 * Format: u64 little-endian header length, header (JSON, may end in blanks), then the data without gaps.
 */
import { shown } from '../../core/shown.ts';
import { parseJson } from './user-json.ts';

/** Bytes per element of each dtype the format knows whose elements are whole bytes. */
export const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['I16', 2],
  ['U16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['I32', 4],
  ['U32', 4],
  ['F32', 4],
  ['F64', 8],
  ['I64', 8],
  ['U64', 8],
]);

/** The format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;
/** The largest checkpoints have some thousands. */
const MAX_TENSORS = 100_000;
const MAX_AXES = 8;

export interface HeaderEntry {
  dtype: string;
  shape: number[];
  /** Bytes from the start of the data to the tensor's start and end. */
  begin: number;
  end: number;
}

export interface Header {
  tensors: Map<string, HeaderEntry>;
  metadata: Record<string, string>;
}

/** @throws Error naming the file and, where it is about one, the tensor. */
export function parseHeader(file: string, bytes: Uint8Array, dataBytes: number): Header {
  const bad = (what: string) => new Error(`${file}: not a valid safetensors file: ${what}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('its header is not UTF-8');
  }
  if (!text.startsWith('{')) throw bad('its header does not start with "{"');
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (error) {
    throw bad(`its header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(parsed)) throw bad('its header is not a JSON object');
  const count = Object.keys(parsed).length;
  if (count > MAX_TENSORS) throw bad(`it names ${count} tensors, expected at most ${MAX_TENSORS}`);
  const twice = duplicateKey(text);
  if (twice !== null) throw bad(`"${twice}" is there twice`);

  const tensors = new Map<string, HeaderEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      if (!isRecord(entry) || !Object.values(entry).every((v) => typeof v === 'string')) {
        throw bad('__metadata__ is not a table of strings');
      }
      metadata = entry as Record<string, string>;
    } else {
      tensors.set(
        name,
        checkEntry(entry, dataBytes, (what) => bad(`tensor ${name}: ${what}`)),
      );
    }
  }
  checkContiguous(tensors, dataBytes, bad);
  return { tensors, metadata };
}

function checkEntry(entry: unknown, dataBytes: number, bad: (what: string) => Error): HeaderEntry {
  if (!isRecord(entry)) throw bad('its entry is not an object');
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  const surplus = Object.keys(rest);
  if (surplus.length > 0) throw bad(`unknown field ${surplus[0]}`);
  const size = typeof dtype === 'string' ? (DTYPE_BYTES.get(dtype) ?? 0) : 0;
  if (size === 0) {
    throw bad(`dtype ${shown(dtype)}, expected one of ${[...DTYPE_BYTES.keys()].join(', ')}`);
  }
  if (!isCounts(shape) || shape.length > MAX_AXES) {
    throw bad(`shape ${shown(shape)}, expected at most ${MAX_AXES} whole numbers from 0`);
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw bad(`data_offsets ${shown(offsets)}, expected two whole numbers from 0`);
  }
  const [begin, end] = offsets;
  if (begin > end) throw bad(`bytes ${begin} to ${end}`);
  if (end > dataBytes) {
    throw bad(
      `bytes ${begin} to ${end}, but the file holds ${dataBytes} bytes of data: it ends early; download or copy it again`,
    );
  }
  const wanted = shape.reduce((product, d) => product * d, size);
  if (wanted !== end - begin) {
    throw bad(`${end - begin} bytes, but ${dtype} [${shape}] takes ${wanted}`);
  }
  return { dtype: dtype as string, shape, begin, end };
}

/** The tensors must tile the data: a gap could hide something, an overlap would alias two parameters. */
function checkContiguous(
  tensors: Map<string, HeaderEntry>,
  dataBytes: number,
  bad: (what: string) => Error,
): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (begin < at) throw bad(`tensor ${name}: overlaps the tensor before it by ${at - begin} bytes`);
    if (begin > at) throw bad(`tensor ${name}: ${begin - at} unused bytes before it`);
    at = end;
  }
  if (at !== dataBytes) throw bad(`${dataBytes - at} bytes after the last tensor`);
}

/** The first object key that occurs twice in the same object of a VALID JSON text; JSON.parse hides these. */
export function duplicateKey(json: string): string | null {
  const open: (Set<string> | null)[] = []; // one per bracket: the keys of an object, or null for an array
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '{') open.push(new Set());
    else if (c === '[') open.push(null);
    else if (c === '}' || c === ']') open.pop();
    else if (c === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      let next = i + 1;
      while (/[ \t\r\n]/.test(json[next] ?? '')) next++;
      const keys = open[open.length - 1];
      if (json[next] !== ':' || !keys) continue;
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
