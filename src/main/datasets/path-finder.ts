/**
 * Owns the way from a path in a table to a file below the dataset's folder. First as written, with separators and
 * Unicode forms turned. Then by its ending and without regard to letter case, for tables that were written elsewhere:
 * "C:\pets\img\1.PNG" is img/1.png. Only one file may match, and its folder's name must match too where both have one.
 */
import { stat } from 'node:fs/promises';
import { isAbsolute, posix, relative, sep } from 'node:path';
import { filesWithin } from '../files/files-within.ts';
import { firstFew } from '../files/first-few.ts';
import {
  displayName,
  extensionOf,
  fsPath,
  isWithin,
  realLocation,
  resolveInRoot,
} from '../files/fs-names.ts';
import { asUnreadable } from '../images/errors.ts';
import { FieldError } from './fields.ts';

export interface FoundPath {
  /** From the root, as it is on disk. */
  relativePath: string;
  /** Not as written, but the one file whose path ends like it. */
  byEnding: boolean;
}

export class PathFinder {
  readonly #root: string;
  readonly #realRoot: string;
  readonly #followLinks: boolean;
  /** Name without ending, in the form of `key`, -> paths from the root. */
  #index: Map<string, string[]> | null = null;

  constructor(root: string, realRoot: string, followLinks: boolean) {
    this.#root = root;
    this.#realRoot = realRoot;
    this.#followLinks = followLinks;
  }

  /** @throws FieldError */
  async find(path: string): Promise<FoundPath> {
    let failure: FieldError;
    try {
      return { relativePath: await this.#asWritten(path), byEnding: false };
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      failure = error;
    }
    const relativePath = await this.#byEnding(path);
    if (relativePath === null) throw failure;
    return { relativePath: await this.#asWritten(relativePath), byEnding: true };
  }

  async #asWritten(path: string): Promise<string> {
    let failure = 'no such file';
    for (const spelling of spellings(path)) {
      const inside = isAbsolute(spelling)
        ? relative(this.#root, spelling).split(sep).join('/')
        : posix.normalize(spelling);
      if (inside === '..' || inside.startsWith('../') || isAbsolute(inside))
        throw new FieldError(
          'path',
          `${displayName(path)} leaves the dataset folder ${displayName(this.#root)}`,
        );
      const file = resolveInRoot(this.#root, inside);
      try {
        const target = await realLocation(file);
        if (!this.#followLinks && !isWithin(this.#realRoot, target))
          throw new FieldError('path', `${displayName(path)} is a link to a file outside the dataset folder`);
        if (!(await stat(fsPath(file))).isFile())
          throw new FieldError('path', `${displayName(path)} is not a regular file`);
        return inside;
      } catch (error) {
        if (error instanceof FieldError) throw error;
        failure = asUnreadable(error).reason;
      }
    }
    throw new FieldError('path', `${displayName(path)}: ${failure}`);
  }

  async #byEnding(path: string): Promise<string | null> {
    const foreign = isAbsolute(path) || /^[a-z]:|^[\\/]/i.test(path);
    const wanted = partsOf(path.replaceAll('\\', '/').replace(/^[a-z]:/i, ''));
    const name = wanted.at(-1);
    if (name === undefined) return null;
    this.#index ??= await this.#readIndex();
    const namesakes: string[] = []; // in another folder: the name alone may be another image's
    const same = (this.#index.get(stemOf(name)) ?? []).flatMap((candidate) => {
      const has = partsOf(candidate);
      // A name without ending, as tables of Kaggle have it, is a file of any ending.
      if (extensionOf(name) !== '' && has.at(-1) !== name) return [];
      let shared = 1;
      while (shared < Math.min(has.length, wanted.length) && has.at(-1 - shared) === wanted.at(-1 - shared))
        shared++;
      const fits =
        shared === wanted.length ||
        (shared === has.length && (foreign || shared > 1)) ||
        (foreign && shared > 1);
      if (!fits && foreign) namesakes.push(candidate);
      return fits ? [{ candidate, shared }] : [];
    });
    const longest = Math.max(0, ...same.map(({ shared }) => shared));
    const best = same.filter(({ shared }) => shared === longest).map(({ candidate }) => candidate);
    if (best.length > 1)
      throw new FieldError(
        'path',
        `${displayName(path)} is not there as written and may be any of ${firstFew(best.map(displayName))}; write the path from ${displayName(this.#root)}`,
      );
    if (best.length === 0 && namesakes.length > 0)
      throw new FieldError(
        'path',
        `${displayName(path)} is not there as written; of its name there is ${firstFew(namesakes.map(displayName))}, in a folder of another name; write the path from ${displayName(this.#root)}`,
      );
    return best[0] ?? null;
  }

  /** Once, and only where a path is not as written. */
  async #readIndex(): Promise<Map<string, string[]>> {
    const index = new Map<string, string[]>();
    for await (const path of filesWithin(this.#root)) {
      const key = stemOf(keyOf(posix.basename(path)));
      const known = index.get(key);
      if (known) known.push(path);
      else index.set(key, [path]);
    }
    for (const paths of index.values()) paths.sort();
    return index;
  }
}

const keyOf = (name: string): string => name.normalize('NFC').toLowerCase();

const stemOf = (key: string): string => key.slice(0, key.length - extensionOf(key).length);

const partsOf = (path: string): string[] =>
  keyOf(path)
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..');

/** As written; then with Windows separators turned; then in the other Unicode forms that file systems use. */
function spellings(path: string): Set<string> {
  const turned = path.replaceAll('\\', '/');
  return new Set([path, turned, turned.normalize('NFC'), turned.normalize('NFD')]);
}
