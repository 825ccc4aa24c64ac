/** Owns captions: each is a row that names its source; an image points to its active one. */
import { applyEdit, type EditItem, imagesText } from './edits.ts';
import { type Catalog, notFound } from './open.ts';

/** Adds a caption and makes it the active one; for imports and jobs (a person's edits are logged: see below). */
export function addCaption(catalog: Catalog, imageId: number, text: string, source: string): void {
  const id = insert(catalog, imageId, text, source);
  catalog.run('UPDATE images SET caption_id = ? WHERE id = ?', id, imageId);
}

const insert = (catalog: Catalog, imageId: number, text: string, source: string): number =>
  catalog.run(
    'INSERT INTO captions (image_id, text, source, at) VALUES (?, ?, ?, ?)',
    imageId,
    text,
    source,
    Date.now(),
  ).id;

interface Active {
  id: number;
  caption_id: number | null;
  text: string | null;
}

function active(catalog: Catalog, ids: readonly number[]): Active[] {
  const each = [...new Set(ids)];
  const rows = catalog.all<Active>(
    `SELECT i.id, i.caption_id, c.text FROM images i LEFT JOIN captions c ON c.id = i.caption_id
     WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id`,
    JSON.stringify(each),
  );
  if (rows.length !== each.length) {
    const found = new Set(rows.map((r) => r.id));
    throw notFound('image', each.find((id) => !found.has(id))!);
  }
  return rows;
}

/** An empty text takes the caption away. */
function rewrite(catalog: Catalog, row: Active, text: string): EditItem {
  return {
    imageId: row.id,
    field: 'caption',
    before: row.caption_id === null ? null : String(row.caption_id),
    after: text === '' ? null : String(insert(catalog, row.id, text, 'person')),
  };
}

export function setCaption(catalog: Catalog, ids: readonly number[], text: string): void {
  catalog.write(() => {
    const rows = active(catalog, ids).filter((row) => (row.text ?? '') !== text);
    applyEdit(
      catalog,
      `caption of ${imagesText(rows.length)}`,
      rows.map((row) => rewrite(catalog, row, text)),
    );
  });
}

/** Literal find and replace; returns how many captions changed. */
export function replaceInCaptions(
  catalog: Catalog,
  ids: readonly number[],
  find: string,
  replace: string,
): number {
  return catalog.write(() => {
    const items = active(catalog, ids).flatMap((row) => {
      const text = row.text?.replaceAll(find, () => replace);
      return text === undefined || text === row.text ? [] : [rewrite(catalog, row, text)];
    });
    return applyEdit(catalog, `"${find}" to "${replace}" in captions of ${imagesText(items.length)}`, items);
  });
}

/** Of a dataset's present images. */
export const activeCaptions = (catalog: Catalog, datasetId: number) =>
  catalog.all<{ id: number; captionId: number; text: string; source: string }>(
    `SELECT i.id, c.id AS captionId, c.text, c.source FROM images i JOIN captions c ON c.id = i.caption_id
     WHERE i.dataset_id = ? AND i.present = 1`,
    datasetId,
  );

/** The id of the caption that was added last; 0: there is none. */
export const newestCaption = (catalog: Catalog): number =>
  catalog.value<number>('SELECT COALESCE(MAX(id), 0) FROM captions')!;
