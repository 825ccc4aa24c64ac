/**
 * Owns the answer to every request of the contract that needs no window. Imports no Electron, loads no model or image
 * library and parses no file of the analyst's: what does runs in children (engine/inspector.ts).
 */
import type { z } from 'zod';
import type { EventName, EventPayload, RequestName, RequestOutput, Requests } from '../shared/contract.ts';
import { controlReport } from '../shared/control.ts';
import type { DeviceName } from '../shared/domain/settings.ts';
import { hardFactorsReport } from '../shared/hard-factors.ts';
import type { JobRequestInput } from '../shared/jobs/index.ts';
import type { Job } from '../shared/jobs/job.ts';
import { headlineOfControl, headlineOfHardFactors } from '../shared/reports.ts';
import * as c from './catalog/index.ts';
import { addModel, checkModel } from './engine/check-model.ts';
import { inspect } from './engine/inspector.ts';
import { addFromModelsFolder } from './engine/models-folder.ts';
import type { EngineSupervisor } from './jobs/supervisor.ts';
import { getModel, listModels } from './models/registry.ts';
import { runDoctor } from './runtime/doctor.ts';

export type RequestHandlers = {
  [N in RequestName]: (input: z.output<Requests[N]['input']>) => RequestOutput<N> | Promise<RequestOutput<N>>;
};

/** What only the program with the window can do. */
export type WindowRequests = Pick<RequestHandlers, 'app.info' | 'dialog.choose' | 'shell.showItem'>;

export interface RequestDeps {
  catalog: c.Catalog;
  supervisor: EngineSupervisor;
  /** Sends an event to the windows. */
  emit: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  window: WindowRequests;
}

