/** Jobs whose results an earlier version wrote are listed, and each field that fits is there. */
import { rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { addJob, getJob, listJobs, openCatalog } from '../../../src/main/catalog/index.ts';
import { tempFolder } from '../support/catalogs.ts';

const folder = tempFolder();
const catalog = openCatalog(folder);
afterAll(() => {
  catalog.close();
  rmSync(folder, { recursive: true, force: true });
});

test('an import without a summary, and a training whose loss is no number', () => {
  const done = (kind: 'import' | 'train', written: string): number => {
    const { id } = addJob(catalog, {
      kind,
      datasetId: null,
      title: kind,
      device: 'cpu',
      params: {},
      owner: null,
    });
    catalog.run("UPDATE jobs SET state = 'done', result = ? WHERE id = ?", written, id);
    return id;
  };
  const imported = done('import', '{"datasetId":1,"found":3,"imported":3,"skipped":0}');
  const trained = done('train', '{"modelId":"model:2","steps":9,"loss":null}');
  expect(getJob(catalog, imported).result).toEqual({ datasetId: 1, found: 3, imported: 3, skipped: 0 });
  expect(getJob(catalog, trained).result).toEqual({ modelId: 'model:2', steps: 9 });
  expect(listJobs(catalog, 10).map(({ id }) => id)).toEqual([trained, imported]);
});
