/** Owns looking at a tree of processes (Linux: /proc): their memory, their open files, and which are left over. */
import { readdirSync, readFileSync } from 'node:fs';

interface Facts {
  parent: number;
  /** A number is given again; together with its start it is one process's alone. */
  startedAt: string;
}

function factsOf(pid: number): Facts | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : { parent: Number(fields[1]), startedAt: fields[19] };
  } catch {
    return null;
  }
}

/** A line of /proc/<pid>/status in MiB (VmRSS: now, VmHWM: its most); null where there is no such process. */
export function memoryMiB(pid: number, line: 'VmRSS' | 'VmHWM'): number | null {
  try {
    const found = new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found ? Number(found[1]) / 1024 : null;
  } catch {
    return null;
  }
}

export function openFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/** Every process below `root`, which is not among them. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  let names: string[] = [];
  try {
    names = readdirSync('/proc');
  } catch {
    return []; // no Linux
  }
  for (const name of names) {
    const pid = Number(name);
    const facts = Number.isInteger(pid) ? factsOf(pid) : null;
    if (facts) children.set(facts.parent, [...(children.get(facts.parent) ?? []), pid]);
  }
  const found: number[] = [];
  const visit = (pid: number) => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(root);
  return found;
}

/** Watches a tree while it runs; ended processes are remembered for what they took and whether they ended. */
export class TreeWatch {
  readonly #root: number;
  readonly #seen = new Map<number, string>();
  readonly #timer: NodeJS.Timeout;
  /** The most that one process of the tree has had at once; null where it cannot be read. */
  peakMiB: number | null = null;

  constructor(root: number, everyMs = 500) {
    this.#root = root;
    this.#timer = setInterval(() => this.look(), everyMs);
    this.look();
  }

  look(): void {
    for (const pid of [this.#root, ...descendants(this.#root)]) {
      const facts = factsOf(pid);
      if (facts && pid !== this.#root) this.#seen.set(pid, facts.startedAt);
      const most = memoryMiB(pid, 'VmHWM');
      if (most !== null) this.peakMiB = Math.max(this.peakMiB ?? 0, most);
    }
  }

  /** Processes that were seen in the tree and run still. */
  alive(): number[] {
    return [...this.#seen]
      .filter(([pid, startedAt]) => factsOf(pid)?.startedAt === startedAt)
      .map(([pid]) => pid);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Processes (but not this one) that have `text` among their arguments. */
export function processesWith(text: string): number[] {
  let names: string[] = [];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.map(Number).filter((pid) => {
    if (!Number.isInteger(pid) || pid === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}
