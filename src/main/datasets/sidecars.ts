/**
 * Owns captions in files of their own: 1.txt or 1.caption beside 1.jpg, its first line with something on it, as kohya's
 * trainers read them. Files of numbers are boxes (YOLO) and no captions.
 */
import { join } from 'node:path';
import { extensionOf } from '../files/fs-names.ts';
import { readUserFile, UnfitFile } from '../files/user-file.ts';
import { asUnreadable } from '../images/errors.ts';

const ENDINGS = ['.txt', '.caption'];
/** Of captions in use the longest have some thousand characters. */
const MAX_BYTES = 64 * 1024;
/** What the catalog's captions may hold. */
const MAX_CHARS = 2000;

export const stemOf = (name: string): string => name.slice(0, name.length - extensionOf(name).length);

/** The name beside an image's that may hold its caption. `names`: of the folder. */
export function sidecarOf(image: string, names: ReadonlySet<string>): string | null {
  const stem = stemOf(image);
  for (const ending of ENDINGS) if (stem !== image && names.has(stem + ending)) return stem + ending;
  return null;
}

export const isSidecarName = (name: string): boolean => ENDINGS.includes(extensionOf(name));

export type Sidecar =
  | { kind: 'caption'; text: string; more: boolean } // more: lines after the first, or characters cut off
  | { kind: 'not-used'; what: string };

export function readSidecar(folder: string, name: string): Sidecar {
  let bytes: Uint8Array;
  try {
    bytes = readUserFile(join(folder, name), { maxBytes: MAX_BYTES });
  } catch (error) {
    const { reason } = asUnreadable(error);
    return {
      kind: 'not-used',
      what:
        error instanceof UnfitFile ? 'Caption files too large or not regular' : `Caption files: ${reason}`,
    };
  }
  const lines = decode(bytes)
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) return { kind: 'not-used', what: 'Caption files that are empty' };
  if (lines.every((line) => /^[-+\d.eE\s]+$/.test(line)))
    return { kind: 'not-used', what: 'Files of numbers beside images (boxes or class numbers)' };
  const text = [...lines[0].normalize('NFC')];
  return {
    kind: 'caption',
    text: text.slice(0, MAX_CHARS).join(''),
    more: lines.length > 1 || text.length > MAX_CHARS,
  };
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
