/**
 * The child of opens.ts: loads everything, says so, waits for the file `go`, and opens the catalog at the very moment that
 * the others do; writes one dataset with a class and reads the list. Arguments: catalog folder, go file, own name.
 */
import { existsSync } from 'node:fs';
import { ensureClasses, ensureDataset, listDatasets, openCatalog } from '../../../src/main/catalog/index.ts';

const [folder, go, name] = process.argv.slice(2);
const cell = new Int32Array(new SharedArrayBuffer(4));
process.stdout.write('ready\n');
// Blocked, not scheduled: what comes next must follow the file at once.
while (!existsSync(go)) Atomics.wait(cell, 0, 0, 1);

const catalog = openCatalog(folder);
const datasetId = ensureDataset(catalog, name, `/${name}`, `/${name}`);
ensureClasses(catalog, datasetId, ['cat']);
if (!listDatasets(catalog).some((dataset) => dataset.name === name && dataset.classes.length === 1))
  throw new Error(`${name}: what it has just written is not there`);
catalog.close();
