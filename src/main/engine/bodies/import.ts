/**
 * Owns the import of an image folder or a manifest. Each image is committed by itself and in the order of the
 * search, so that a killed import loses at most the images in flight and ends, resumed, with the same rows.
 * Resuming is what a re-import is anyway: files whose size and time are as stored are not read again.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { classNamesIn, inClassOrder } from '../../../shared/class-order.ts';
import { type ImportSummary, noteText } from '../../../shared/import-summary.ts';
import { manifestEndings } from '../../../shared/paths.ts';
import {
  addCaption,
  addImported,
  addSkipped,
  type Catalog,
  clearSkipped,
  dropEmptyDataset,
  ensureClasses,
  ensureDataset,
  findDataset,
  forgetDerived,
  importedCaption,
  isAlive,
  type KnownImage,
  knownDataset,
  knownImage,
  knownImages,
  recordLabel,
  setAbsent,
  setFacts,
  setFound,
  setGivenProbabilities,
  setImportLabel,
  setJobDataset,
  setLabel,
} from '../../catalog/index.ts';
import type { FindOptions, FoundImage, SkippedFile, UnusableField } from '../../datasets/found.ts';
import { readManifest } from '../../datasets/manifest.ts';
import { classOrderFile, hasLists, settleProbabilities } from '../../datasets/probabilities.ts';
import { scanImageFolder } from '../../datasets/scan.ts';
import { Tally } from '../../datasets/tally.ts';
import { firstFew } from '../../files/first-few.ts';
import { displayName, fsPath } from '../../files/fs-names.ts';
import { hashFile } from '../../files/hash.ts';
import { mapOrdered } from '../../files/ordered.ts';
import { openUserFile, readUserText, UnfitFile } from '../../files/user-file.ts';
import {
  DEFAULT_LIMITS,
  type ExaminedImage,
  examineImage,
  readingFile,
  reasonOf,
  UnreadableImage,
} from '../../images/decode.ts';
import { atFirst } from '../../jobs/at-first.ts';
import type { JobBody, JobContext } from '../../jobs/job-context.ts';
import { imported, tellSpace } from '../space-needed.ts';

const CONCURRENCY = 3;
/** Rows of one transaction. */
const BATCH = 2000;
const THUMBNAIL_SIDE = 256;
/** Of the file that states the order of classes. */
const CLASS_ORDER_BYTES = 16 * 1024 * 1024;

type Outcome =
  | { kind: 'same'; found: FoundImage; known: KnownImage; mtimeMs: number }
  | { kind: 'read'; found: FoundImage; known: KnownImage | undefined; mtimeMs: number; facts: ExaminedImage }
  | { kind: 'skipped'; found: FoundImage; reason: string };

export const importBody: JobBody<'import'> = async (ctx) => {
  const { catalog, params, signal } = ctx;
  const source = resolve(params.source);
  const isManifest = await looksLikeManifest(source);
  if (params.root !== null && !isManifest)
    throw new Error(`import: ${source} is a folder, which is its own root; a root is for a manifest`);
  const root = isManifest ? resolve(params.root ?? dirname(source)) : source;
  knownDataset(catalog, params.name, root, source); // a conflict is told before the search

  const { found, skipped, classes, summary } = await search(ctx, source, root, isManifest);
  signal.throwIfAborted();
  if (found.length === 0) throw nothingUsable(catalog, params.name, source, skipped, summary);
  tellSmallClasses(ctx, found);
  const datasetId = ensureDataset(catalog, params.name, root, source);
  setJobDataset(catalog, ctx.job.id, datasetId);
  ctx.emit('catalog.changed', { datasetId: null });
  const classIds = ensureClasses(catalog, datasetId, classes);
  const known = knownImages(catalog, datasetId);
  // A resumed import counts what it stored before it was stopped as its own.
  const newestAtFirst = atFirst(ctx, () => newestId(known));
  const figures = { imported: 0, unchanged: 0, changed: 0, removed: 0, skipped: 0, classes: classes.length };
  const keep = new Set<string>();
  const earlierLabels = new Tally();

  await removeLeftovers(join(catalog.dir, 'thumbs'));
  tellSpace(ctx, found.filter(({ relativePath }) => !known.has(relativePath)).length * imported);
  ctx.progress({ stage: 'reading images', done: 0, total: found.length });
  const outcomes = mapOrdered(found, CONCURRENCY, (image) => {
    signal.throwIfAborted();
    return read(catalog, image, known.get(image.relativePath));
  });
  let done = 0;
  let lastChange = performance.now();
  for await (const outcome of outcomes) {
    signal.throwIfAborted();
    if (outcome.kind === 'skipped') {
      skipped.push({ relativePath: outcome.found.relativePath, reason: outcome.reason });
    } else {
      keep.add(outcome.found.relativePath);
      const what = store(catalog, datasetId, outcome, classIds, earlierLabels);
      figures[what === 'unchanged' && outcome.known!.id > newestAtFirst ? 'imported' : what]++;
    }
    done++;
    ctx.progress({ done });
    if (performance.now() - lastChange > 1000) {
      lastChange = performance.now();
      ctx.emit('catalog.changed', { datasetId });
    }
  }
  if (keep.size === 0) {
    const error = nothingUsable(catalog, params.name, source, skipped, summary);
    if (dropEmptyDataset(catalog, datasetId)) ctx.emit('catalog.changed', { datasetId: null });
    throw error;
  }
  await storeSkipped(ctx, datasetId, skipped);
  catalog.write(() => {
    for (const image of known.values()) {
      if (keep.has(image.path) || image.present === 0) continue;
      setAbsent(catalog, image.id);
      figures.removed++;
    }
  });
  figures.skipped = skipped.length;
  if (skipped.length > 0)
    ctx.log(
      'warn',
      `${skipped.length} ${skipped.length === 1 ? 'file was' : 'files were'} left out; each is listed with its reason`,
    );
  const { used } = earlierLabels.notes();
  for (const note of used) ctx.log('warn', noteText(note));
  return {
    datasetId,
    found: found.length,
    ...figures,
    summary: withSkipped({ ...summary, used: [...summary.used, ...used] }, skipped),
  };
};

