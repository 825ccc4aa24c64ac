/** A job that was stopped in the middle and resumed tells of all that it has done, not of the rest alone. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type * as c from '../../../../src/main/catalog/index.ts';
import { addModel } from '../../../../src/main/engine/check-model.ts';
import type { JobRequestInput } from '../../../../src/shared/jobs/index.ts';
import type { Job } from '../../../../src/shared/jobs/job.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { countingClock } from '../../support/counting-clock.ts';
import { classifierSpec, colours, makeFolder, writeClassifier } from '../../support/pictures.ts';
import { run, runOk } from '../../support/run.ts';

const SCORED = 2 * colours.length;
/** More than a batch of each of these jobs. */
const IMAGES = 170 * colours.length;

let catalog: c.Catalog;
let modelId: string;
let machineClock: () => void;
beforeEach(async () => {
  machineClock = countingClock();
  catalog = tempCatalog();
  const path = writeClassifier(join(tempFolder(), 'colours.onnx'));
  modelId = (await addModel(catalog, { path, name: 'colours', onnx: classifierSpec })).id;
  const folder = join(tempFolder(), 'photos');
  await makeFolder(folder, SCORED / colours.length);
  await runOk(catalog, { kind: 'import', params: { source: folder, name: 'photos' } });
  await runOk(catalog, { kind: 'score', params: { datasetId: 1, modelId, folds: 2 } });
  await makeFolder(folder, IMAGES / colours.length);
  const again = { kind: 'import', params: { source: folder, name: 'photos' } } as const;
  const figures = { imported: IMAGES - SCORED, unchanged: SCORED };
  expect(await stoppedIn('reading images', again)).toMatchObject(figures);
});
afterEach(() => machineClock());

/** The result of a job that is stopped once something is done in this stage, and resumed. */
async function stoppedIn(stage: string, request: JobRequestInput) {
  const stopped = await run(catalog, request, {
    onEvent: (name, payload, abort) => {
      const job = payload as Job;
      if (name === 'job.updated' && job.stage === stage && job.done > 0) abort.abort(new Error('stop'));
    },
  });
  expect(stopped, stopped.error ?? '').toMatchObject({ state: 'queued' });
  const { state, error, result } = await run(catalog, stopped);
  expect(state, error ?? '').toBe('done');
  return result;
}

test('features', async () => {
  const request = { kind: 'embed', params: { datasetId: 1, modelId } } as const;
  const figures = { embedded: IMAGES - SCORED, unreadable: 0 };
  expect(await stoppedIn('computing features', request)).toMatchObject(figures);
  expect(await runOk(catalog, request)).toMatchObject({ embedded: 0 });
});

test('measuring', async () => {
  const request = { kind: 'rescore', params: { datasetId: 1 } } as const;
  expect(await stoppedIn('measuring difficulty', request)).toMatchObject({ measured: IMAGES - SCORED });
  expect(await runOk(catalog, request)).toMatchObject({ measured: 0 });
});

test('captions', async () => {
  const request = { kind: 'caption', params: { datasetId: 1 } } as const;
  expect(await stoppedIn('writing captions', request)).toMatchObject({ captioned: IMAGES, unchanged: 0 });
  expect(await runOk(catalog, request)).toMatchObject({ captioned: 0, unchanged: IMAGES });
});
