/** Owns the catalog that requests are thrown at: every table that they reach has rows, names that no code expects among them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as c from '../../../src/main/catalog/index.ts';
import { JobQueue } from '../../../src/main/jobs/index.ts';

const names = ['cat', 'dog', '__proto__', 'constructor', 'toString', '\x1b[2J\u202e', ''];

export function fillCatalog(catalog: c.Catalog, images: number, manyClasses: number): void {
  const datasetId = c.ensureDataset(catalog, 'pets', '/nowhere', '/nowhere');
  const classes = c.ensureClasses(catalog, datasetId, names);
  const classIds = names.map((name) => classes.get(name)!);
  const ids = catalog.write(() =>
    Array.from({ length: images }, (_, i) => addImage(catalog, datasetId, i, classIds[i % classIds.length])),
  );
  for (const name of ['first', 'second'])
    c.addScorer(
      catalog,
      {
        ...{ datasetId, name, method: 'precomputed', modelId: '', modelName: 'm', modelHash: '', classIds },
        ...{ probes: null, params: {} },
      },
      { imageIds: ids, probabilities: probabilities(ids.length, classIds.length) },
    );
  c.setTag(catalog, ids.slice(0, 50), '__proto__', true);
  c.setCaption(catalog, ids.slice(0, 50), "100% of a 'cat'_\\");
  c.decide(catalog, ids.slice(50, 90), 'reject');
  const wide = c.ensureDataset(catalog, 'wide', '/nowhere/wide', '/nowhere/wide');
  c.ensureClasses(
    catalog,
    wide,
    Array.from({ length: manyClasses }, (_, i) => `class ${i}`),
  );
  const job = new JobQueue(catalog).enqueue({ kind: 'train', params: { datasetId } });
  catalog.write(() => {
    for (let step = 1; step <= 50_000; step++)
      c.addTrainingPoint(catalog, job.id, { step, loss: step % 9 ? 0.5 : Number.NaN, smoothedLoss: 0.5 });
    for (let line = 0; line < 10_000; line++) c.addLog(catalog, job.id, 'warn', `line ${line} \x1b[2J`);
  });
}

function addImage(catalog: c.Catalog, datasetId: number, i: number, classId: number): number {
  return catalog.run(
    `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, split, created_at)
     VALUES (?, 'real', ?, ?, 10, 4, 3, 'png', ?, 'train', 0)`,
    ...[datasetId, `${i}_%\\.png`, `hash ${i}`, classId],
  ).id;
}

function probabilities(rows: number, columns: number): Float32Array {
  const all = new Float32Array(rows * columns);
  for (let i = 0; i < all.length; i++) all[i] = 0.5 + ((i * 7919) % 1000) / 1000;
  for (let row = 0; row < rows; row++) {
    const part = all.subarray(row * columns, (row + 1) * columns);
    const sum = part.reduce((a, b) => a + b, 0);
    for (let k = 0; k < columns; k++) part[k] /= sum;
  }
  return all;
}

/** Files that a person may have chosen by mistake. */
export function writeChosenFiles(folder: string): string[] {
  const files = {
    'a.safetensors': 'no tensors',
    'b.onnx': '\0\0\0',
    'c.jsonl': '{"path": 1}\n[',
    'd.csv': 'a,b\n1',
  };
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
}
