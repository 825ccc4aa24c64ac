/**
 * Owns: writing a dataset as an ImageFolder with `metadata.jsonl`, whole or not at all.
 *
 *   OUT/[split/]class/file   OUT/metadata.jsonl   OUT/README.md
 *
 * metadata.jsonl has one row a file, in the order of `add`, and in each row every column that any row fills.
 *
 * Everything is written into a hidden folder beside OUT (so that the last rename stays on one file system) and takes
 * OUT's name at `commit`. The hidden folder's name is made from the export's id: after a crash `resumeExport` finds it,
 * the caller adds the same images in the same order again, and what is complete is not copied twice. Folder and file
 * names are made safe (safe-names.ts); the true label is in each metadata row, which `scanImageFolder` reads back.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inClassOrder } from '../../shared/class-order.ts';
import { fsPath, resolveInRoot } from '../files/fs-names.ts';
import { readLines } from '../files/lines.ts';
import { safeFileName, safeName } from '../files/safe-names.ts';
import { syncFolder } from '../files/write-whole.ts';
import { type CardValue, Columns, datasetCard } from './export-card.ts';
import {
  completeFiles,
  ExportError,
  entriesOf,
  MARKER,
  PARTIAL,
  placeFile,
  refuseOccupied,
  removeLeftovers,
  syncTree,
} from './export-files.ts';
import type { Split } from './fields.ts';

export { ExportError } from './export-files.ts';

const METADATA = 'metadata.jsonl';
const CARD = 'README.md';
/** Folder of images without a label; their metadata rows say label null. */
export const UNLABELLED = 'unlabelled';

export interface ExportOptions {
  /** Letters, digits, '-' and '_'; the same id finds the export again. Default random. */
  id?: string;
  /**
   * Replace OUT at commit (it stays until then) if it is an earlier export of ours; any other non-empty folder is
   * refused in any case, lest a slip of the hand deletes somebody's photos. Default false: refused.
   */
  overwrite?: boolean;
  /** A folder level per split; then every image needs a split. Default false: split only in the metadata. */
  splitFolders?: boolean;
}

export interface ExportItem {
  label: string | null;
  split?: Split | null;
  name: string; // wanted file name, with extension; made safe, and unique within its class by a suffix
  bytes: Uint8Array; // of the file
  metadata?: Record<string, CardValue | null>; // further keys of the row: caption, difficulty, seed ...
}

export interface ExportSummary {
  outDir: string;
  files: number;
  bytes: number;
}

/** A new export. Refuses an OUT that exists and is not an empty folder, unless `overwrite`. */
export async function openExport(outDir: string, options: ExportOptions = {}): Promise<ExportWriter> {
  const out = resolve(outDir);
  const id = options.id ?? randomBytes(6).toString('hex');
  await refuseOccupied(out, options.overwrite ?? false);
  const hidden = hiddenFolder(out, id);
  await mkdir(fsPath(dirname(out)), { recursive: true });
  await mkdir(fsPath(hidden)).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ExportError(`export ${id}: already started in ${hidden}; resume it, or remove that folder`);
  });
  const settings = {
    overwrite: options.overwrite ?? false,
    splitFolders: options.splitFolders ?? false,
  };
  await writeMarker(hidden, { id, ...settings });
  return new ExportWriter(out, hidden, id, settings, new Set());
}

export type Resumed =
  | { state: 'open'; writer: ExportWriter; complete: Set<string> } // relative paths that need no copying
  | { state: 'committed'; summary: ExportSummary } // it was finished before the crash
  | { state: 'none' }; // never started, or aborted

/** The export `id` of `outDir` as a crash left it, with the options it was opened with. */
export async function resumeExport(outDir: string, id: string): Promise<Resumed> {
  const out = resolve(outDir);
  const hidden = hiddenFolder(out, id);
  const finished = await readMarker(out);
  if (finished?.id === id && finished.files !== undefined && finished.bytes !== undefined) {
    await clearAside(out, hidden);
    return { state: 'committed', summary: { outDir: out, files: finished.files, bytes: finished.bytes } };
  }
  await clearAside(out, hidden);
  const marker = await readMarker(hidden);
  if (marker === null) {
    // The crash came before anything was written, or there was no such export.
    await rm(fsPath(hidden), { recursive: true, force: true });
    return { state: 'none' };
  }
  await refuseOccupied(out, marker.overwrite);
  const complete = new Set(await completeFiles(hidden));
  return { state: 'open', writer: new ExportWriter(out, hidden, id, marker, complete), complete };
}

interface Marker extends Settings {
  id: string;
  files?: number; // set at commit
  bytes?: number;
}

