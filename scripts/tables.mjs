/**
 * Owns one rule: a table in which a text is looked up is a `Map`. In an object, "constructor" and "__proto__" are found
 * though nobody put them there, and a class, tag or tensor may be called so. Run by `npm run check`. A table
 * whose keys the compiler knows (`satisfies`) is no such table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** At the top of a module: `const names: Record<string, ...> = {` with any of the wrappers around the type. */
const table = /^(?:export )?const (\w+): (?:Readonly<|Partial<)*Record<string, .*= \{/;

/** @returns line number and name of every such table in a source. */
export const objectTables = (source) =>
  source.split('\n').flatMap((line, i) => {
    const name = table.exec(line)?.[1];
    return name === undefined ? [] : [{ line: i + 1, name }];
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  let found = 0;
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    for (const { line, name } of objectTables(readFileSync(file, 'utf8'))) {
      console.error(
        `${relative(root, file)}:${line}: ${name} is an object looked up by any text; make it a Map, or name its keys (satisfies)`,
      );
      found += 1;
    }
  }
  console.log(found === 0 ? 'tables: every table by text is a Map' : `tables: ${found} objects`);
  process.exitCode = found === 0 ? 0 : 1;
}
