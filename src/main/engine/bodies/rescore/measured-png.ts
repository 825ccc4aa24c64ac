/** Owns what a generated PNG says about its measurement: difficulty and predicted class, beside its provenance. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { setImmediate as giveWay } from 'node:timers/promises';
import {
  type MeasuredSynthetic,
  measuredSynthetic,
  onlyOurs,
  type StoredScorer,
  setMarked,
} from '../../../catalog/index.ts';
import { firstFew } from '../../../files/first-few.ts';
import { readUserFile } from '../../../files/user-file.ts';
import { replaceFile, syncFolder } from '../../../files/write-whole.ts';
import { readPngText, withPngText } from '../../../images/png.ts';
import type { JobContext } from '../../../jobs/job-context.ts';

/** The PNG text that holds it, as JSON; provenance itself is under `crux`. */
export const measuredKeyword = 'crux-measured';

/** Files that are written between two looks at the world. */
const BATCH = 50;

type Marking = Pick<JobContext, 'catalog' | 'signal' | 'progress' | 'log'> & {
  params: { datasetId: number };
};

/**
 * Writes this scorer's verdict into every generated image that has one. A file that says so already is left alone. A
 * batch's rows know the new hashes before its files have them, so that a file that was stopped between the two is told
 * from one that somebody else has changed: what is to be written into it makes it the file of its row.
 */
export const markMeasured = (ctx: Marking, scorer: StoredScorer): Promise<void> => mark(ctx, scorer, false);

/**
 * Finishes what a run that was killed in the middle of a batch left, whose rows would otherwise tell that their files had
 * changed. A row that is being marked knows no time of its file.
 */
export const finishMarking = (ctx: Marking, scorer: StoredScorer): Promise<void> => mark(ctx, scorer, true);

async function mark(
  { catalog, params, signal, progress, log }: Marking,
  scorer: StoredScorer,
  unfinished: boolean,
): Promise<void> {
  const rows = measuredSynthetic(catalog, params.datasetId, scorer.id, unfinished);
  if (rows.length === 0) return;
  progress({ stage: 'writing measurements', done: 0, total: rows.length });
  const strange: string[] = [];
  for (let at = 0; at < rows.length; at += BATCH) {
    signal.throwIfAborted();
    const files: { row: MeasuredSynthetic; bytes: Uint8Array }[] = [];
    for (const row of rows.slice(at, at + BATCH)) {
      const marked = markedFile(catalog.file(row.path), row, verdictOf(scorer, row));
      if (marked === null) strange.push(row.path);
      else if (marked !== 'marked') files.push({ row, bytes: marked });
    }
    catalog.write(() => {
      for (const { row, bytes } of files) setMarked(catalog, row.id, hashOf(bytes), bytes.length);
    });
    if (files.length > 0) catalog.flush();
    const folders = new Set<string>();
    for (const { row, bytes } of files) {
      const file = catalog.file(row.path);
      replaceFile(file, bytes);
      folders.add(dirname(file));
      await giveWay();
    }
    for (const folder of folders) syncFolder(folder);
    progress({ done: Math.min(rows.length, at + BATCH) });
    await giveWay();
  }
  if (strange.length > 0 && !unfinished)
    // what is to be finished is looked at again at the end
    log(
      'warn',
      `the measurement is not written into ${strange.length} generated ${strange.length === 1 ? 'image, which' : 'images, which'} changed on the disk or cannot be read: ${firstFew(strange)}`,
    );
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const verdictOf = (scorer: StoredScorer, { difficulty, predicted }: MeasuredSynthetic): string =>
  JSON.stringify({
    scorer: scorer.name,
    modelHash: scorer.modelHash,
    difficulty,
    predictedClass: predicted,
  });

/** The file as it is to be; 'marked': it is; null: it is not the row's file. */
function markedFile(file: string, row: MeasuredSynthetic, verdict: string): Uint8Array | 'marked' | null {
  try {
    const bytes = readUserFile(file);
    const own = hashOf(bytes) === row.hash;
    if (own && readPngText(bytes)[measuredKeyword] === verdict) return 'marked';
    const marked = withPngText(bytes, { [measuredKeyword]: verdict });
    return own || hashOf(marked) === row.hash ? marked : null;
  } catch (error) {
    if (onlyOurs(error)) throw error;
    return null; // gone, not to be read, or no PNG any more
  }
}
