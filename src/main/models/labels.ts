/** Owns label files: the names of a classifier's classes, one a line, in the order of its logits. */
import { readUserText } from '../files/user-file.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** Empty lines at the end are dropped. */
export function readLabels(file: string): string[] {
  const lines = readUserText(file, { maxBytes: MAX_BYTES, wanted: 'text' }).split(/\r?\n/);
  while (lines.length > 0 && lines[lines.length - 1].trim() === '') lines.pop();
  return lines.map((line) => line.trim());
}
