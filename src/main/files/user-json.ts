/**
 * Owns reading JSON that is not ours: a file of bounded size, and values of bounded nesting. Both are looked at before
 * anything is parsed: ten million brackets take seconds to parse, and whatever walks them afterwards by recursion
 * (JSON.stringify for one) ends with an overflow of the stack.
 */
import { readUserText, UnfitFile } from './user-file.ts';

export interface JsonLimits {
  /** Default 32 MiB: the largest vocabularies take a tenth of it. */
  maxBytes?: number;
  /** Default 64 brackets within brackets: what is read here has five. */
  maxDepth?: number;
}

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_DEPTH = 64;

/** @throws naming the file: not there, no regular file, too large, nested too deeply, no JSON. */
export function readJson(
  file: string,
  { maxBytes = MAX_BYTES, maxDepth = MAX_DEPTH }: JsonLimits = {},
): unknown {
  const text = readUserText(file, { maxBytes, wanted: 'json' });
  try {
    return parseJson(text, maxDepth);
  } catch (error) {
    throw new UnfitFile(file, `not valid JSON (${(error as Error).message})`, { cause: error });
  }
}

/**
 * Python writes numbers that are not finite as NaN, Infinity and -Infinity, which are no JSON: they are read as those
 * numbers. @throws where it is nested too deeply, or no JSON.
 */
export function parseJson(text: string, maxDepth = MAX_DEPTH): unknown {
  if (deeperThan(text, maxDepth)) throw new Error(`nested more than ${maxDepth} levels deep`);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(NaN|Infinity)\b/.test(text)) throw error;
    return JSON.parse(withoutLiterals(text), (_, value) => (value === NAN ? Number.NaN : value));
  }
}

/** No text of a file: it is given only where a NaN stood. */
const NAN = '\u0000NaN';

/** A number too large for a double is read as infinite. */
const withoutLiterals = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|\bInfinity\b|\bNaN\b/g, (found) =>
    found === 'Infinity' ? '1e999' : found === 'NaN' ? JSON.stringify(NAN) : found,
  );

const QUOTE = 34;
const BACKSLASH = 92;

/** Of a text that may be no JSON: brackets that are open at one time, outside of strings. */
function deeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      for (i++; i < text.length && text.charCodeAt(i) !== QUOTE; i++)
        if (text.charCodeAt(i) === BACKSLASH) i++;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}
