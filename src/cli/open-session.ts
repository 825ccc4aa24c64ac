/** Owns the opening of a catalog for commands: catalog, queue and engine behind the `Session` interface. */
import {
  decide,
  difficultySummary,
  findDataset,
  getProjection,
  imageDetail,
  imageFile,
  imageIds,
  imagesByIds,
  listDatasets,
  listSkipped,
  openCatalog,
  readSettings,
  removeDataset,
  removeModelRow,
  scorerCalibration,
  scorerComparison,
  setScorer,
  thumbnailFile,
} from '../main/catalog/index.ts';
import { addModel } from '../main/engine/check-model.ts';
import { inspect } from '../main/engine/inspector.ts';
import { addFromModelsFolder } from '../main/engine/models-folder.ts';
import { EngineSupervisor } from '../main/jobs/index.ts';
import { listModels } from '../main/models/registry.ts';
import type { Dataset } from '../shared/domain/dataset.ts';
import { usageError } from './errors.ts';
import { followEngine } from './follow-engine.ts';
import type { Session, SessionOptions } from './session.ts';

const quoted = (names: readonly string[]) => names.map((n) => `"${n}"`).join(', ');

/** The engine starts with the first job that is followed, not before. */
export async function openSession({ io, folder, device, begins = false }: SessionOptions): Promise<Session> {
  const catalog = openCatalog(folder, { existing: !begins });
  const supervisor = new EngineSupervisor({
    catalog,
    role: 'cli',
    onLine: io.env.CRUX_DEBUG ? (line) => io.stderr(`engine: ${line}\n`) : undefined,
  });
  const { queue } = supervisor;

  function classOf(dataset: Dataset, name: string) {
    const found = dataset.classes.find((c) => c.name === name);
    if (found) return found;
    const shown = dataset.classes.slice(0, 20).map((c) => c.name);
    const more = dataset.classes.length > shown.length ? ', ...' : '';
    throw usageError(`no class "${name}" in ${dataset.name}; there are ${quoted(shown)}${more}`);
  }

  return {
    io,
    folder: catalog.dir,

    datasets: () => listDatasets(catalog),
    dataset(name) {
      const found = findDataset(catalog, name);
      if (found) return found;
      const names = listDatasets(catalog).map((d) => d.name);
      const remedy =
        names.length > 0
          ? `there are ${quoted(names)}`
          : `import one with: crux import FOLDER --name ${name.includes(' ') ? `"${name}"` : name}`;
      throw usageError(`no dataset "${name}" in ${catalog.dir}; ${remedy}`);
    },
    removeDataset: (dataset) => removeDataset(catalog, dataset.id),
    skipped: (dataset, limit) => listSkipped(catalog, dataset.id, 0, limit),
    classId: (dataset, name) => classOf(dataset, name).id,
    className: (dataset, name) => classOf(dataset, name).name,

    imageIds: (dataset, filter, sort = 'path') => Array.from(imageIds(catalog, dataset.id, filter, sort)),
    images: (ids) => imagesByIds(catalog, ids),
    imagesLike: (dataset, search) =>
      inspect('images.like', { catalog: catalog.dir, datasetId: dataset.id, ...search }),
    imageDetail: (id) => imageDetail(catalog, id),
    pictures: (id) => [thumbnailFile(catalog, id), imageFile(catalog, id)].filter((f) => f !== null),
    decide: (ids, decision) => decide(catalog, ids, decision),
    summary: (dataset, perClass) => difficultySummary(catalog, dataset.id, perClass),
    projection: (dataset) => getProjection(catalog, dataset.id),

    scorerId(dataset, text) {
      const found = dataset.scorers.find(({ id }) => String(id) === text);
      if (found) return found.id;
      const known = dataset.scorers.map(({ id, name }) => `${id} (${name})`).join(', ');
      throw usageError(
        `no scorer "${text}" of ${dataset.name}; ${known ? `there are ${known}` : `score it with: crux score ${dataset.name}`}`,
      );
    },
    useScorer: (dataset, scorerId) => void setScorer(catalog, dataset.id, scorerId),
    scorerCalibration: (dataset, scorerId) => scorerCalibration(catalog, dataset.id, scorerId),
    compareScorers: (dataset, a, b, options) => scorerComparison(catalog, dataset.id, a, b, options),

    async models() {
      await addFromModelsFolder(catalog);
      return listModels(catalog);
    },
    modelId(nameOrId) {
      const models = listModels(catalog);
      const found = models.filter((m) => m.id === nameOrId || m.name === nameOrId);
      if (found.length === 1) return found[0].id;
      if (found.length > 1)
        throw usageError(
          `${found.length} models are called "${nameOrId}"; give one of ${quoted(found.map((m) => m.id))}`,
        );
      throw usageError(
        `no model "${nameOrId}"; there are ${quoted(models.map((m) => m.id))} (see crux models list)`,
      );
    },
    addModel: (input) => addModel(catalog, input),
    async removeModel(id) {
      if (!id.startsWith('model:'))
        throw usageError(`${id} is built in; only added or trained models can be removed`);
      removeModelRow(catalog, id);
    },

    jobs: (limit) => queue.list(limit),
    job(id) {
      try {
        return queue.get(id);
      } catch {
        return null;
      }
    },
    jobLog: (job) => queue.log(job.id),
    enqueue: (request) => queue.enqueue(request, device ?? readSettings(catalog).device),
    follow: (job, onUpdate, onNote) => followEngine(supervisor, job, onUpdate, onNote),
    cancel: (job) => void supervisor.cancel(job.id),
    resume: (job) => supervisor.resume(job.id),
    finish: (job) => queue.finish(job.id),
    kill: () => supervisor.kill(),
    async close() {
      await supervisor.stop();
      catalog.close();
    },
  };
}
