/**
 * Owns: finding the images of a folder: each image's class and split from where it lies (layouts/), overridden by metadata
 * files (folder-metadata.ts), with captions from files beside it (sidecars.ts). Reads names and, where a name promises
 * nothing, the first bytes; decodes nothing and writes nothing. What it saw and did not use is counted, by name.
 */
import { stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { inClassOrder } from '../../shared/class-order.ts';
import type { ImportSummary } from '../../shared/import-summary.ts';
import { displayName, extensionOf, fsPath, realLocation } from '../files/fs-names.ts';
import { asUnreadable } from '../images/errors.ts';
import { type FolderMetadataRows, metadataAmong, readFolderMetadata } from './folder-metadata.ts';
import type { FindOptions, FoundImage } from './found.ts';
import { findLabelNames } from './label-names.ts';
import { findLayout } from './layouts/index.ts';
import type { Layout, Place, Plan } from './layouts/layout.ts';
import { FolderWalk, outlineOf, type WalkOptions } from './outline.ts';
import { classOrderFile } from './probabilities.ts';
import { countFields } from './row-reader.ts';
import { columnOfImages, embedded } from './rows/parquet-rows.ts';
import { isSidecarName, readSidecar, sidecarOf, stemOf } from './sidecars.ts';
import { Tally } from './tally.ts';

export type { Probabilities, Split } from './fields.ts';
export type { FindOptions, FoundImage, SkippedFile } from './found.ts';

export interface ScanResult extends ImportSummary {
  /** Of the table in layouts/. */
  layoutId: string;
  found: number;
  skipped: number;
  classes: string[]; // in their order
  /** Things a person should look at before trusting the labels. */
  warnings: string[];
}

export async function scanImageFolder(root: string, options: FindOptions): Promise<ScanResult> {
  const facts = await stat(fsPath(root)).catch((error) => {
    throw new Error(`${displayName(root)}: ${asUnreadable(error).reason}`);
  });
  if (!facts.isDirectory()) throw new Error(`${displayName(root)}: a file, expected a folder of images`);
  const walk: WalkOptions = {
    root,
    realRoot: await realLocation(root),
    followLinks: options.followLinks ?? false,
    signal: options.signal,
  };
  return await new Search(walk, findLayout(await outlineOf(walk)), options).run();
}

class Search {
  readonly #root: string;
  readonly #walk: FolderWalk;
  readonly #layout: Layout;
  readonly #plan: Plan;
  readonly #options: FindOptions;
  readonly #names: ReturnType<typeof findLabelNames>;
  readonly #metadata: FolderMetadataRows = new Map();
  readonly #classes = new Set<string>();
  readonly #tally = new Tally();
  /** Some images have probabilities in the order of classes. */
  #lists = false;
  #found = 0;
  #skipped = 0;

  constructor(walk: WalkOptions, { layout, plan }: { layout: Layout; plan: Plan }, options: FindOptions) {
    this.#root = walk.root;
    this.#walk = new FolderWalk(walk);
    this.#layout = layout;
    this.#plan = plan;
    this.#options = options;
    this.#names = findLabelNames(walk.root);
  }

  async run(): Promise<ScanResult> {
    await this.#folder([]);
    const { unused } = this.#plan;
    for (const name of unused?.names ?? []) this.#tally.unused(unused!.what, name);
    const warnings = [...this.#plan.warnings];
    if (this.#metadata.size > 0) {
      const [[first, { source }]] = this.#metadata;
      warnings.push(
        `${displayName(source)} names ${this.#metadata.size} files that were not found (first: ${displayName(first)})`,
      );
      this.#tally.unused(
        'Rows of metadata whose files were not found',
        displayName(first),
        this.#metadata.size,
      );
    }
    return {
      layoutId: this.#layout.id,
      layout: this.#layout.title,
      found: this.#found,
      skipped: this.#skipped,
      classes: inClassOrder(this.#classes),
      warnings,
      ...this.#tally.notes(),
    };
  }

  async #folder(parts: readonly string[]): Promise<void> {
    const entries = await this.#walk.list(parts, (reason) => this.#skip(parts.join('/'), reason));
    if (!entries) return;
    const aside = this.#plan.aside?.(parts) ?? null;
    const names = new Set(entries.map(({ name }) => name));
    const read = aside === null ? await this.#readMetadata(parts, names) : new Set<string>();
    const others: string[] = [];
    const captioned = new Set<string>(); // images, without their ending
    for (const entry of entries) {
      this.#options.signal?.throwIfAborted();
      const path = [...parts, entry.name];
      const shown = displayName(path.join('/'));
      const verdict = await this.#walk.judge(entry, parts);
      if (verdict.kind === 'folder') await this.#folder(path);
      else if (verdict.kind === 'system')
        this.#tally.unused(`System files and folders (${verdict.maker})`, displayName(entry.name));
      else if (verdict.kind === 'hidden') this.#tally.unused('Hidden files and folders', shown);
      else if (aside !== null) this.#tally.unused(aside, shown);
      else if (verdict.kind === 'image') {
        const sidecar = sidecarOf(entry.name, names);
        if (sidecar !== null) {
          read.add(sidecar);
          captioned.add(stemOf(entry.name));
        }
        await this.#image(parts, entry.name, sidecar);
      } else if (verdict.kind === 'skip') {
        if (verdict.outside)
          this.#tally.unused('Links out of the folder (--follow-links follows them)', shown);
        else await this.#skip(path.join('/'), verdict.reason);
      } else others.push(entry.name);
    }
    if (parts.length === 0 && this.#lists) read.add(classOrderFile); // its reader is the import
    for (const name of others)
      if (!read.has(name))
        this.#tally.unused(
          await this.#whatIs(parts, name, captioned),
          displayName([...parts, name].join('/')),
        );
  }

  /** Of a file that was not read. `captioned`: images of its folder, without their ending. */
  async #whatIs(parts: readonly string[], name: string, captioned: ReadonlySet<string>): Promise<string> {
    if (extensionOf(name) === '.parquet') {
      const column = await columnOfImages(join(this.#root, ...parts, name));
      if (column !== null) return `Parquet files: ${embedded(column)}`;
    }
    if (isSidecarName(name) && captioned.has(stemOf(name)))
      return 'Caption files beside another one of the same image';
    return extensionOf(name) === '.caption' ? 'Caption files without an image' : 'Files that are not images';
  }

  /** @returns the names that were read. */
  async #readMetadata(parts: readonly string[], names: ReadonlySet<string>): Promise<Set<string>> {
    const read = new Set<string>();
    if (parts.length === 0 && this.#names !== null) read.add(this.#names.file);
    const metadata = metadataAmong(names);
    if (metadata === null) return read;
    for (const name of [metadata.file, ...metadata.others]) read.add(name);
    for (const name of metadata.others)
      this.#tally.unused(`Metadata beside ${metadata.file}`, displayName([...parts, name].join('/')));
    await readFolderMetadata(metadata.file, {
      root: this.#root,
      folder: parts,
      names: this.#names?.names ?? new Map(),
      tally: this.#tally,
      rows: this.#metadata,
      onBadRow: (reason) => this.#skip([...parts, metadata.file].join('/'), reason),
    });
    return read;
  }

  async #image(folder: readonly string[], name: string, sidecar: string | null): Promise<void> {
    const relativePath = [...folder, name].join('/');
    const image: FoundImage = {
      file: join(this.#root, ...folder, name),
      relativePath,
      ...this.#placed(folder),
    };
    const told = this.#metadata.get(relativePath);
    let kept = false; // the folder's label, for all that the metadata says
    if (told) {
      this.#metadata.delete(relativePath);
      const { label, oneHot, ...fields } = told.fields;
      Object.assign(image, fields);
      for (const { field, reason } of told.unusable)
        this.#options.onUnusable?.({ field, reason: `${displayName(told.source)} ${reason}` });
      if (oneHot !== undefined && image.label === null) image.oneHot = oneHot;
      else if (oneHot !== undefined)
        this.#tally.unused('One-hot columns of metadata (the folder names the class)', displayName(oneHot));
      kept = told.bareNumber && image.label !== null;
      if (kept)
        this.#tally.unused('Labels that are numbers without names (the folder names the class)', `${label}`);
      else if (label !== undefined) image.label = label;
      if (!kept && label === null) image.saysUnlabelled = true;
      // One line for all files of this name: there may be one in each class folder.
      const name = posix.basename(told.source);
      countFields(
        this.#tally,
        kept ? fields : told.fields,
        name,
        name === told.source ? undefined : told.source,
      );
    }
    if (image.label !== null && (kept || !told?.fields.label)) this.#tally.used('Labels from folder names');
    if (image.split !== null && !told?.fields.split) this.#tally.used('Splits from folder names');
    if (sidecar !== null) this.#caption(image, folder, sidecar);
    if (image.label !== null) this.#classes.add(image.label);
    this.#lists ||= Array.isArray(image.probabilities);
    this.#found += 1;
    await this.#options.onFound(image);
  }

  #caption(image: FoundImage, folder: readonly string[], sidecar: string): void {
    const shown = displayName([...folder, sidecar].join('/'));
    const ending = extensionOf(sidecar);
    if (image.caption !== undefined) {
      this.#tally.unused(`Caption files of images that have a caption in the metadata`, shown);
      return;
    }
    const told = readSidecar(join(this.#root, ...folder), sidecar);
    if (told.kind === 'not-used') {
      this.#tally.unused(told.what, shown);
      return;
    }
    image.caption = told.text;
    this.#tally.used(`Captions from ${ending} files`);
    if (told.more)
      this.#tally.unused('Lines of caption files after the first, or beyond 2,000 characters', shown);
  }

  /** Class and split from the folders above the file. NFC: the same class name typed on two systems is one class. */
  #placed(folders: readonly string[]): Place {
    const { label, split } = this.#plan.place(folders);
    return { label: label?.normalize('NFC') ?? null, split };
  }

  async #skip(relativePath: string, reason: string): Promise<void> {
    this.#skipped += 1;
    await this.#options.onSkipped({ relativePath, reason });
  }
}
