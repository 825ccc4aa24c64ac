/** Owns the large datasets on disk and in a catalog: what their rows are, and what must come of them. */
import { once } from 'node:events';
import { createWriteStream, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { BUCKET_BORDERS } from '../../../src/core/difficulty/score.ts';
import { type Catalog, ensureClasses, ensureDataset, openCatalog } from '../../../src/main/catalog/index.ts';
import type { CampaignContext } from '../frame/campaign.ts';

export interface ManifestPlan {
  rows: number;
  /** Rows that name an image which is there and was not named before. */
  images: number;
}

/**
 * Of every hundred rows: 1 names an image for the first time (hard links of a few hundred drawn scenes), 48 one that was named
 * before, 45 one that is not there, 6 cannot be used at all (no path, a path out of the folder, an unknown split).
 */
export async function writeManifest(
  ctx: CampaignContext,
  folder: string,
  form: 'csv' | 'jsonl',
  rows: number,
): Promise<ManifestPlan & { file: string }> {
  const drawn = await drawings(ctx, 40);
  const file = join(folder, `all.${form}`);
  mkdirSync(folder, { recursive: true });
  const out = createWriteStream(file);
  if (form === 'csv') out.write('path,label,split,caption\n');
  let images = 0;
  for (let i = 0; i < rows; i++) {
    const place = i % 100;
    let path = `photos/${String(images % 1000).padStart(3, '0')}/${images}.png`;
    let split = ['train', 'val', 'test'][i % 3];
    if (place < 1) {
      link(drawn[images % drawn.length], join(folder, path));
      images++;
    } else if (place < 49) path = `photos/${String((images - 1) % 1000).padStart(3, '0')}/${images - 1}.png`;
    else if (place < 94) path = `photos/gone/${i}.png`;
    else if (place < 96) path = '';
    else if (place < 98) path = `../outside/${i}.png`;
    else split = `part ${i}`;
    const label = `class ${String(i % 1000).padStart(3, '0')}`;
    const caption = `a "small" scene, number ${i}`;
    const line =
      form === 'csv'
        ? `${path},${label},${split},"${caption.replaceAll('"', '""')}"`
        : JSON.stringify({ path, label, split, caption });
    if (!out.write(`${line}\n`)) await once(out, 'drain');
    if (i % 1000 === 0) ctx.signal.throwIfAborted();
  }
  out.end();
  await finished(out);
  return { file, rows, images };
}

/** As folders, one for each class, with so many images each. */
export async function writeClassFolders(
  ctx: CampaignContext,
  folder: string,
  classes: number,
  perClass: number,
) {
  const drawn = await drawings(ctx, 100);
  for (let i = 0; i < classes * perClass; i++)
    link(drawn[i % drawn.length], join(folder, className(Math.floor(i / perClass)), `${i}.png`));
}

/** The same images by a manifest that brings a probability for two classes of each: for scores without a network. */
export async function writeClassManifest(folder: string, classes: number, perClass: number): Promise<string> {
  const file = join(folder, 'classes.jsonl');
  const out = createWriteStream(file);
  for (let i = 0; i < classes * perClass; i++) {
    const c = Math.floor(i / perClass);
    const sure = ((i * 37) % 100) / 100;
    const probabilities = { [className(c)]: sure, [className((c + 1) % classes)]: 1 - sure };
    const line = { path: `${className(c)}/${i}.png`, label: className(c), probabilities };
    if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  return file;
}

const className = (c: number) => `class ${String(c).padStart(4, '0')}`;

/** Files of drawn scenes, `perClass` of each of ten classes. */
async function drawings(ctx: CampaignContext, perClass: number): Promise<string[]> {
  const folder = await ctx.scenes(perClass, 32);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.png'))
    .sort()
    .map((name) => join(folder, name));
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // the manifest of the other form made it
    if (code !== 'ENOENT') throw error;
    mkdirSync(dirname(to), { recursive: true });
    linkSync(from, to);
  }
}

/** A catalog with so many images and classes, scored, as rows alone: no import of a million photos has to be awaited. */
export function fillCatalog(folder: string, images: number, classes: number): void {
  const catalog = openCatalog(folder);
  const datasetId = ensureDataset(catalog, 'large', '/photos', '/photos');
  ensureClasses(
    catalog,
    datasetId,
    Array.from({ length: classes }, (_, c) => className(c)),
  );
  catalog.write(() => fill(catalog, datasetId, images, classes));
  catalog.close();
}

function fill(catalog: Catalog, datasetId: number, images: number, classes: number): void {
  catalog.run(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
     INSERT INTO images (dataset_id, origin, path, hash, bytes, mtime_ms, width, height, format, class_id, import_label, split, created_at)
     SELECT ?, 'real', printf('class %04d/%d.jpg', i % ?, i), printf('%064x', i), 20000, 0, 640, 480, 'jpeg',
       (SELECT id FROM classes WHERE dataset_id = ? AND class_index = i % ?), printf('class %04d', i % ?),
       CASE i % 10 WHEN 0 THEN 'val' WHEN 1 THEN 'test' ELSE 'train' END, 0 FROM n`,
    images,
    datasetId,
    classes,
    datasetId,
    classes,
    classes,
  );
  const { id: scorerId } = catalog.run(
    `INSERT INTO scorers (dataset_id, name, method, model_id, model_name, model_hash, class_ids, params, created_at)
     SELECT ?, 'probe', 'out-of-fold', 'builtin:encoder', 'Built-in encoder', '', json_group_array(id), '{}', 0
     FROM (SELECT id FROM classes WHERE dataset_id = ? ORDER BY class_index)`,
    datasetId,
    datasetId,
  );
  catalog.run(
    `INSERT INTO scores (scorer_id, image_id, difficulty, entropy, margin, predicted_class_id)
     SELECT ?, id, (id * 7919 % 100000) / 100000.0, 0.5, 0.5, class_id FROM images WHERE dataset_id = ?`,
    scorerId,
    datasetId,
  );
  const hard = catalog.value<number>(
    'SELECT COUNT(*) FROM scores WHERE difficulty >= ?',
    BUCKET_BORDERS.hard,
  );
  if (!hard) throw new Error('scale: the filled catalog has no hard image');
}
