/** Owns what jobs that look for an image's file ask of its row and write there: import, relink, and the check of files. */
import type { Catalog } from './open.ts';

export interface KnownImage {
  id: number;
  path: string;
  hash: string;
  bytes: number;
  mtime_ms: number | null;
  present: number;
  import_label: string | null;
  split: string | null;
}

const KNOWN = `SELECT id, path, hash, bytes, mtime_ms, present, import_label, split FROM images
  WHERE dataset_id = ? AND origin = 'real'`;

/** The real images of a dataset, by path. */
export const knownImages = (catalog: Catalog, datasetId: number): Map<string, KnownImage> =>
  new Map(catalog.all<KnownImage>(KNOWN, datasetId).map((row) => [row.path, row]));

export const knownImage = (catalog: Catalog, datasetId: number, path: string): KnownImage | undefined =>
  catalog.get<KnownImage>(`${KNOWN} AND path = ?`, datasetId, path);

export interface ImageFacts {
  sha256: string;
  fileBytes: number;
  width: number;
  height: number;
  format: string;
}

export interface ImportedImage {
  datasetId: number;
  path: string;
  mtimeMs: number;
  classId: number | null;
  label: string | null;
  split: string | null;
}

/** @returns its id. */
export const addImported = (catalog: Catalog, image: ImportedImage, facts: ImageFacts): number =>
  catalog.run(
    `INSERT INTO images (dataset_id, origin, path, hash, bytes, mtime_ms, width, height, format, class_id, import_label, split, created_at)
     VALUES (?, 'real', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    image.datasetId,
    image.path,
    facts.sha256,
    facts.fileBytes,
    image.mtimeMs,
    facts.width,
    facts.height,
    facts.format,
    image.classId,
    image.label,
    image.split,
    Date.now(),
  ).id;

/** Its file was found by an import. */
export const setFound = (catalog: Catalog, imageId: number, mtimeMs: number, split: string | null): void =>
  void catalog.run(
    'UPDATE images SET mtime_ms = ?, present = 1, split = ? WHERE id = ?',
    mtimeMs,
    split,
    imageId,
  );

export const setAbsent = (catalog: Catalog, imageId: number): void =>
  void catalog.run('UPDATE images SET present = 0 WHERE id = ?', imageId);

/** What its source says of its class. */
export const setImportLabel = (catalog: Catalog, imageId: number, label: string | null): void =>
  void catalog.run('UPDATE images SET import_label = ? WHERE id = ?', label, imageId);

/** Its file holds another image now. */
export const setFacts = (catalog: Catalog, imageId: number, facts: ImageFacts): void =>
  void catalog.run(
    'UPDATE images SET hash = ?, bytes = ?, width = ?, height = ?, format = ? WHERE id = ?',
    facts.sha256,
    facts.fileBytes,
    facts.width,
    facts.height,
    facts.format,
    imageId,
  );

/** The same bytes have a new time; nothing where the row has others by now. */
export const setTime = (catalog: Catalog, image: { id: number; hash: string }, mtimeMs: number): void =>
  void catalog.run('UPDATE images SET mtime_ms = ? WHERE id = ? AND hash = ?', mtimeMs, image.id, image.hash);

export const clearSkipped = (catalog: Catalog, datasetId: number): void =>
  void catalog.run('DELETE FROM skipped_files WHERE dataset_id = ?', datasetId);

export const addSkipped = (catalog: Catalog, datasetId: number, path: string, reason: string): void =>
  void catalog.run(
    'INSERT INTO skipped_files (dataset_id, path, reason) VALUES (?, ?, ?)',
    datasetId,
    path,
    reason,
  );

/** The newest caption that an import brought. */
export const importedCaption = (catalog: Catalog, imageId: number): string | undefined =>
  catalog.value<string>(
    "SELECT text FROM captions WHERE image_id = ? AND source = 'import' ORDER BY id DESC LIMIT 1",
    imageId,
  );

/** By class name or in class order; undefined: the source has none. */
export function setGivenProbabilities(
  catalog: Catalog,
  imageId: number,
  probabilities: Record<string, number> | number[] | undefined,
): void {
  if (probabilities)
    catalog.run(
      'INSERT OR REPLACE INTO given_probabilities (image_id, probabilities) VALUES (?, ?)',
      imageId,
      JSON.stringify(probabilities),
    );
  else catalog.run('DELETE FROM given_probabilities WHERE image_id = ?', imageId);
}

/** Of present images, in the order of their ids; the probabilities as JSON. */
export const givenProbabilities = (catalog: Catalog, datasetId: number) =>
  catalog.all<{ id: number; path: string; probabilities: string }>(
    `SELECT i.id, i.path, p.probabilities FROM given_probabilities p JOIN images i ON i.id = p.image_id
     WHERE i.dataset_id = ? AND i.present = 1 ORDER BY i.id`,
    datasetId,
  );

export interface ImageFile {
  id: number;
  path: string;
  hash: string;
  bytes: number;
  mtimeMs: number | null;
}

/** The files of a dataset's real images as they were seen last, in the order of their ids. */
export const imageFiles = (catalog: Catalog, datasetId: number): ImageFile[] =>
  catalog.all<ImageFile>(
    "SELECT id, path, hash, bytes, mtime_ms AS mtimeMs FROM images WHERE dataset_id = ? AND origin = 'real' ORDER BY id",
    datasetId,
  );
