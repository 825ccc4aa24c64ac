/** Owns the walk over an oracle folder: which cases it holds, and all the checks of each. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { caseName, isData, isHidden, type OracleCase, openCase } from './case.ts';
import { type Check, failure, listed, statement } from './compare.ts';
import type { CaseRun, GoldenOptions, Part } from './graph.ts';
import { KINDS } from './kinds.ts';

export interface FoundCase {
  name: string;
  folder: string;
}

/**
 * Every folder with a meta.json, in order of name, and every folder with data that belong to no such folder.
 * @throws when `root` is no folder.
 */
export function findCases(root: string): FoundCase[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) throw new Error(`${root} is no folder`);
  const found = below(root, root);
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function below(root: string, folder: string): FoundCase[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const isCase = entries.some((entry) => entry.name === 'meta.json');
  const folders = entries
    .filter((entry) => entry.isDirectory() && !isHidden(entry.name))
    .map((entry) => join(folder, entry.name));
  const nested = folders.flatMap((path) => (isCase && !holdsCase(path) ? [] : below(root, path)));
  // Files beside the cases at the top are the folder's own, such as an index.
  const stray = folder !== root && entries.some((entry) => entry.isFile() && isData(entry.name));
  return isCase || stray ? [{ name: caseName(root, folder), folder }, ...nested] : nested;
}

const holdsCase = (folder: string): boolean =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((path) =>
    /(^|[\\/])meta\.json$/.test(path),
  );

export interface OpenedCase {
  name: string;
  kind: string;
  parts: Part[];
  close(): Promise<void>;
}

/**
 * The parts of one case, to be run in order; the last asks what nothing looked at. What cannot be opened is a case
 * with one part that fails.
 */
export function openParts(root: string, found: FoundCase, options: GoldenOptions): OpenedCase {
  let c: OracleCase | undefined;
  let run: CaseRun;
  try {
    if (!existsSync(join(found.folder, 'meta.json')))
      throw new Error('no meta.json: what the files are is not said');
    c = openCase(root, found.folder);
    const kind = Object.hasOwn(KINDS, c.kind) ? KINDS[c.kind] : undefined;
    if (!kind) throw new Error(`meta.json: kind ${c.kind}, wanted one of ${Object.keys(KINDS).join(', ')}`);
    run = kind(c, options);
  } catch (error) {
    const check = failure('open', (error as Error).message);
    run = { parts: [{ name: 'open', run: async () => [check] }] };
    return { name: found.name, kind: c?.kind ?? 'none', parts: run.parts, close: async () => {} };
  }
  const opened = c;
  let checks = 0;
  const parts = run.parts.map((part) => ({
    name: part.name,
    async run(): Promise<Check[]> {
      try {
        const results = await part.run();
        checks += results.length;
        return results;
      } catch (error) {
        return [failure(part.name, (error as Error).message)];
      }
    },
  }));
  const whole: Part = {
    name: 'nothing left out',
    async run() {
      const left = opened.untouched();
      const wrong = checks === 0 ? ['no check was made'] : left.map((what) => `${what} was not looked at`);
      return [statement('nothing left out', wrong)];
    },
  };
  return {
    name: opened.name,
    kind: opened.kind,
    parts: [...parts, whole],
    close: async () => run.close?.(),
  };
}

/** All checks of one case, one after the other. */
export async function* checksOf(opened: OpenedCase): AsyncGenerator<Check> {
  try {
    for (const part of opened.parts) yield* await part.run();
  } finally {
    await opened.close();
  }
}

/** Cases that are `names` or lie below one of them; all, where no names are given. @throws for a name of none. */
export function chosenCases(cases: readonly FoundCase[], names: readonly string[]): FoundCase[] {
  if (names.length === 0) return [...cases];
  const is = (c: FoundCase, name: string) => c.name === name || c.name.startsWith(`${name}/`);
  const missing = names.filter((name) => !cases.some((c) => is(c, name)));
  if (missing.length > 0)
    throw new Error(`no case ${listed(missing)}; there are ${cases.map((c) => c.name).join(', ')}`);
  return cases.filter((c) => names.some((name) => is(c, name)));
}
