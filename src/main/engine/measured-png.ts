/** Owns what a generated PNG says about its measurement: difficulty and predicted class, beside its provenance. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Catalog, StoredScorer } from '../catalog/index.ts';
import { readPngText, withPngText } from './images/png.ts';
import { writeWhole } from './write-whole.ts';

/** The PNG text that holds it, as JSON; provenance itself is under `crux`. */
export const measuredKeyword = 'crux-measured';

/** How often the event loop is let through. */
const BATCH = 50;

interface Marking {
  catalog: Catalog;
  params: { datasetId: number };
  signal: AbortSignal;
  progress(change: { stage?: string; done?: number; total?: number | null }): void;
}

/**
 * Writes this scorer's verdict into every generated image that has one. A file that says so already is left alone,
 * and a catalog row that does not know its file's hash (a kill between the two) is put right.
 */
export async function markMeasured(
  { catalog, params, signal, progress }: Marking,
  scorer: StoredScorer,
): Promise<void> {
  const rows = catalog.all<{ id: number; path: string; hash: string; difficulty: number; predicted: string }>(
    `SELECT i.id, i.path, i.hash, s.difficulty, k.name AS predicted FROM images i
     JOIN scores s ON s.image_id = i.id AND s.scorer_id = ? JOIN classes k ON k.id = s.predicted_class_id
     WHERE i.dataset_id = ? AND i.origin = 'synthetic' AND i.present = 1 AND s.difficulty IS NOT NULL ORDER BY i.id`,
    scorer.id,
    params.datasetId,
  );
  if (rows.length === 0) return;
  progress({ stage: 'writing measurements', done: 0, total: rows.length });
  for (const [i, row] of rows.entries()) {
    signal.throwIfAborted();
    const file = catalog.file(row.path);
    const verdict = JSON.stringify({
      scorer: scorer.name,
      modelHash: scorer.modelHash,
      difficulty: row.difficulty,
      predictedClass: row.predicted,
    });
    let bytes: Uint8Array = readFileSync(file);
    if (readPngText(bytes)[measuredKeyword] !== verdict) {
      bytes = withPngText(bytes, { [measuredKeyword]: verdict });
      writeWhole(file, bytes);
    }
    const hash = createHash('sha256').update(bytes).digest('hex');
    if (hash !== row.hash) {
      catalog.run('UPDATE images SET hash = ?, bytes = ? WHERE id = ?', hash, bytes.length, row.id);
    }
    progress({ done: i + 1 });
    if (i % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
