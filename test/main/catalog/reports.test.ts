import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import * as c from '../../../src/main/catalog/index.ts';
import type { JobKind } from '../../../src/shared/jobs/index.ts';
import { makeDataset, tempCatalog } from '../support/catalogs.ts';

const schema = z.object({ answer: z.int() });

let catalog: c.Catalog;
let datasetId: number;

beforeEach(() => {
  catalog = tempCatalog();
  datasetId = makeDataset(catalog, ['cat']).datasetId;
});

/** A job of this state whose result names a file with this text; null: there is no such file. */
function addReport(text: string | null, kind: JobKind = 'control', state = 'done', of = datasetId): number {
  const job = { kind, datasetId: of, title: 'x', device: 'auto', params: {}, owner: null } as const;
  const { id } = c.addJob(catalog, job);
  const file = join('control', String(id), 'control.json');
  catalog.run(
    'UPDATE jobs SET state = ?, result = ?, finished_at = ? WHERE id = ?',
    ...[state, JSON.stringify({ file }), 1000 + id, id],
  );
  if (text !== null) {
    mkdirSync(dirname(catalog.file(file)), { recursive: true });
    writeFileSync(catalog.file(file), text);
  }
  return id;
}

test('reports of the dataset are listed newest first; unreadable ones say why', () => {
  const good = addReport('{"answer": 42}');
  const gone = addReport(null);
  const torn = addReport('{"answer": 4');
  const old = addReport('{"answer": "many"}');
  addReport('{"answer": 1}', 'control', 'failed');
  addReport('{"answer": 1}', 'hard-factors');
  addReport('{"answer": 1}', 'control', 'done', makeDataset(catalog, ['dog'], 'other').datasetId);
  const list = c.listReports(catalog, datasetId, 'control', schema, ({ answer }) => ({
    doubled: 2 * answer,
  }));
  expect(list.map(({ jobId }) => jobId)).toEqual([old, torn, gone, good]);
  expect(list[3]).toEqual({ jobId: good, finishedAt: 1000 + good, report: { doubled: 84 }, problem: null });
  for (const [item, reason] of [
    [list[0], /another form, answer: .*expected/],
    [list[1], /cannot be read: .*JSON/],
    [list[2], /cannot be read: .*ENOENT/],
  ] as const) {
    expect(item.report).toBeNull();
    expect(item.problem).toMatch(reason);
  }
});

test('one report is read whole, and refused when it is another job\u2019s or of another form', () => {
  const good = addReport('{"answer": 42}');
  expect(c.readReport(catalog, good, 'control', schema)).toEqual({
    jobId: good,
    finishedAt: 1000 + good,
    report: { answer: 42 },
  });
  expect(() => c.readReport(catalog, good, 'hard-factors', schema)).toThrow(
    /report \d+ is not in this catalog/,
  );
  expect(() => c.readReport(catalog, 99, 'control', schema)).toThrow(/report 99 is not in this catalog/);
  const old = addReport('{}');
  expect(() => c.readReport(catalog, old, 'control', schema)).toThrow(
    /another form, answer.*run the check again/,
  );
});