/** null where there is none, or one cut off while it was first written. */
async function readMarker(folder: string): Promise<Marker | null> {
  try {
    return JSON.parse(await readFile(fsPath(join(folder, MARKER)), 'utf8')) as Marker;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return null;
    throw error;
  }
}

type Settings = Required<Pick<ExportOptions, 'overwrite' | 'splitFolders'>>;

export class ExportWriter {
  readonly id: string;
  readonly outDir: string;
  readonly #hidden: string;
  readonly #settings: Settings;
  readonly #complete: Set<string>;
  readonly #folders = new Map<string, string>(); // label ('' + null apart) -> folder
  readonly #taken = new Map<string, Set<string>>(); // folder -> names in lower case
  readonly #columns = new Columns();
  readonly #labels = new Set<string>();
  readonly #rows: WriteStream;
  readonly #waiting = new Map<number, string | null>(); // rows that finished before an earlier one
  #failure: Error | null = null;
  #nextTurn = 0;
  #nextRow = 0;
  #files = 0;
  #bytes = 0;
  #open = true;

  /** Made by openExport and resumeExport. */
  constructor(outDir: string, hidden: string, id: string, settings: Settings, complete: Set<string>) {
    this.outDir = outDir;
    this.id = id;
    this.#hidden = hidden;
    this.#settings = settings;
    this.#complete = complete;
    this.#taken.set('', new Set([METADATA, CARD.toLowerCase(), MARKER]));
    this.#rows = createWriteStream(fsPath(join(hidden, METADATA + PARTIAL)), { flags: 'w' });
    this.#rows.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /**
   * Writes one image; resolves to its path in the export. May be called again before it resolves: names and rows follow
   * the order of the calls, which must be the same when an export is resumed.
   */
  async add(item: ExportItem): Promise<string> {
    this.#requireOpen();
    const folder = this.#folderOf(item);
    const path = `${folder}/${this.#uniqueName(folder, item.name)}`;
    const turn = this.#nextTurn++;
    try {
      const target = resolveInRoot(this.#hidden, path);
      await placeFile(item.bytes, target, this.#complete.has(path));
      this.#bytes += item.bytes.length;
      const { label, split = null, metadata = {} } = item;
      const row = { ...metadata, file_name: path, label, split };
      this.#columns.see(row);
      if (label !== null) this.#labels.add(label);
      await this.#writeRow(turn, JSON.stringify(row));
      this.#files += 1;
      return path;
    } catch (error) {
      await this.#writeRow(turn, null);
      throw error;
    }
  }

  /**
   * Moves the finished export to its place. Afterwards the writer is closed.
   * @param classes in the order of their numbers for readers that want numbers; those of the images are added.
   */
  async commit(classes: readonly string[] = []): Promise<ExportSummary> {
    this.#requireOpen();
    if (this.#nextRow !== this.#nextTurn)
      throw new ExportError(`export ${this.id}: commit while images are being added`);
    this.#open = false;
    await new Promise<void>((done, fail) =>
      this.#rows.end((error?: Error | null) => (error ? fail(error) : done())),
    );
    if (this.#failure) throw this.#failure;
    await this.#dropStrays();
    await this.#writeMetadata(new Set([...classes, ...inClassOrder(this.#labels)]));
    await refuseOccupied(this.outDir, this.#settings.overwrite);
    // The marker stays in OUT: it tells a resumed job that this export was committed before the crash.
    const marker: Marker = { id: this.id, ...this.#settings, files: this.#files, bytes: this.#bytes };
    await writeMarker(this.#hidden, marker);
    // An export that is there after a power cut has all its bytes.
    await syncTree(this.#hidden);
    await this.#takePlace();
    syncFolder(dirname(this.outDir));
    return { outDir: this.outDir, files: this.#files, bytes: this.#bytes };
  }

  /** Removes everything this export wrote. OUT is as it was before. */
  async abort(): Promise<void> {
    this.#open = false;
    await new Promise<void>((done) => this.#rows.close(() => done()));
    await rm(fsPath(this.#hidden), { recursive: true, force: true });
  }

  /** Leaves the hidden folder for `resumeExport` and closes the files. */
  async suspend(): Promise<void> {
    this.#open = false;
    await new Promise<void>((done) => this.#rows.close(() => done()));
  }

  #requireOpen(): void {
    if (this.#failure) throw this.#failure;
    if (!this.#open) throw new ExportError(`export ${this.id}: already committed or aborted`);
  }

  #folderOf(item: ExportItem): string {
    const split = item.split ?? null;
    if (this.#settings.splitFolders && split === null) {
      throw new ExportError(`export ${this.id}: ${item.name} has no split, wanted one for folders by split`);
    }
    const parent = this.#settings.splitFolders ? (split as string) : '';
    const key = `${parent}/${item.label === null ? 'null' : `label ${item.label.normalize('NFC')}`}`;
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      const name = this.#uniqueName(parent, item.label === null ? UNLABELLED : safeName(item.label), true);
      folder = parent === '' ? name : `${parent}/${name}`;
      this.#folders.set(key, folder);
    }
    return folder;
  }

  /** Two names that differ in case only are one on Windows and macOS: the later gets '~2', '~3' ... */
  #uniqueName(folder: string, name: string, isSafe = false): string {
    const safe = isSafe ? name : safeFileName(name);
    let taken = this.#taken.get(folder);
    if (!taken) {
      taken = new Set();
      this.#taken.set(folder, taken);
    }
    const dot = isSafe ? -1 : safe.lastIndexOf('.');
    const [stem, extension] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ''];
    let unique = safe;
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${stem}~${n}${extension}`;
    taken.add(unique.toLowerCase());
    return unique;
  }

  async #writeRow(turn: number, row: string | null): Promise<void> {
    this.#waiting.set(turn, row);
    let flushed = true;
    for (
      let next = this.#waiting.get(this.#nextRow);
      next !== undefined;
      next = this.#waiting.get(this.#nextRow)
    ) {
      this.#waiting.delete(this.#nextRow++);
      if (next !== null) flushed = this.#rows.write(`${next}\n`);
    }
    if (!flushed && !this.#failure) {
      await new Promise<void>((done) => {
        this.#rows.once('drain', done);
        this.#rows.once('error', () => done());
      });
    }
  }

  /** Only now it is known which columns hold anything: each row gets those, and no others. */
  async #writeMetadata(classes: ReadonlySet<string>): Promise<void> {
    const partial = join(this.#hidden, METADATA + PARTIAL);
    const columns = this.#columns.filled;
    // An import takes a folder's name for the label where a row has none: the column stays.
    if (this.#labels.size === 0) columns.push(['label', 'string']);
    const names = columns.map(([name]) => name);
    await pipeline(
      async function* () {
        for await (const { text } of readLines(partial)) {
          const row = JSON.parse(text) as Record<string, unknown>;
          yield `${JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name] ?? null])))}\n`;
        }
      },
      createWriteStream(fsPath(join(this.#hidden, METADATA))),
    );
    await writeFile(
      fsPath(join(this.#hidden, CARD)),
      datasetCard(columns, this.#labels.size === 0 ? [] : [...classes]),
    );
    await rm(fsPath(partial));
  }

  /** Files of an interrupted run that this run did not add: they are in no metadata row and must not ship. */
  async #dropStrays(): Promise<void> {
    const isAdded = (path: string): boolean => {
      const at = path.lastIndexOf('/');
      return this.#taken.get(path.slice(0, at))?.has(path.slice(at + 1).toLowerCase()) ?? false;
    };
    for (const path of this.#complete) {
      if (!isAdded(path)) await rm(fsPath(resolveInRoot(this.#hidden, path)), { force: true });
    }
    await removeLeftovers(this.#hidden);
  }

  async #takePlace(): Promise<void> {
    const aside = asideOf(this.#hidden);
    const occupied = (await entriesOf(this.outDir)) !== null;
    if (occupied) await rename(fsPath(this.outDir), fsPath(aside));
    try {
      await rename(fsPath(this.#hidden), fsPath(this.outDir));
    } catch (error) {
      if (occupied) await rename(fsPath(aside), fsPath(this.outDir));
      throw error;
    }
    if (occupied) await rm(fsPath(aside), { recursive: true, force: true });
  }
}

function hiddenFolder(out: string, id: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
    throw new ExportError(`export id ${JSON.stringify(id)}: wanted 1-64 letters, digits, '-' or '_'`);
  }
  return join(dirname(out), `.${basename(out)}.crux-export-${id}`);
}

/** Where an OUT that is being replaced waits between two renames. */
const asideOf = (hidden: string): string => `${hidden}.old`;

/** After a crash between those renames: OUT is put back if it is missing, else what waits is the old one and goes. */
async function clearAside(out: string, hidden: string): Promise<void> {
  const aside = asideOf(hidden);
  if ((await entriesOf(aside)) === null) return;
  if ((await entriesOf(out)) === null) await rename(fsPath(aside), fsPath(out));
  else await rm(fsPath(aside), { recursive: true, force: true });
}

async function writeMarker(folder: string, marker: Marker): Promise<void> {
  const file = join(folder, MARKER);
  await writeFile(fsPath(file + PARTIAL), JSON.stringify(marker));
  await rename(fsPath(file + PARTIAL), fsPath(file));
}
