/**
 * The child of measure.ts: plays Electron's main on a catalog of one dataset, and prints one JSON line: how long each answer
 * took as the window gets it, checked against the contract, how large it is, and the most memory that was taken.
 */
import { openCatalog } from '../../../src/main/catalog/index.ts';
import { answer } from '../../../src/main/ipc.ts';
import { PathTokens } from '../../../src/main/path-tokens.ts';
import type { RequestInput, RequestName } from '../../../src/shared/contract.ts';
import { handlersOf } from '../../../test/main/support/handlers.ts';
import { peakBytes } from '../../bench/machine.ts';
import type { Answered } from './measure.ts';

const catalog = openCatalog(process.argv[2]);
const handlers = handlersOf(catalog);
const answers: Answered[] = [];

async function ask<N extends RequestName>(label: string, name: N, input: RequestInput<N>): Promise<unknown> {
  const from = performance.now();
  const given = await answer(handlers, new PathTokens(), name, input);
  const ms = performance.now() - from;
  const value = given.ok ? given.value : null;
  const kib = (value instanceof Uint32Array ? value.byteLength : JSON.stringify(value).length) / 1024;
  answers.push({ name: label, ms, kib, fault: given.ok ? null : given.error.message });
  return value;
}

const datasets = (await ask('datasets', 'datasets.list', {})) as { id: number; classes: { id: number }[] }[];
const { id: datasetId, classes } = datasets[0];
const some = [classes[0].id, classes.at(-1)!.id];
const ids = (await ask('ids by path', 'images.ids', { datasetId, filter: {}, sort: 'path' })) as Uint32Array;
await ask('ids by difficulty', 'images.ids', { datasetId, filter: {}, sort: 'difficulty-desc' });
await ask('ids of two classes', 'images.ids', { datasetId, filter: { classIds: some }, sort: 'path' });
await ask('ids of all classes', 'images.ids', {
  datasetId,
  filter: { classIds: classes.map(({ id }) => id) },
  sort: 'path',
});
await ask('ids by text', 'images.ids', { datasetId, filter: { text: '77' }, sort: 'path' });
await ask('a page of tiles', 'images.byIds', { ids: Array.from(ids.subarray(0, 200)) });
await ask('an image', 'images.detail', { id: ids[ids.length >> 1] });
await ask('summary', 'difficulty.summary', { datasetId, perClass: 8 });
await ask('issues', 'issues.get', { datasetId });
await ask('skipped files', 'datasets.skipped', { datasetId, offset: 0, limit: 1000 });
catalog.close();
process.stdout.write(`${JSON.stringify({ answers, peakMiB: peakBytes() / 2 ** 20 })}\n`);
