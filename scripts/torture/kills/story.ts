/**
 * Owns the story that is disturbed: one job of every kind on a small dataset, each from the catalog that the jobs before
 * it left, and what each leaves when nobody disturbs it. A tiny random diffusion model stands in for the built-in one:
 * the same code, less arithmetic.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalog, openCatalog, writeSettings } from '../../../src/main/catalog/index.ts';
import { addModel } from '../../../src/main/engine/check-model.ts';
import { JobQueue } from '../../../src/main/jobs/queue.ts';
import { EngineSupervisor } from '../../../src/main/jobs/supervisor.ts';
import type { JobRequestInput } from '../../../src/shared/jobs/index.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../../test/main/support/pictures.ts';
import { writeTinyDiffusion } from '../../../test/main/support/tiny-diffusion.ts';
import type { CampaignContext } from '../frame/campaign.ts';
import { type Fingerprint, filesOf, fingerprint } from './fingerprint.ts';

export interface Scene {
  kind: JobRequestInput['kind'];
  /** What the job starts from: a closed catalog, to be copied. */
  before: string;
  /** From the start of an engine to the end of the job, undisturbed. */
  milliseconds: number;
  after: Fingerprint;
  request(place: string): JobRequestInput;
}

/** Where a job's catalog and its export lie. */
export const catalogOf = (place: string) => join(place, 'catalog');
const exportOf = (place: string) => join(place, 'export');

const everyKind = (photos: string, encoder: string, diffusion: string, place: string): JobRequestInput[] => {
  const level = { datasetId: 1, levels: [0.1, 0.9], count: 2, steps: 4, batchSize: 2, seed: 2 };
  return [
    { kind: 'import', params: { source: photos, name: 'photos' } },
    { kind: 'embed', params: { datasetId: 1 } },
    { kind: 'score', params: { datasetId: 1, folds: 3 } },
    { kind: 'fit', params: { datasetId: 1, size: 24, epochs: 4 } },
    { kind: 'project', params: { datasetId: 1, perplexity: 10, iterations: 4000 } },
    {
      kind: 'train',
      params: {
        datasetId: 1,
        baseModelId: diffusion,
        steps: 80,
        batchSize: 4,
        checkpointEvery: 10,
        previewEvery: 40,
      },
    },
    { kind: 'generate', params: { datasetId: 1, count: 6, batchSize: 2, steps: 8, seed: 3 } },
    { kind: 'rescore', params: { datasetId: 1 } },
    { kind: 'score', params: { datasetId: 1, method: 'classifier', modelId: encoder } },
    { kind: 'issues', params: { datasetId: 1 } },
    { kind: 'control', params: level },
    { kind: 'hard-factors', params: level },
    { kind: 'caption', params: { datasetId: 1 } },
    { kind: 'export', params: { datasetId: 1, out: exportOf(place) } },
  ];
};

/** Plays the story undisturbed. */
export async function playStory({ folder, quick, log, signal }: CampaignContext): Promise<Scene[]> {
  const photos = await makeFolder(join(folder, 'photos'), quick ? 20 : 40, 96);
  writeTinyDiffusion(join(folder, 'tiny'));
  const place = join(folder, 'calm');
  const first = openCatalog(catalogOf(place));
  const onnx = writeClassifier(join(folder, 'colours.onnx'));
  const encoder = (await addModel(first, { path: onnx, name: 'colours', onnx: classifierSpec })).id;
  const diffusion = (await addModel(first, { path: join(folder, 'tiny'), name: 'tiny' })).id;
  writeSettings(first, { threads: 1 }); // the machine may be busy with more than this
  first.close();

  const requests = (at: string) => everyKind(photos, encoder, diffusion, at);
  const scenes: Scene[] = [];
  for (const [index, { kind }] of requests(place).entries()) {
    signal.throwIfAborted();
    const before = join(folder, 'before', String(index));
    cpSync(catalogOf(place), before, { recursive: true });
    const request = (at: string) => requests(at)[index];
    const milliseconds = await playCalmly(place, request(place));
    scenes.push({ kind, before, milliseconds, after: marksOf(place), request });
  }
  log(
    `undisturbed: ${scenes.map(({ kind, milliseconds }) => `${kind} ${(milliseconds / 1000).toFixed(1)} s`).join(', ')}`,
  );
  return scenes;
}

async function playCalmly(place: string, request: JobRequestInput): Promise<number> {
  const catalog = openCatalog(catalogOf(place));
  const supervisor = new EngineSupervisor({ catalog, role: 'app' });
  const job = supervisor.queue.enqueue(request);
  const from = performance.now();
  supervisor.start();
  const { state, error } = await supervisor.waitFor(job.id);
  const milliseconds = performance.now() - from;
  await supervisor.stop();
  catalog.close();
  if (state !== 'done') throw new Error(`undisturbed, ${request.kind} is ${state}: ${error}`);
  return milliseconds;
}

/** A copy of what the scene starts from. `enqueue` puts its job in line, for any engine. */
export function setScene(scene: Scene, place: string): { catalog: Catalog; enqueue: () => number } {
  rmSync(place, { recursive: true, force: true });
  cpSync(scene.before, catalogOf(place), { recursive: true });
  const catalog = openCatalog(catalogOf(place));
  return { catalog, enqueue: () => new JobQueue(catalog).enqueue(scene.request(place)).id };
}

/** Of the catalog and of the export beside it, whose own mark holds an id of its own. */
export function marksOf(place: string): Fingerprint {
  const catalog = openCatalog(catalogOf(place));
  const marks = fingerprint(catalog, place);
  const [exported] = catalog.column<string>(
    "SELECT state FROM jobs WHERE kind = 'export' AND state = 'done'",
  );
  catalog.close();
  if (exported !== undefined)
    for (const [name, hash] of Object.entries(filesOf(exportOf(place))))
      marks.set(`exported ${name}`, /^\/\.[^/]+$/.test(name) ? '' : hash);
  return marks;
}
