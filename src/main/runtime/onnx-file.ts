/**
 * Owns what is looked at in an ONNX file before ONNX Runtime opens it: that the file, and every file that it says its
 * weights are in, is a regular one below its folder and long enough. The runtime would wait for a named pipe for ever.
 * Walks the messages of onnx.proto that can hold a tensor, and reads none of the weights. What is no ONNX at all is left
 * to the runtime to say.
 */
import { closeSync, existsSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { shown } from '../../core/shown.ts';
import { Bytes, fieldsOf } from '../files/protobuf-file.ts';
import { openUserFileSync, UnfitFile } from '../files/user-file.ts';

/** Of a message: the fields that hold further messages, and what those are. */
const holds = new Map<string, Readonly<Record<number, string>>>([
  ['model', { 7: 'graph', 25: 'function' }],
  ['graph', { 1: 'node', 5: 'tensor', 15: 'sparse' }],
  ['function', { 7: 'node', 11: 'attribute' }],
  ['node', { 5: 'attribute' }],
  ['attribute', { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' }],
  ['sparse', { 1: 'tensor', 2: 'tensor' }],
  ['tensor', { 13: 'entry' }],
]);
/** The tag that a model begins with. */
const irVersion = 8;
const tensorName = 8;
const entryKey = 1;
const entryValue = 2;

/** Graphs within graphs, and the messages between them. */
const MAX_DEPTH = 64;

/** @throws UnfitFile or an error that names the tensor and the file that its values are said to be in. */
export function requireFitOnnx(file: string): void {
  const { descriptor, size } = openUserFileSync(file, { wanted: 'onnx' });
  try {
    requireWhole(descriptor, size, file);
    const folder = dirname(file);
    const seen = new Map<string, number>();
    walk(new Bytes(descriptor), 'model', 0, size, 0, (tensor, entries) => {
      const { location, offset = '0', length = '0' } = Object.fromEntries(entries);
      if (location === undefined) return;
      const what = `${file}: the values of ${shown(tensor)} are said to be in ${shown(location)}`;
      if (isAbsolute(location) || normalize(location).split(sep)[0] === '..')
        throw new Error(`${what}, expected a file below the model's own folder`);
      const there = seen.get(location) ?? sizeOf(join(folder, location), what);
      seen.set(location, there);
      const end = Number(offset) + Number(length);
      if (!(end <= there)) throw new Error(`${what} up to byte ${end}, which has ${there}`);
    });
  } finally {
    closeSync(descriptor);
  }
}

/** A download that broke off: the file begins as a model, and its graph ends behind it. */
function requireWhole(descriptor: number, size: number, file: string): void {
  const bytes = new Bytes(descriptor);
  if (bytes.varint(0)?.value !== irVersion) return;
  Array.from(fieldsOf(bytes, 0, size, cutShort));
  function cutShort(end: number) {
    throw new UnfitFile(
      file,
      `an ONNX file that ends early (expected at least ${end.toLocaleString('en-US')} bytes, found ${size.toLocaleString('en-US')}); download or copy it again`,
    );
  }
}

function sizeOf(file: string, what: string): number {
  if (!existsSync(file))
    throw new Error(
      `${what}, which is missing; put it there under that name, or download the model again with all of its files`,
    );
  try {
    const { descriptor, size } = openUserFileSync(file);
    closeSync(descriptor);
    return size;
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

type OnExternal = (tensor: string, entries: readonly (readonly [string, string])[]) => void;

/** The fields of one message, from `at` to `end`. Ends without a word where the bytes are no message. */
function walk(
  bytes: Bytes,
  kind: string,
  at: number,
  end: number,
  depth: number,
  onExternal: OnExternal,
): void {
  if (depth > MAX_DEPTH) throw new Error(`graphs are nested more than ${MAX_DEPTH} levels deep`);
  let name = '';
  const entries: (readonly [string, string])[] = [];
  for (const { field, from, to } of fieldsOf(bytes, at, end)) {
    const inner = holds.get(kind)?.[field];
    if (inner === 'entry') entries.push(entryOf(bytes, from, to));
    else if (inner) walk(bytes, inner, from, to, depth + 1, onExternal);
    else if (kind === 'tensor' && field === tensorName) name = bytes.text(from, to);
  }
  if (entries.length > 0) onExternal(name, entries);
}

function entryOf(bytes: Bytes, at: number, end: number): readonly [string, string] {
  let key = '';
  let value = '';
  for (const { field, from, to } of fieldsOf(bytes, at, end)) {
    if (field === entryKey) key = bytes.text(from, to);
    if (field === entryValue) value = bytes.text(from, to);
  }
  return [key, value];
}
