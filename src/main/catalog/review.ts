/** Owns what a person decides about images: class, tags, accept or reject. All of it goes through the edit log. */
import type { ReviewDecision } from '../../shared/domain/parts.ts';
import { applyEdit, type EditItem, imagesText } from './edits.ts';
import { type Catalog, notFound } from './open.ts';

const unique = (ids: readonly number[]): number[] => [...new Set(ids)];

/** Real images that a person excluded (rejected): nothing learns from them, and no export holds them. */
export function excludedImages(catalog: Catalog, datasetId: number): Set<number> {
  return new Set(
    catalog.column<number>(
      `SELECT r.image_id FROM reviews r JOIN images i ON i.id = r.image_id
       WHERE r.decision = 'reject' AND i.dataset_id = ? AND i.origin = 'real' AND i.present = 1`,
      datasetId,
    ),
  );
}

/** One value per id, from a query of `id` and `value` over `json_each(?)`; throws where an image is missing. */
function current(catalog: Catalog, ids: readonly number[], value: string): Map<number, string | null> {
  const rows = catalog.all<{ id: number; value: string | number | null }>(
    `SELECT i.id, ${value} AS value FROM images i WHERE i.id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids),
  );
  const found = new Map(rows.map((r) => [r.id, r.value === null ? null : String(r.value)]));
  for (const id of ids) if (!found.has(id)) throw notFound('image', id);
  return found;
}

function className(catalog: Catalog, classId: number): string {
  const name = catalog.value<string>('SELECT name FROM classes WHERE id = ?', classId);
  if (name === undefined) throw notFound('class', classId);
  return name;
}

function classItems(catalog: Catalog, ids: readonly number[], classId: number): EditItem[] {
  const before = current(catalog, ids, 'i.class_id');
  return ids.map((imageId) => ({
    imageId,
    field: 'class' as const,
    before: before.get(imageId)!,
    after: String(classId),
  }));
}

export function setClass(catalog: Catalog, ids: readonly number[], classId: number): void {
  catalog.write(() => {
    const items = classItems(catalog, unique(ids), classId);
    applyEdit(catalog, `class of ${imagesText(items.length)} to ${className(catalog, classId)}`, items);
  });
}

export function setTag(catalog: Catalog, ids: readonly number[], tag: string, on: boolean): void {
  catalog.write(() => {
    const each = unique(ids);
    current(catalog, each, 'NULL');
    const tagged = new Set(
      catalog.column<number>(
        'SELECT image_id FROM tags WHERE tag = ? AND image_id IN (SELECT value FROM json_each(?))',
        tag,
        JSON.stringify(each),
      ),
    );
    const items = each.map(
      (imageId): EditItem => ({
        imageId,
        field: `tag:${tag}`,
        before: tagged.has(imageId) ? '1' : null,
        after: on ? '1' : null,
      }),
    );
    applyEdit(catalog, `tag "${tag}" ${on ? 'on' : 'off'} ${imagesText(each.length)}`, items);
  });
}

/** Accepts, rejects or undecides (null) images and, where `classId` is given, relabels them: one edit. */
export function decide(
  catalog: Catalog,
  ids: readonly number[],
  decision: ReviewDecision | null,
  classId?: number,
): void {
  catalog.write(() => {
    const each = unique(ids);
    const before = current(catalog, each, '(SELECT r.decision FROM reviews r WHERE r.image_id = i.id)');
    const items: EditItem[] = each.map((imageId) => ({
      imageId,
      field: 'decision' as const,
      before: before.get(imageId)!,
      after: decision,
    }));
    if (classId !== undefined) items.push(...classItems(catalog, each, classId));
    const verb = decision === null ? 'no decision on' : `${decision} of`;
    const relabel = classId === undefined ? '' : `, class ${className(catalog, classId)}`;
    applyEdit(catalog, `${verb} ${imagesText(each.length)}${relabel}`, items);
  });
}

export const imagesWithTag = (catalog: Catalog, tag: string): Set<number> =>
  new Set(catalog.column<number>('SELECT image_id FROM tags WHERE tag = ?', tag));
