/** Owns counting, during an import, what was used and what was seen and not used. Memory does not grow with the dataset. */
import type { ImportNote } from '../../shared/import-summary.ts';

const EXAMPLES = 3;

export class Tally {
  readonly #used = new Map<string, ImportNote>();
  readonly #unused = new Map<string, ImportNote>();

  /** `example` names one of them, in the form for people. */
  used(what: string, example?: string, count = 1): void {
    add(this.#used, what, example, count);
  }

  unused(what: string, example?: string, count = 1): void {
    add(this.#unused, what, example, count);
  }

  /** How something was read, once. */
  remark(what: string): void {
    this.#used.set(what, { what, count: null, examples: [] });
  }

  notes(): { used: ImportNote[]; unused: ImportNote[] } {
    return { used: [...this.#used.values()], unused: [...this.#unused.values()] };
  }
}

function add(notes: Map<string, ImportNote>, what: string, example: string | undefined, count: number): void {
  if (count === 0) return;
  const note = notes.get(what) ?? { what, count: 0, examples: [] };
  note.count = (note.count ?? 0) + count;
  if (example !== undefined && note.examples.length < EXAMPLES && !note.examples.includes(example))
    note.examples.push(example);
  notes.set(what, note);
}
