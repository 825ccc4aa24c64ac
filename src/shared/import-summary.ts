/** Owns what an import tells at its end: what it used, and what it saw and did not use. Part of the job's result. */
import { z } from 'zod';

export const importNote = z.object({
  /** A noun phrase that a count fits behind: "Captions from .txt files beside the images". */
  what: z.string(),
  /** null: a remark on the whole, of which there is nothing to count. */
  count: z.int().min(0).nullable(),
  /** The first few, by name. */
  examples: z.array(z.string()),
});
export type ImportNote = z.infer<typeof importNote>;

export const importSummary = z.object({
  /** Title of the layout, from the table in main/datasets/layouts. */
  layout: z.string(),
  used: z.array(importNote),
  unused: z.array(importNote),
});
export type ImportSummary = z.infer<typeof importSummary>;

/** "Captions from .txt files: 12 (a.txt, b.txt, ...)" */
export function noteText({ what, count, examples }: ImportNote): string {
  if (count === null) return what;
  const more = examples.length < count ? ', ...' : '';
  const named = examples.length > 0 ? ` (${examples.join(', ')}${more})` : '';
  return `${what}: ${count.toLocaleString('en-US')}${named}`;
}
