/**
 * Owns: finding the images of a folder: which layout it has, and each image's class and split from where it lies.
 *
 *   class         cat/1.jpg, dog/deep/2.jpg        label = first folder
 *   split/class   train/cat/1.jpg, val/dog/2.jpg   when every folder with images is a split word (fields.ts)
 *   split         train/1.jpg, test/2.jpg          splits without classes: unlabelled
 *   flat          1.jpg, 2.jpg                     unlabelled
 *
 * A `metadata.jsonl` in the root (rows with `file_name`, as our export and others write it) overrides label and split
 * and adds captions and probabilities. Reads names and, where a name promises nothing, the first bytes; decodes
 * nothing and writes nothing. Links are never followed into folders, nor out of the root.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, entryOf, judge } from './candidates.ts';
import { asUnreadable } from './errors.ts';
import { type Split, splitOfWord } from './fields.ts';
import { type FolderMetadata, readFolderMetadata } from './folder-metadata.ts';
import type { FindOptions, FoundImage } from './found.ts';
import { displayName, fsPath, realLocation } from './fs-names.ts';

export type { Probabilities, Split } from './fields.ts';
export type { FindOptions, FoundImage, SkippedFile } from './found.ts';

export type Layout = 'class' | 'split/class' | 'split' | 'flat';

export interface ScanResult {
  layout: Layout;
  found: number;
  skipped: number;
  ignored: { hidden: number; notImages: number };
  classes: string[]; // sorted
  /** Things a person should look at before trusting the labels. */
  warnings: string[];
}

export async function scanImageFolder(root: string, options: FindOptions): Promise<ScanResult> {
  const facts = await stat(fsPath(root)).catch((error) => {
    throw new Error(`${displayName(root)}: ${asUnreadable(error).reason}`);
  });
  if (!facts.isDirectory()) throw new Error(`${displayName(root)}: a file, wanted a folder of images`);
  const search = new Search(root, await realLocation(root), options);
  return await search.run();
}

class Search {
  readonly #root: string;
  readonly #realRoot: string;
  readonly #options: FindOptions;
  #layout: Layout = 'flat';
  #metadata: FolderMetadata = new Map();
  readonly #classes = new Set<string>();
  readonly #result = { found: 0, skipped: 0, ignored: { hidden: 0, notImages: 0 }, warnings: [] as string[] };

  constructor(root: string, realRoot: string, options: FindOptions) {
    this.#root = root;
    this.#realRoot = realRoot;
    this.#options = options;
  }

