/**
 * Owns the look at a whole catalog: SQLite's own checks, and whether what the rows name is there. It writes nothing, and
 * other programs may have the catalog open meanwhile.
 */
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import Database from 'better-sqlite3';
import { filesBelow } from '../files/files-below.ts';
import { resolveInRoot } from '../files/fs-names.ts';
import { migrations } from './migrations/index.ts';
import { databaseName, inWords, newerVersion, requireCatalog } from './trouble.ts';

export interface Finding {
  what: string;
  count: number;
  /** A few of them. */
  examples: string[];
  remedy: string;
}

export interface CatalogCheck {
  /** Rows by table; of a damaged table what could be counted. */
  rows: { table: string; rows: number | null }[];
  /** What SQLite or a row contradicts: something is lost or wrong. */
  problems: Finding[];
  /** What mends itself or does no harm. */
  notes: Finding[];
}

/** So many examples of a finding are kept. */
const shown = 5;
/** SQLite stops to list what is wrong after so many lines. */
const listed = 100;

/** Looks at the catalog in `folder`. @throws CatalogError where there is none, or it cannot be opened at all. */
export function checkCatalog(folder: string): CatalogCheck {
  const db = openToRead(folder);
  try {
    const rows = countRows(db);
    const damage = integrity(db);
    if (damage !== null) return { rows, problems: [damage], notes: [] };
    const { problems, notes } = findings(db, folder);
    return { rows, problems, notes };
  } catch (error) {
    throw inWords(error, folder, true);
  } finally {
    db.close();
  }
}

/** @throws CatalogError */
export function openToRead(folder: string, name = databaseName): Database.Database {
  const file = join(folder, name);
  if (name === databaseName) requireCatalog(folder);
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 15_000 });
    const newest = Math.max(0, ...tryColumn<number>(db, 'SELECT number FROM migrations'));
    if (newest > migrations.length) {
      db.close();
      throw newerVersion(file, newest, migrations.length);
    }
    return db;
  } catch (error) {
    throw inWords(error, folder, false);
  }
}

/** Empty where the table is damaged or missing: the integrity check says so. */
function tryColumn<T>(db: Database.Database, sql: string): T[] {
  try {
    return db.prepare(sql).pluck().all() as T[];
  } catch {
    return [];
  }
}

const tablesOf = (db: Database.Database): string[] =>
  tryColumn<string>(
    db,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid",
  );

const countRows = (db: Database.Database): CatalogCheck['rows'] =>
  tablesOf(db).map((table) => ({
    table,
    rows: tryColumn<number>(db, `SELECT COUNT(*) FROM "${table}" NOT INDEXED`)[0] ?? null,
  }));

/** null: the database is sound. */
export function integrity(db: Database.Database): Finding | null {
  let lines: string[];
  try {
    lines = (db.pragma(`integrity_check(${listed})`) as { integrity_check: string }[])
      .flatMap(({ integrity_check }) => integrity_check.split('\n'))
      .filter((line) => line !== 'ok' && line.trim() !== '');
    const missing = migrations.length > 0 && !tablesOf(db).includes('migrations');
    if (lines.length === 0 && missing) lines = ['the tables of a catalog are not there'];
  } catch (error) {
    if (!/^SQLITE_(CORRUPT|NOTADB|IOERR)/.test((error as { code?: string }).code ?? '')) throw error;
    lines = [(error as Error).message];
  }
  return lines.length === 0
    ? null
    : {
        what: 'places where the database is damaged',
        count: lines.length,
        examples: lines.slice(0, shown),
        remedy: 'close Crux and run: crux catalog repair; or put a backup in its place',
      };
}