/** Nothing becomes of it: no empty dataset, and images of an earlier import stay as they were (a drive may be gone). */
function nothingUsable(
  catalog: Catalog,
  name: string,
  source: string,
  skipped: readonly SkippedFile[],
  summary: ImportSummary,
): Error {
  const reasons = withSkipped(summary, skipped).unused.map(noteText);
  const seen = reasons.length > 0 ? `Seen and not used: ${reasons.join('; ')}.` : 'It holds no files at all.';
  const images = findDataset(catalog, name)?.images ?? 0;
  const kept =
    images > 0
      ? `The ${images.toLocaleString('en-US')} images of dataset ${name} stay as they were; if its drive is not connected, connect it and import again.`
      : 'No dataset was made.';
  return new Error(`import: no image of ${displayName(source)} can be used. ${seen} ${kept}`);
}

function withSkipped(summary: ImportSummary, skipped: readonly SkippedFile[]): ImportSummary {
  if (skipped.length === 0) return summary;
  const examples = skipped
    .slice(0, 3)
    .map(({ relativePath, reason }) =>
      relativePath === '' || reason.includes(relativePath)
        ? reason
        : `${displayName(relativePath)}: ${reason}`,
    );
  const note = { what: 'Left out, each listed with its reason', count: skipped.length, examples };
  return { ...summary, unused: [...summary.unused, note] };
}

/** A probe that leaves the image out which it judges has too few others to learn such a class from. */
const FEW = 3;

function tellSmallClasses(ctx: JobContext<'import'>, found: readonly FoundImage[]): void {
  const sizes = new Map<string, number>();
  for (const { label } of found) if (label !== null) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const small = [...sizes]
    .filter(([, size]) => size < FEW)
    .map(([name, size]) => `${displayName(name)} (${size})`);
  if (small.length === 0) return;
  ctx.log(
    'warn',
    `classes with fewer than ${FEW} images: ${firstFew(small)}; out-of-fold scores of theirs say little, and no split can have each of them in every part`,
  );
}

/**
 * Replaces the list of skipped files. A manifest may name a million that are not there: in one transaction they would keep
 * every other writer waiting, the window too. A job that is killed between two writes the whole list again.
 */
async function storeSkipped(
  { catalog, signal }: JobContext<'import'>,
  datasetId: number,
  skipped: readonly SkippedFile[],
): Promise<void> {
  clearSkipped(catalog, datasetId);
  for (let at = 0; at < skipped.length; at += BATCH) {
    signal.throwIfAborted();
    catalog.write(() => {
      for (const { relativePath, reason } of skipped.slice(at, at + BATCH))
        addSkipped(catalog, datasetId, relativePath, reason);
    });
    await new Promise((resolve) => setImmediate(resolve)); // for the heartbeat, and for who waits for the lock
  }
}

/** Half-written thumbnails of an engine that was killed; its process number is in their names. */
async function removeLeftovers(thumbnails: string): Promise<void> {
  const names = await readdir(thumbnails, { recursive: true }).catch(() => []);
  for (const name of names) {
    const pid = /\.(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(thumbnails, name), { force: true });
  }
}

