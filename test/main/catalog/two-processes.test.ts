/** App and CLI on one catalog: writers wait for each other, readers see whole transactions. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeBinary } from '../../../src/main/runtime/node-binary.ts';
import { addImage, makeDataset, tempCatalog, tempFolder } from '../support/catalogs.ts';

test('two writers and a reader lose nothing', async () => {
  const folder = tempFolder();
  const catalog = tempCatalog(folder);
  const { datasetId } = makeDataset(catalog, ['cat']);
  const entry = join(import.meta.dirname, '../../../src/main/catalog/index.ts');
  // Pairs in one transaction: a reader must never see an odd number from this process.
  const script = `
    import { once } from 'node:events';
    import { openCatalog } from ${JSON.stringify(entry)};
    const catalog = openCatalog(process.argv[1]);
    const insert = (p) => catalog.run("INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, created_at) VALUES (?, 'real', ?, 'h', 1, 1, 1, 'png', 0)", ${datasetId}, p);
    for (let i = 0; i < 300; i++) {
      if (i === 150) await once(process.stdin, 'data'); // the parent has seen some, and has yet to see the rest
      catalog.write(() => { insert('child/' + i + 'a'); insert('child/' + i + 'b'); });
    }
    process.stdin.destroy();
    catalog.close();`;
  const child = spawn(nodeBinary(), ['--input-type=module', '-e', script, folder], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const exit = once(child, 'exit');
  let mine = 0;
  let seen = 0;
  while (child.exitCode === null) {
    catalog.write(() => addImage(catalog, datasetId, `parent/${mine++}`, null));
    const theirs = catalog.value<number>("SELECT COUNT(*) FROM images WHERE path LIKE 'child/%'")!;
    expect(theirs % 2).toBe(0);
    if (theirs > 0 && theirs < 600 && seen++ === 0) child.stdin.write('go on');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await exit)[0]).toBe(0);
  expect(catalog.value("SELECT COUNT(*) FROM images WHERE path LIKE 'child/%'")).toBe(600);
  expect(catalog.value("SELECT COUNT(*) FROM images WHERE path LIKE 'parent/%'")).toBe(mine);
  expect(seen).toBeGreaterThan(0); // they really did run at the same time
});
