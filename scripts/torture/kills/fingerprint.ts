/** Owns what two catalogs must have in common when one job was disturbed and the other was not: all but moments. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalog } from '../../../src/main/catalog/index.ts';

/** Name of a table or a file -> hash of what it holds. */
export type Fingerprint = Map<string, string>;

/** What tells when and by whom, not what: a copied file has a new time, which the next job to look at it stores. */
const volatile =
  /^(at|.*_at|mtime_ms|engine|engine_pid|owner|stage|done|total|seconds_left|crashes|crash_done|params)$/;
/** The log tells of the disturbance. */
const skipped = new Set(['job_logs', 'migrations', 'sqlite_sequence']);

/** Of every table and every file of the catalog's folder. `place`: a path in which the two may differ. */
export function fingerprint(catalog: Catalog, place: string): Fingerprint {
  const marks: Fingerprint = new Map();
  const tables = catalog.column<string>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  for (const table of tables) {
    if (skipped.has(table)) continue;
    const columns = catalog
      .column<string>('SELECT name FROM pragma_table_info(?)', table)
      .filter((column) => !volatile.test(column) || (table === 'settings' && column === 'value'));
    const rows = catalog.all<Record<string, unknown>>(
      `SELECT ${columns.map((column) => `"${column}"`).join()} FROM "${table}" ORDER BY ${columns.map((_, i) => i + 1).join()}`,
    );
    for (const column of columns) {
      const hash = createHash('sha256');
      for (const { [column]: value } of rows)
        hash.update(value instanceof Uint8Array ? value : `${value}\0`.replaceAll(place, ''));
      marks.set(`${column} of table ${table} (${rows.length} rows)`, hash.digest('hex'));
    }
  }
  // The database is compared by its rows; the reserve holds no bytes that mean anything.
  for (const [name, hash] of Object.entries(filesOf(catalog.dir)))
    if (!name.startsWith('/catalog.sqlite') && name !== '/.reserve') marks.set(`file ${name}`, hash);
  return marks;
}

/** Path below the folder -> sha256 of every file. */
export function filesOf(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [
        file.slice(root.length),
        createHash('sha256').update(readFileSync(file)).digest('hex'),
      ]),
  );
}

/** What differs, by name; at most a few. */
export function differences(calm: Fingerprint, disturbed: Fingerprint): string[] {
  const names = [...new Set([...calm.keys(), ...disturbed.keys()])].sort();
  const different = names.filter((name) => calm.get(name) !== disturbed.get(name));
  const shown = different.slice(0, 4).map((name) => {
    if (!disturbed.has(name)) return `${name} is missing`;
    return calm.has(name) ? `${name} differs` : `${name} is there and must not be`;
  });
  return different.length > shown.length ? [...shown, `${different.length - shown.length} more`] : shown;
}