function findings(db: Database.Database, folder: string): { problems: Finding[]; notes: Finding[] } {
  const problems: Finding[] = [];
  const notes: Finding[] = [];
  const add = (list: Finding[], what: string, found: readonly string[], remedy: string) => {
    if (found.length > 0) list.push({ what, count: found.length, examples: found.slice(0, shown), remedy });
  };
  const column = <T>(sql: string): T[] => db.prepare(sql).pluck().all() as T[];
  const isMissing = (path: string) => !existsSync(isAbsolute(path) ? path : resolveInRoot(folder, path));

  const strays = db.pragma('foreign_key_check') as { table: string; rowid: number | null; parent: string }[];
  add(
    problems,
    'rows whose parent row is missing',
    strays.map(
      ({ table, rowid, parent }) => `${table}${rowid === null ? '' : ` ${rowid}`}: no row in ${parent}`,
    ),
    'close Crux and run: crux catalog repair',
  );
  add(
    problems,
    'generated images whose file is missing',
    column<string>("SELECT path FROM images WHERE origin = 'synthetic' AND present = 1 ORDER BY id").filter(
      isMissing,
    ),
    'copy the files back from a backup, or generate again with the same seed',
  );
  const models = db.prepare('SELECT name, path FROM models ORDER BY id').all() as {
    name: string;
    path: string;
  }[];
  add(
    problems,
    'models whose file or folder is missing',
    models.filter(({ path }) => isMissing(path)).map(({ name, path }) => `${name} (${path})`),
    'put it back where it was, or remove it with crux models remove and add it again',
  );
  add(
    problems,
    'reports whose file is missing',
    column<string>(
      "SELECT result ->> '$.file' FROM jobs WHERE state = 'done' AND kind IN ('control', 'hard-factors', 'issues') AND result ->> '$.file' IS NOT NULL",
    ).filter(isMissing),
    'run the check again',
  );
  add(
    problems,
    'malformed values',
    malformed.flatMap(([what, sql]) => column<string>(sql).map((row) => `${what} of ${row}`)),
    'run the job that made them again, or put a backup in place',
  );

  const hashes = column<string>('SELECT DISTINCT hash FROM images WHERE present = 1');
  const thumbs = namesBelow(join(folder, 'thumbs'));
  add(
    notes,
    'thumbnails that are missing',
    hashes.filter((hash) => !thumbs.has(`${hash}.webp`)),
    'import the dataset again: they are rebuilt',
  );
  add(
    notes,
    'datasets whose folder is not there now',
    column<string>('SELECT root FROM datasets').filter((root) => !existsSync(root)),
    'attach the disk, or move the folder back',
  );
  const known = new Set(
    column<string>("SELECT path FROM images WHERE origin = 'synthetic'").map(
      (path) => path.split('/').at(-1) ?? '',
    ),
  );
  add(
    notes,
    'files in synthetic/ that no image names',
    [...namesBelow(join(folder, 'synthetic'))].filter((name) => !known.has(name)),
    'left by a removed dataset or an unfinished job; they may be deleted while nothing runs',
  );
  add(
    notes,
    'jobs that were running when their program ended, or run now',
    column<string>("SELECT title FROM jobs WHERE state = 'running'"),
    'one whose program ended resumes at the next start',
  );
  return { problems, notes };
}

/** What is wrong -> the rows for which it is. Vectors are stored as packed numbers, everything else as JSON. */
const malformed: readonly (readonly [what: string, sql: string])[] = [
  [
    'features',
    `SELECT 'image ' || image_id FROM embeddings e JOIN embedding_sets s ON s.id = e.set_id
     WHERE length(e.vector) <> 4 * s.dim LIMIT 100`,
  ],
  ['scorer', "SELECT 'scorer ' || id FROM scorers WHERE NOT json_valid(class_ids) OR NOT json_valid(params)"],
  [
    'probabilities',
    `SELECT 'image ' || p.image_id FROM score_probabilities p JOIN scorers s ON s.id = p.scorer_id
     WHERE json_valid(s.class_ids) AND length(p.probabilities) <> 4 * json_array_length(s.class_ids) LIMIT 100`,
  ],
  [
    'job',
    "SELECT 'job ' || id FROM jobs WHERE NOT json_valid(params) OR (result IS NOT NULL AND NOT json_valid(result))",
  ],
  [
    'provenance',
    "SELECT 'image ' || image_id FROM synthetic_samples WHERE NOT json_valid(provenance) LIMIT 100",
  ],
  ['setting', 'SELECT key FROM settings WHERE NOT json_valid(value)'],
];

/** Names of all files below a folder; none where it is not there. */
const namesBelow = (folder: string): Set<string> =>
  new Set(existsSync(folder) ? filesBelow(folder).map((file) => basename(file)) : []);
