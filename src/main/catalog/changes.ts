/** Owns cheap marks that show changes by other programs: a mark differs once there is something new. */
import type { Catalog } from './open.ts';

/** Of any commit of another connection. */
export const dataVersion = (catalog: Catalog): number => catalog.value<number>('PRAGMA data_version') ?? 0;

/** Grows with every edit, undo and redo. */
export const newestEdit = (catalog: Catalog): number =>
  catalog.value<number>(
    'SELECT COALESCE((SELECT MAX(id) FROM edits), 0) * 1000003 + (SELECT COUNT(*) FROM edits WHERE undone = 1)',
  ) ?? 0;

/** Of the lists of datasets and models. */
export const listMark = (catalog: Catalog): string =>
  catalog.value<string>(
    "SELECT (SELECT COALESCE(MAX(id), 0) || '/' || COUNT(*) FROM datasets) || ' ' || (SELECT COALESCE(MAX(id), 0) || '/' || COUNT(*) FROM models)",
  ) ?? '';
