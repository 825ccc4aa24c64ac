/**
 * Owns the reading of one case of an oracle folder: a folder with a meta.json and the files below it that belong to
 * no other case. Everything read is noted, so that a file, a tensor or a tolerance that no check looked at is
 * found at the end (`untouched`) instead of being passed over.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { openSafetensors } from '../../src/main/files/safetensors.ts';
import type { Tolerance } from './compare.ts';

export interface OracleTensor {
  shape: readonly number[];
  data: Float32Array;
}

/** The tensors of one file. */
export interface OracleTensors {
  names(): string[];
  has(name: string): boolean;
  /** @throws naming file and tensor where there is none. */
  get(name: string): OracleTensor;
}

// biome-ignore lint/suspicious/noExplicitAny: the fields are whatever the oracle's author wrote
export type Json = any;

export interface OracleCase {
  name: string;
  folder: string;
  kind: string;
  meta: Json;
  has(file: string): boolean;
  /** Absolute path of a file or folder of the case; all of it counts as looked at. */
  path(file: string): string;
  json(file: string): Json;
  tensors(file: string): OracleTensors;
  /** Files of the case, relative to it. */
  files(): readonly string[];
  /** From meta.json's `stats_and_tolerances`. @throws where there is none. */
  tolerance(key: string): Tolerance;
  hasTolerance(key: string): boolean;
  /** What nothing has looked at: files, tensors, tolerances. */
  untouched(): string[];
}

/** What an oracle's data are written in; other files, such as scripts and texts for people, need no check. */
export const isData = (file: string): boolean =>
  /\.(safetensors|json|txt)$/i.test(file) &&
  !isHidden(file) &&
  !/(^|\/)(readme|licen[cs]e|notice)[^/]*$/i.test(file);

/** A file or folder that a version control system or a desktop put there. */
export const isHidden = (file: string): boolean => /(^|\/)(\.|__)/.test(file);

/** Path below the oracle folder, with slashes; the folder's own name where it is a case itself. */
export const caseName = (root: string, folder: string): string =>
  folder === root ? basename(root) : relative(root, folder).split(sep).join('/');

export function openCase(root: string, folder: string): OracleCase {
  const files = filesOf(folder, folder);
  const touched = new Set<string>(['meta.json']);
  const opened = new Map<string, { tensors: OracleTensors; untouched: () => string[] }>();
  const tolerances = new Set<string>();
  const parse = (file: string): Json => {
    const path = join(folder, file);
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`);
    }
  };
  const meta = parse('meta.json');
  if (typeof meta?.kind !== 'string') throw new Error('meta.json: wanted an object with a kind');
  const stats: Json = meta.stats_and_tolerances ?? {};
  return {
    name: caseName(root, folder),
    folder,
    kind: meta.kind,
    meta,
    has: (file) => existsSync(join(folder, file)),
    path(file) {
      for (const f of files) if (f === file || f.startsWith(`${file}/`)) touched.add(f);
      return join(folder, file);
    },
    json(file) {
      touched.add(file);
      return parse(file);
    },
    tensors(file) {
      touched.add(file);
      const known = opened.get(file) ?? readTensors(join(folder, file), file);
      opened.set(file, known);
      return known.tensors;
    },
    files: () => files,
    tolerance(key) {
      tolerances.add(key);
      const tol = stats[key]?.tol;
      if (!tol) throw new Error(`meta.json: stats_and_tolerances has no tolerance for ${key}`);
      return tol;
    },
    hasTolerance: (key) => stats[key]?.tol !== undefined,
    untouched: () => [
      ...files.filter((f) => !touched.has(f) && isData(f)),
      ...[...opened.values()].flatMap((file) => file.untouched()),
      ...Object.keys(stats)
        .filter((key) => !tolerances.has(key))
        .map((key) => `meta.json: the tolerance of ${key}`),
    ],
  };
}

/** Files at and below `folder`, without those of the cases nested in it. */
function filesOf(root: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [relative(root, path).split(sep).join('/')];
    return existsSync(join(path, 'meta.json')) ? [] : filesOf(root, path);
  });
}

function readTensors(path: string, label: string) {
  const file = openSafetensors(path);
  const values = new Map<string, OracleTensor>();
  for (const [name, place] of file.tensors) values.set(name, { shape: place.shape, data: file.read(name) });
  file.close();
  const touched = new Set<string>();
  const tensors: OracleTensors = {
    names: () => [...values.keys()],
    has: (name) => values.has(name),
    get(name) {
      const tensor = values.get(name);
      if (!tensor) throw new Error(`${label}: no tensor ${name}`);
      touched.add(name);
      return tensor;
    },
  };
  const untouched = () =>
    [...values.keys()].filter((name) => !touched.has(name)).map((name) => `${label}: ${name}`);
  return { tensors, untouched };
}
