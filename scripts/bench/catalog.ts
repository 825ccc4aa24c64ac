/**
 * Owns `npm run bench -- catalog`: what screens ask of a large catalog, and a large edit, in milliseconds.
 *   [--images 200000] [--edited 10000] [--runs 5]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as c from '../../src/main/catalog/index.ts';
import { fillCatalog } from './catalog-rows.ts';
import { machine, median, milliseconds, table } from './machine.ts';

export function benchCatalog(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      images: { type: 'string', default: '200000' },
      edited: { type: 'string', default: '10000' },
      runs: { type: 'string', default: '5' },
    },
  });
  const [images, edited, runs] = [values.images, values.edited, values.runs].map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'crux-bench-catalog-'));
  const catalog = c.openCatalog(folder);
  try {
    const { datasetId, firstClassId } = fillCatalog(catalog, images);
    const hardest = c.imageIds(catalog, datasetId, {}, 'difficulty-desc');
    const some = [...hardest.slice(0, edited)];
    const asked: [string, () => unknown][] = [
      ['every image by path', () => c.imageIds(catalog, datasetId, {}, 'path')],
      ['every image by difficulty', () => c.imageIds(catalog, datasetId, {}, 'difficulty-desc')],
      [
        'the hard ones of a class',
        () => c.imageIds(catalog, datasetId, { classIds: [firstClassId], bucket: 'hard' }, 'difficulty-desc'),
      ],
      ['summaries of 1,000 images', () => c.imagesByIds(catalog, some.slice(0, 1000))],
      ['the dataset', () => c.getDataset(catalog, datasetId)],
      ['the summary of its difficulty', () => c.difficultySummary(catalog, datasetId, 8)],
      [`relabel and accept ${edited} images`, () => c.decide(catalog, some, 'accept', firstClassId)],
      ['take that back', () => c.undoEdit(catalog)],
    ];
    console.log(`${machine()}; ${images} images, median of ${runs}.\n`);
    const times = asked.map((): number[] => []);
    for (let run = 0; run < runs; run++)
      asked.forEach(([, ask], i) => {
        const from = performance.now();
        ask();
        times[i].push(performance.now() - from);
      });
    const rows = asked.map(([what], i) => [what, milliseconds(median(times[i]))]);
    console.log(table(['', 'time'], rows));
  } finally {
    catalog.close();
    rmSync(folder, { recursive: true });
  }
}
