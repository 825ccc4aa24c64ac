import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as c from '../../../src/main/catalog/index.ts';
import { makeDataset, tempCatalog } from '../support/catalogs.ts';

test('a report\u2019s pictures lie in the folder of their job, and other jobs have none', () => {
  const catalog = tempCatalog();
  const { datasetId } = makeDataset(catalog, ['cat']);
  const add = (kind: 'control' | 'hard-factors' | 'score') =>
    c.addJob(catalog, { kind, datasetId, title: 'x', device: 'auto', params: {}, owner: null }).id;
  const [control, hard, score] = [add('control'), add('hard-factors'), add('score')];
  expect(c.jobPictureFile(catalog, control, 'controlled-0-0-0.png')).toBe(
    catalog.file(join('control', String(control), 'controlled-0-0-0.png')),
  );
  expect(c.jobPictureFile(catalog, hard, 'grid-0.png')).toBe(
    catalog.file(join('hard-factors', String(hard), 'grid-0.png')),
  );
  expect(c.jobPictureFile(catalog, score, 'grid-0.png')).toBeNull();
  expect(c.jobPictureFile(catalog, 99, 'grid-0.png')).toBeNull();
});