/** @throws saying what the file is where it is plainly no text. */
async function refuseOtherFiles(source: string): Promise<void> {
  try {
    const { handle } = await openUserFile(source, { wanted: 'text' });
    await handle.close();
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    throw new Error(`import: ${error.message}; expected a folder of images or a manifest`, { cause: error });
  }
}

async function looksLikeManifest(source: string): Promise<boolean> {
  const facts = await readingFile(() => stat(fsPath(source))).catch((error) => {
    if (error instanceof UnreadableImage) return null;
    throw error;
  });
  if (!facts)
    throw new Error(`import: there is nothing at ${source}; choose a folder of images or a manifest`);
  if (facts.isDirectory()) return false;
  if (manifestEndings.includes(extname(source).slice(1).toLowerCase())) return true;
  await refuseOtherFiles(source);
  throw new Error(
    `import: ${source} is neither a folder nor a manifest; expected ${manifestEndings.map((e) => `.${e}`).join(', ')}`,
  );
}

async function search(ctx: JobContext<'import'>, source: string, root: string, isManifest: boolean) {
  const found: FoundImage[] = [];
  const skipped: SkippedFile[] = [];
  const tally = new Tally();
  ctx.progress({ stage: 'looking for images', done: 0, total: null });
  const { columns, followLinks } = ctx.params;
  const options = {
    signal: ctx.signal,
    followLinks,
    onUnusable: ({ field, reason }: UnusableField) =>
      tally.unused(`Images imported without ${field}, which cannot be used`, reason),
    onFound: (image: FoundImage) => {
      found.push(image);
      ctx.progress({ done: found.length });
    },
    onSkipped: (file: SkippedFile) => void skipped.push(file),
  };
  const {
    layout,
    classes: told,
    ...seen
  } = isManifest
    ? { layout: 'Manifest', ...(await readManifest(source, { ...options, root, columns })) }
    : await scan(ctx, source, options);
  const classes = inClassOrder(new Set([...told, ...labelsOfOneHot(found, tally)]));
  for (const { label, relativePath } of found)
    if (label === null) tally.used('Images without a class', displayName(relativePath));
  const kind = ctx.params.probabilities;
  const order = hasLists(found) ? statedOrder(ctx, isManifest ? dirname(source) : source, tally) : noOrder;
  const before = findDataset(ctx.catalog, ctx.params.name)?.classes ?? [];
  const allClasses = [...new Set([...classes, ...before.map(({ name }) => name)])];
  settleProbabilities(found, { kind, ...order, classes, allClasses }, tally);
  // The summary tells a person at the end; the log has the same from now on, be the import long or stopped.
  const notes = tally.notes();
  for (const note of [...notes.used, ...notes.unused]) ctx.log('info', noteText(note));
  const summary = {
    layout,
    used: [...seen.used, ...notes.used],
    unused: [...seen.unused, ...notes.unused],
  };
  return { found, skipped, classes, summary };
}

async function scan(ctx: JobContext<'import'>, source: string, options: FindOptions) {
  const result = await scanImageFolder(source, options);
  for (const warning of result.warnings) ctx.log('warn', warning);
  ctx.log('info', `layout: ${result.layout}; images: ${result.found}, classes: ${result.classes.length}`);
  return result;
}

const noOrder = { classOrder: [], orderFrom: '' };

/** As the analyst says, or a file beside the images. */
function statedOrder({ params: { classOrder } }: JobContext<'import'>, folder: string, tally: Tally) {
  const file = join(folder, classOrderFile);
  const there = existsSync(fsPath(file));
  if (classOrder.length > 0) {
    if (there) tally.unused('Class orders beside the one that was given', classOrderFile);
    return { classOrder, orderFrom: 'as given' };
  }
  if (!there) return noOrder;
  const text = readUserText(file, { maxBytes: CLASS_ORDER_BYTES, wanted: 'text' });
  return { classOrder: classNamesIn(text, /\r?\n/), orderFrom: classOrderFile };
}

/** Flags may look one-hot in some rows: only where every row is, and more than one column is meant, they are labels. */
function labelsOfOneHot(found: FoundImage[], tally: Tally): Set<string> {
  const hot = found.filter(({ oneHot }) => oneHot !== undefined);
  const names = new Set(hot.map(({ oneHot }) => oneHot!));
  if (names.size > 1 && hot.length === found.length) {
    const what = `Labels from the one-hot columns ${inClassOrder(names).join(', ')}`;
    for (const image of found) {
      image.label = image.oneHot!;
      tally.used(what);
    }
    return names;
  }
  for (const { oneHot } of hot)
    tally.unused(
      'Rows with one-hot columns, no labels as some images have none or all have the same',
      oneHot,
    );
  return new Set();
}