export function createRequestHandlers({ catalog, supervisor, emit, window }: RequestDeps): RequestHandlers {
  const { queue } = supervisor;

  const changedImages = (ids: readonly number[]): null => {
    const datasets = c.datasetsOf(catalog, ids);
    for (const datasetId of datasets) emit('catalog.changed', { datasetId });
    return null;
  };
  const lookForModels = () =>
    void addFromModelsFolder(catalog).then(
      ({ added }) => {
        if (added.length > 0) emit('catalog.changed', { datasetId: null });
      },
      () => {}, // the catalog was closed meanwhile
    );
  const enqueue = (request: JobRequestInput, device?: DeviceName): Job => {
    const job = queue.enqueue(request, device);
    emit('job.updated', job);
    supervisor.wake();
    return job;
  };
  const step = (outcome: { label: string; datasetIds: number[] } | null): string | null => {
    for (const datasetId of outcome?.datasetIds ?? []) emit('catalog.changed', { datasetId });
    return outcome?.label ?? null;
  };

  return {
    ...window,
    'engine.retry': () => {
      supervisor.wake();
      return null;
    },
    'settings.get': () => c.readSettings(catalog),
    'settings.set': (change) => {
      const settings = c.writeSettings(catalog, change);
      if (change.modelsFolder !== undefined) lookForModels();
      return settings;
    },
    'doctor.run': () => runDoctor(),

    'datasets.list': () => c.listDatasets(catalog),
    'datasets.get': ({ datasetId }) => c.getDataset(catalog, datasetId),
    'datasets.importAgain': ({ datasetId }) =>
      enqueue({ kind: 'import', params: c.importAgainParams(catalog, datasetId) }),
    'datasets.remove': ({ datasetId }) => {
      c.removeDataset(catalog, datasetId);
      emit('catalog.changed', { datasetId: null });
      return null;
    },
    'datasets.setScorer': ({ datasetId, scorerId }) => {
      const dataset = c.setScorer(catalog, datasetId, scorerId);
      emit('catalog.changed', { datasetId });
      return dataset;
    },
    'datasets.skipped': ({ datasetId, offset, limit }) => c.listSkipped(catalog, datasetId, offset, limit),

    'images.ids': ({ datasetId, filter, sort }) => c.imageIds(catalog, datasetId, filter, sort),
    'images.like': (search) => inspect('images.like', { catalog: catalog.dir, ...search }),
    'images.byIds': ({ ids }) => c.imagesByIds(catalog, ids),
    'images.detail': ({ id }) => c.imageDetail(catalog, id),
    'images.setClass': ({ ids, classId }) => {
      c.setClass(catalog, ids, classId);
      return changedImages(ids);
    },
    'images.setTag': ({ ids, tag, on }) => {
      c.setTag(catalog, ids, tag, on);
      return changedImages(ids);
    },
    'captions.set': ({ ids, text }) => {
      c.setCaption(catalog, ids, text);
      return changedImages(ids);
    },
    'captions.replace': ({ ids, find, replace }) => {
      const changed = c.replaceInCaptions(catalog, ids, find, replace);
      changedImages(ids);
      return changed;
    },
    'edits.undo': () => step(c.undoEdit(catalog)),
    'edits.redo': () => step(c.redoEdit(catalog)),

    'difficulty.summary': ({ datasetId, scorerId, perClass }) =>
      c.difficultySummary(catalog, datasetId, perClass, scorerId),
    'scorers.compare': ({ datasetId, a, b, largest, onlyUnseen }) =>
      c.scorerComparison(catalog, datasetId, a, b, { largest, onlyUnseen }),
    'scorers.calibration': ({ datasetId, scorerId }) => c.scorerCalibration(catalog, datasetId, scorerId),
    'scorers.dynamics': ({ scorerId }) => c.datasetMapOf(catalog, scorerId),
    'issues.get': ({ datasetId }) => c.latestIssues(catalog, datasetId),
    'control.list': ({ datasetId }) =>
      c.listReports(catalog, datasetId, 'control', controlReport, headlineOfControl),
    'control.get': ({ jobId }) => c.readReport(catalog, jobId, 'control', controlReport),
    'hardFactors.list': ({ datasetId }) =>
      c.listReports(catalog, datasetId, 'hard-factors', hardFactorsReport, headlineOfHardFactors),
    'hardFactors.get': ({ jobId }) => c.readReport(catalog, jobId, 'hard-factors', hardFactorsReport),
    'projection.get': ({ datasetId }) => c.getProjection(catalog, datasetId),

    'review.decide': ({ ids, decision, classId }) => {
      c.decide(catalog, ids, decision, classId);
      return changedImages(ids);
    },

    'models.list': () => {
      // Whatever a person has put into the models folder since is told by an event: hashing it takes a while.
      lookForModels();
      return listModels(catalog);
    },
    'models.check': ({ path }) => checkModel(path),
    'models.add': async (input) => {
      const entry = await addModel(catalog, input);
      emit('catalog.changed', { datasetId: null });
      return entry;
    },
    'models.remove': ({ id }) => {
      if (getModel(catalog, id).builtIn)
        throw new c.CatalogError('invalid', `model ${id} is built in and cannot be removed`);
      c.removeModelRow(catalog, id);
      emit('catalog.changed', { datasetId: null });
      return null;
    },

    'jobs.list': ({ limit }) => queue.list(limit).map((job) => supervisor.asTold(job)),
    'jobs.enqueue': ({ request, device }) => enqueue(request, device),
    'jobs.memory': ({ request }) => inspect('job.memory', { catalog: catalog.dir, request }),
    'generation.outline': ({ params }) => inspect('generation.outline', { catalog: catalog.dir, params }),
    'jobs.cancel': ({ jobId }) => {
      supervisor.cancel(jobId);
      return null;
    },
    'jobs.resume': ({ jobId }) => {
      emit('job.updated', supervisor.resume(jobId));
      supervisor.wake();
      return null;
    },
    'jobs.finish': ({ jobId }) => {
      emit('job.updated', queue.finish(jobId));
      supervisor.wake();
      return null;
    },
    'jobs.log': ({ jobId }) => queue.log(jobId),
    'jobs.training': ({ jobId }) => queue.training(jobId),
    'jobs.previews': ({ jobId }) => c.readTrainingPreviews(catalog, queue.get(jobId).id),
  };
}
