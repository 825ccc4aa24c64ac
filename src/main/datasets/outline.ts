/** Owns walking a dataset's folders: their entries in order, and the outline that layouts are told by. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { displayName, fsPath } from '../files/fs-names.ts';
import { asUnreadable } from '../images/errors.ts';
import { type Entry, entryOf, judge, type Verdict } from './candidates.ts';
import type { Outline } from './layouts/layout.ts';
import { isSidecarName, sidecarOf } from './sidecars.ts';

export interface WalkOptions {
  root: string;
  realRoot: string;
  followLinks: boolean;
  signal?: AbortSignal;
}

/** No layout looks deeper. */
const DEPTH = 8;

export class FolderWalk {
  readonly #options: WalkOptions;
  /** Real folders that links have led to: each is read once, so that links in a circle end. */
  readonly #followed = new Set<string>();

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** Entries sorted by name, or null after `onError` where the folder cannot be read. @throws where it is the root. */
  async list(parts: readonly string[], onError?: (reason: string) => Promise<void>): Promise<Entry[] | null> {
    const { root, signal } = this.#options;
    signal?.throwIfAborted();
    try {
      const dirents = await readdir(fsPath(join(root, ...parts)), {
        withFileTypes: true,
        encoding: 'buffer',
      });
      return dirents.map(entryOf).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    } catch (error) {
      if (parts.length === 0) throw new Error(`${displayName(root)}: ${asUnreadable(error).reason}`);
      await onError?.(asUnreadable(error).reason);
      return null;
    }
  }

  async judge(entry: Entry, parts: readonly string[]): Promise<Verdict> {
    const { root, realRoot, followLinks } = this.#options;
    const verdict = await judge(entry, join(root, ...parts), realRoot, followLinks);
    if (verdict.kind !== 'folder' || verdict.target === undefined) return verdict;
    if (this.#followed.has(verdict.target))
      return { kind: 'skip', reason: 'a link to a folder that another link led to already' };
    this.#followed.add(verdict.target);
    return verdict;
  }
}

export const outlineOf = async (options: WalkOptions): Promise<Outline> =>
  await outlineBelow(new FolderWalk(options), [], basename(options.root));

async function outlineBelow(walk: FolderWalk, parts: readonly string[], name: string): Promise<Outline> {
  const outline: Outline = { name, images: false, sidecars: false, folders: [], empty: [] };
  const entries = (await walk.list(parts)) ?? [];
  const names = new Set(entries.filter((entry) => isSidecarName(entry.name)).map((entry) => entry.name));
  for (const entry of entries) {
    // One image tells; names alone tell of caption files.
    if (outline.images && !entry.dirent.isDirectory() && !entry.dirent.isSymbolicLink()) {
      outline.sidecars ||= names.size > 0 && !names.has(entry.name) && sidecarOf(entry.name, names) !== null;
      continue;
    }
    const { kind } = await walk.judge(entry, parts);
    if (kind === 'image') {
      outline.images = true;
      outline.sidecars ||= sidecarOf(entry.name, names) !== null;
    } else if (kind === 'folder') {
      const inner =
        parts.length < DEPTH
          ? await outlineBelow(walk, [...parts, entry.name], entry.name)
          : { name: entry.name, images: true, sidecars: false, folders: [], empty: [] };
      if (inner.images || inner.folders.length > 0) outline.folders.push(inner);
      else outline.empty.push(entry.name);
    }
  }
  return outline;
}
