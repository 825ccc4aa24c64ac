/** Owns label files: the names of a classifier's classes, one a line, in the order of its logits. */
import { readFileSync } from 'node:fs';

/** Empty lines at the end are dropped. */
export function readLabels(file: string): string[] {
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  while (lines.length > 0 && lines[lines.length - 1].trim() === '') lines.pop();
  return lines.map((line) => line.trim());
}
