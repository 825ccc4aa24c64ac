/**
 * Owns the edit log: every change by a person is one edit with one item per image and field, and can be undone
 * and redone in order. A new edit drops what was undone before it.
 */
import { setLabel } from './labels.ts';
import type { Catalog } from './open.ts';

/** What an edit can change. Values are text: ids in decimal, '1' for a tag that is set, null for nothing. */
export type EditField = 'class' | 'caption' | 'decision' | `tag:${string}`;

export interface EditItem {
  imageId: number;
  field: EditField;
  before: string | null;
  after: string | null;
}

/** Applies the changes and logs them as one edit. Items that change nothing are dropped; returns how many did. */
export function applyEdit(catalog: Catalog, label: string, items: readonly EditItem[]): number {
  return catalog.write(() => {
    const changed = items.filter((item) => item.before !== item.after);
    if (changed.length === 0) return 0;
    catalog.run('DELETE FROM edits WHERE undone = 1');
    const { id } = catalog.run('INSERT INTO edits (at, label) VALUES (?, ?)', Date.now(), label);
    for (const item of changed) {
      catalog.run(
        'INSERT INTO edit_items (edit_id, image_id, field, before, after) VALUES (?, ?, ?, ?, ?)',
        id,
        item.imageId,
        item.field,
        item.before,
        item.after,
      );
      put(catalog, item.imageId, item.field, item.after, 'person');
    }
    return changed.length;
  });
}

/** The label of what was undone and the datasets it touched; null when there is nothing to undo. */
export const undoEdit = (catalog: Catalog) => step(catalog, 'undo');
export const redoEdit = (catalog: Catalog) => step(catalog, 'redo');

function step(catalog: Catalog, direction: 'undo' | 'redo'): { label: string; datasetIds: number[] } | null {
  return catalog.write(() => {
    const edit = catalog.get<{ id: number; label: string }>(
      direction === 'undo'
        ? 'SELECT id, label FROM edits WHERE undone = 0 ORDER BY id DESC LIMIT 1'
        : 'SELECT id, label FROM edits WHERE undone = 1 ORDER BY id LIMIT 1',
    );
    if (!edit) return null;
    const items = catalog.all<{
      image_id: number;
      field: EditField;
      before: string | null;
      after: string | null;
    }>(
      `SELECT image_id, field, before, after FROM edit_items WHERE edit_id = ? ORDER BY id ${direction === 'undo' ? 'DESC' : 'ASC'}`,
      edit.id,
    );
    for (const item of items) {
      put(catalog, item.image_id, item.field, direction === 'undo' ? item.before : item.after, direction);
    }
    catalog.run('UPDATE edits SET undone = ? WHERE id = ?', direction === 'undo' ? 1 : 0, edit.id);
    const datasetIds = catalog.column<number>(
      'SELECT DISTINCT i.dataset_id FROM edit_items e JOIN images i ON i.id = e.image_id WHERE e.edit_id = ?',
      edit.id,
    );
    return { label: edit.label, datasetIds };
  });
}

function put(
  catalog: Catalog,
  imageId: number,
  field: EditField,
  value: string | null,
  source: 'person' | 'undo' | 'redo',
): void {
  if (field === 'class') {
    setLabel(catalog, imageId, value === null ? null : Number(value), source);
  } else if (field === 'caption') {
    catalog.run(
      'UPDATE images SET caption_id = ? WHERE id = ?',
      value === null ? null : Number(value),
      imageId,
    );
  } else if (field === 'decision') {
    if (value === null) catalog.run('DELETE FROM reviews WHERE image_id = ?', imageId);
    else
      catalog.run(
        'INSERT INTO reviews (image_id, decision, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET decision = excluded.decision, at = excluded.at',
        imageId,
        value,
        Date.now(),
      );
  } else {
    const tag = field.slice('tag:'.length);
    if (value === null) catalog.run('DELETE FROM tags WHERE image_id = ? AND tag = ?', imageId, tag);
    else catalog.run('INSERT OR IGNORE INTO tags (image_id, tag) VALUES (?, ?)', imageId, tag);
  }
}

/** "3 images", "1 image". */
export const imagesText = (n: number): string => (n === 1 ? '1 image' : `${n} images`);