function newestId(known: ReadonlyMap<string, KnownImage>): number {
  let newest = 0;
  for (const image of known.values()) newest = Math.max(newest, image.id);
  return newest;
}

/**
 * Looks at one file; reads it only where the catalog does not know these bytes.
 * @throws what is not the file's fault: a thumbnail that cannot be written ends the import.
 */
async function read(catalog: Catalog, found: FoundImage, known: KnownImage | undefined): Promise<Outcome> {
  const hash = () => readingFile(() => hashFile(found.file));
  try {
    const { size, mtimeMs } = await readingFile(() => stat(fsPath(found.file)));
    const { maxFileBytes } = DEFAULT_LIMITS; // before it is hashed: a sparse file may claim any size
    if (size > maxFileBytes)
      throw new UnreadableImage(
        `too large: ${Math.round(size / 1e6).toLocaleString('en')} MB, limit ${Math.round(maxFileBytes / 1e6)} MB`,
      );
    if (known && known.bytes === size) {
      const thumbnail = await stat(catalog.thumbnail(known.hash)).catch(() => null);
      // An empty one is what a power cut left of it.
      if (thumbnail && thumbnail.size > 0) {
        if (known.mtime_ms === mtimeMs) return { kind: 'same', found, known, mtimeMs };
        if ((await hash()) === known.hash) return { kind: 'same', found, known, mtimeMs };
      }
    }
    const sha256 = await hash();
    const out = catalog.thumbnail(sha256);
    await mkdir(dirname(out), { recursive: true });
    const facts = await examineImage(found.file, { out, maxSide: THUMBNAIL_SIDE });
    if (facts.sha256 !== sha256) throw new UnreadableImage('changed while it was read; import again');
    return { kind: 'read', found, known, mtimeMs, facts };
  } catch (error) {
    return { kind: 'skipped', found, reason: reasonOf(error) };
  }
}

/** One transaction per image. */
function store(
  catalog: Catalog,
  datasetId: number,
  outcome: Exclude<Outcome, { kind: 'skipped' }>,
  classIds: ReadonlyMap<string, number>,
  tally: Tally,
): 'imported' | 'changed' | 'unchanged' {
  const { found, mtimeMs } = outcome;
  const classId = found.label === null ? null : classIds.get(found.label)!;
  const shown = displayName(found.relativePath);
  return catalog.write(() => {
    // Another program may import the same folder at this moment: look again, now that nobody else writes.
    const known = outcome.known ?? knownImage(catalog, datasetId, found.relativePath);
    if (outcome.kind === 'read' && !known) {
      const { facts } = outcome;
      const { relativePath: path, label, split } = found;
      const id = addImported(catalog, { datasetId, path, mtimeMs, classId, label, split }, facts);
      if (classId !== null) recordLabel(catalog, id, null, classId, 'import');
      storeExtras(catalog, id, found);
      return 'imported';
    }
    const row = known!;
    setFound(catalog, row.id, mtimeMs, found.split);
    // Only a label that changed at its source overrides what a person may have set here. A source that says nothing of
    // the image any more (its row no longer matches after a relink) changed nothing.
    if (keepsLabel(found, row))
      tally.used('Labels of an earlier import, kept where the source now says nothing', shown);
    else if (found.label !== row.import_label) {
      if (found.label === null)
        tally.used('Labels of an earlier import, cleared as the source now says none', shown);
      setLabel(catalog, row.id, classId, 'import');
      setImportLabel(catalog, row.id, found.label);
    }
    storeExtras(catalog, row.id, found);
    if (outcome.kind === 'same') return 'unchanged';
    const { facts } = outcome;
    if (facts.sha256 === row.hash) return 'unchanged'; // only its thumbnail had gone
    setFacts(catalog, row.id, facts);
    forgetDerived(catalog, row.id);
    return 'changed';
  });
}

const keepsLabel = ({ label, saysUnlabelled }: FoundImage, row: KnownImage): boolean =>
  label === null && saysUnlabelled !== true && row.import_label !== null;

/** Captions and probabilities that the source brings along; an import never repeats what it said before. */
function storeExtras(catalog: Catalog, imageId: number, found: FoundImage): void {
  if (found.caption) {
    if (importedCaption(catalog, imageId) !== found.caption)
      addCaption(catalog, imageId, found.caption, 'import');
  }
  setGivenProbabilities(catalog, imageId, found.probabilities);
}