  async run(): Promise<ScanResult> {
    this.#layout = await this.#findLayout();
    this.#metadata = await readFolderMetadata(
      this.#root,
      (reason) => this.#skip('metadata.jsonl', reason),
      this.#options.onUnusable,
    );
    await this.#walk([]);
    if (this.#metadata.size > 0) {
      const [first] = this.#metadata.keys();
      this.#result.warnings.push(
        `metadata.jsonl names ${this.#metadata.size} files that were not found (first: ${displayName(first)})`,
      );
    }
    return { layout: this.#layout, ...this.#result, classes: [...this.#classes].sort() };
  }

  async #findLayout(): Promise<Layout> {
    const withImages: string[] = [];
    const folders = (await this.#list([])) ?? [];
    for (const { name, dirent } of folders) {
      if (dirent.isDirectory() && !name.startsWith('.') && (await this.#holdsImage([name])))
        withImages.push(name);
    }
    if (withImages.length === 0) return 'flat';
    const splits = withImages.filter((name) => splitOfWord(name) !== null);
    if (splits.length === withImages.length)
      return (await this.#anyFolderWithImages(splits)) ? 'split/class' : 'split';
    if (splits.length > 0) {
      this.#result.warnings.push(
        `${splits.join(', ')} look like splits but lie beside other folders with images: all were taken for classes`,
      );
    }
    if (withImages.length === 1 && (await this.#anyFolderWithImages(withImages))) {
      this.#result.warnings.push(
        `everything lies in one folder, ${displayName(withImages[0])}, taken for the only class; if its folders are the classes, choose that folder instead`,
      );
    }
    return 'class';
  }

  /** Whether any of these top folders has a sub-folder with images. */
  async #anyFolderWithImages(tops: string[]): Promise<boolean> {
    for (const top of tops) {
      for (const { name, dirent } of (await this.#list([top])) ?? []) {
        if (dirent.isDirectory() && !name.startsWith('.') && (await this.#holdsImage([top, name])))
          return true;
      }
    }
    return false;
  }

  /** Depth-first, stops at the first image. */
  async #holdsImage(parts: string[]): Promise<boolean> {
    const entries = (await this.#list(parts)) ?? [];
    const folders: string[] = [];
    for (const entry of entries) {
      const verdict = await this.#judge(entry, parts);
      if (verdict.kind === 'image') return true;
      if (verdict.kind === 'folder') folders.push(entry.name);
    }
    for (const name of folders) if (await this.#holdsImage([...parts, name])) return true;
    return false;
  }

  async #walk(parts: string[]): Promise<void> {
    const entries = await this.#list(parts, (reason) => this.#skip(parts.join('/'), reason));
    for (const entry of entries ?? []) {
      this.#options.signal?.throwIfAborted();
      const path = [...parts, entry.name];
      const verdict = await this.#judge(entry, parts);
      if (verdict.kind === 'folder') await this.#walk(path);
      else if (verdict.kind === 'image') await this.#find(path);
      else if (verdict.kind === 'skip') await this.#skip(path.join('/'), verdict.reason);
      else if (verdict.kind === 'hidden') this.#result.ignored.hidden += 1;
      else this.#result.ignored.notImages += 1;
    }
  }

  #judge(entry: Entry, parts: string[]) {
    return judge(entry, join(this.#root, ...parts), this.#realRoot, this.#options.allowOutsideLinks ?? false);
  }

  /** Entries sorted by name, or null after `onError` where the folder cannot be read. */
  async #list(parts: string[], onError?: (reason: string) => Promise<void>): Promise<Entry[] | null> {
    this.#options.signal?.throwIfAborted();
    try {
      const dirents = await readdir(fsPath(join(this.#root, ...parts)), {
        withFileTypes: true,
        encoding: 'buffer',
      });
      return dirents.map(entryOf).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    } catch (error) {
      if (parts.length === 0) throw new Error(`${displayName(this.#root)}: ${asUnreadable(error).reason}`);
      await onError?.(asUnreadable(error).reason);
      return null;
    }
  }

  async #find(path: string[]): Promise<void> {
    const relativePath = path.join('/');
    const image: FoundImage = { file: join(this.#root, ...path), relativePath, ...this.#placed(path) };
    const told = this.#metadata.get(relativePath);
    if (told) {
      this.#metadata.delete(relativePath);
      if (told.label !== undefined) image.label = told.label;
      if (told.split !== undefined) image.split = told.split;
      if (told.caption !== undefined) image.caption = told.caption;
      if (told.probabilities !== undefined) image.probabilities = told.probabilities;
    }
    if (image.label !== null) this.#classes.add(image.label);
    this.#result.found += 1;
    await this.#options.onFound(image);
  }

  /** Class and split from the folders above the file. */
  #placed(path: string[]): { label: string | null; split: Split | null } {
    // NFC: the same class name typed on two systems is one class. The path keeps the bytes on disk.
    const folder = (depth: number): string | null =>
      path.length > depth + 1 ? path[depth].normalize('NFC') : null;
    if (this.#layout === 'class') return { label: folder(0), split: null };
    if (this.#layout === 'flat') return { label: null, split: null };
    const top = folder(0);
    const split = top === null ? null : splitOfWord(top);
    return { label: this.#layout === 'split/class' ? folder(1) : null, split };
  }

  async #skip(relativePath: string, reason: string): Promise<void> {
    this.#result.skipped += 1;
    await this.#options.onSkipped({ relativePath, reason });
  }
}
