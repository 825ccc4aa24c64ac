/**
 * Owns where the class names of an ONNX classifier come from: a label file of its own name, config.json, the file's own
 * metadata, or a label file of the folder. Names count only where there are as many as class scores; others are said.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { isRecord } from '../files/safetensors-header.ts';
import { parseJson } from '../files/user-json.ts';
import { readLabels } from './labels.ts';
import { readModelJson } from './stored-part.ts';
import { namesIn } from './transformers-vision.ts';

export interface FoundLabels {
  labels: string[];
  /** What they were read from, for a person. */
  from: string;
}

/** Keys that exporters keep class names under, ultralytics' first. */
export const labelKeys = ['names', 'labels', 'classes', 'class_names', 'class_labels', 'id2label'];
/** Of a folder: labels.txt, imagenet_labels.txt, classes.txt, synset_words.txt. A file of the model's own name goes first. */
const labelFile = /(^|[-_.])(labels|classes|class_names|synset|synset_words)\.txt$/i;

/**
 * @param classes how many class scores there are; null: the file does not say
 * @returns the names, and sentences on those that do not fit.
 */
export function findLabels(
  file: string,
  metadata: ReadonlyMap<string, string>,
  classes: number | null,
): { found: FoundLabels | null; unfit: string[] } {
  const unfit: string[] = [];
  for (const { labels, from } of candidates(file, metadata, classes)) {
    if (classes === null || labels.length === classes) return { found: { labels, from }, unfit };
    unfit.push(`${labels.length} class names in ${from} for ${classes} class scores: not used`);
  }
  return { found: null, unfit };
}

function* candidates(
  file: string,
  metadata: ReadonlyMap<string, string>,
  classes: number | null,
): Generator<FoundLabels> {
  const folder = dirname(file);
  const stem = basename(file, extname(file));
  const listed = (name: string): FoundLabels => ({ labels: readLabels(join(folder, name)), from: name });
  const own = [`${stem}.labels.txt`, `${stem}.txt`].find((name) => existsSync(join(folder, name)));
  if (own) yield listed(own);
  const config = besideModel(file, 'config.json');
  const named = config === null ? null : namesIn(readModelJson(config, "the classifier's config"));
  if (named?.names) yield { labels: named.names, from: `config.json (${named.field})` };
  for (const key of labelKeys) {
    const labels = namesFrom(metadata.get(key) ?? '', classes);
    if (labels) yield { labels, from: `the file's metadata (${key})` };
  }
  for (const name of readdirSync(folder).sort()) if (name !== own && labelFile.test(name)) yield listed(name);
}

/** The model's folder, and the one that the folder `onnx` is in. */
export function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return basename(folder) === 'onnx' ? [folder, dirname(folder)] : [folder];
}

/** A file beside the model, or beside the folder `onnx` that the model is in; null where there is none. */
export const besideModel = (file: string, name: string): string | null =>
  foldersOf(file)
    .map((at) => join(at, name))
    .find((candidate) => existsSync(candidate)) ?? null;

/** Class names in an entry of metadata: JSON, a Python dict or list, or a plain list. Null: it holds none. */
export function namesFrom(text: string, classes: number | null): string[] | null {
  const written = text.trim();
  if (written === '') return null;
  if (/^[[({]/.test(written)) return listOf(parsed(written) ?? parsed(fromPython(written)));
  const lines = written.split(/\r?\n/).map((line) => line.trim());
  if (lines.length > 1) return lines;
  // A name may have a comma of its own, so that only a list of the right length counts as one.
  const parts = written.split(',').map((part) => part.trim());
  return parts.length > 1 && parts.length === classes ? parts : null;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** Names in order; or by number, as 0: "cat" or as "cat": 0, from 0 on without a gap. */
function listOf(value: unknown): string[] | null {
  if (Array.isArray(value)) return value.length > 0 && value.every(isText) ? value : null;
  if (!isRecord(value)) return null;
  const entries = Object.entries(value);
  const forward = entries.every(([key, name]) => /^\d+$/.test(key) && isText(name));
  const names: string[] = [];
  for (const [key, given] of entries) {
    const [at, name] = forward ? [Number(key), given] : [given, key];
    if (!Number.isSafeInteger(at) || names[at as number] !== undefined) return null;
    names[at as number] = name as string;
  }
  return names.length === entries.length && names.length > 0 ? names : null;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** A Python literal of texts and whole numbers as JSON: quotes of either kind, numbers as keys, tuples, a last comma. */
function fromPython(text: string): string {
  const token = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\d+)(?=\s*:)|([()])|,(?=\s*[}\])])/g;
  return text.replace(token, (_, single, double, key, bracket) => {
    if (key !== undefined) return `"${key}"`;
    if (bracket !== undefined) return bracket === '(' ? '[' : ']';
    const quoted = single ?? double;
    return quoted === undefined ? '' : JSON.stringify(unescaped(quoted));
  });
}

const unescaped = (text: string): string =>
  text.replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/gi, (_, two, four, one) =>
    one === undefined
      ? String.fromCharCode(Number.parseInt(two ?? four, 16))
      : ({ n: '\n', t: '\t', r: '\r' }[one as string] ?? one),
  );
