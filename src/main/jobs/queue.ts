/** Owns putting jobs in line and out of it. Everything here is a row first; engines find it there. */
import type { DeviceName } from '../../shared/domain/settings.ts';
import { finishable, type JobRequestInput, jobRequest } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import {
  addJob,
  addLog,
  type Catalog,
  CatalogError,
  cancelJob,
  getDataset,
  getJob,
  listJobs,
  listLog,
  listTrainingPoints,
  queueAgain,
  releaseOrphans,
  requestFinish,
} from '../catalog/index.ts';
import { jobTitle } from './title.ts';

export class JobQueue {
  readonly catalog: Catalog;
  readonly #owner: string | null;

  /** owner: jobs of this queue are run by this supervisor's engine only; null: by any engine that takes all. */
  constructor(catalog: Catalog, owner: string | null = null) {
    this.catalog = catalog;
    this.#owner = owner;
  }

  /** Checks the request against its schema (defaults filled in) and stores it. */
  enqueue(request: JobRequestInput, device: DeviceName = 'auto'): Job {
    const checked = jobRequest.parse(request);
    const datasetId = 'datasetId' in checked.params ? checked.params.datasetId : null;
    const dataset = datasetId === null ? null : getDataset(this.catalog, datasetId).name;
    return addJob(this.catalog, {
      kind: checked.kind,
      datasetId,
      title: jobTitle(checked, dataset),
      device,
      params: checked.params,
      owner: this.#owner,
    });
  }

  /** A queued job is cancelled at once; a running one is asked to stop (its engine looks at its row). */
  cancel(jobId: number): Job {
    return this.catalog.write(() => {
      getJob(this.catalog, jobId);
      cancelJob(this.catalog, jobId);
      return getJob(this.catalog, jobId);
    });
  }

  /** Puts a cancelled or failed job in line again; it goes on from what it has finished. */
  resume(jobId: number): Job {
    releaseOrphans(this.catalog);
    return this.catalog.write(() => {
      const { state } = getJob(this.catalog, jobId);
      if (state === 'done' || state === 'running')
        throw new CatalogError(
          'conflict',
          `job ${jobId} is ${state}; only a cancelled or failed job can be resumed`,
        );
      queueAgain(this.catalog, jobId, this.#owner);
      if (state !== 'queued') addLog(this.catalog, jobId, 'info', `resumed after it was ${state}`);
      return getJob(this.catalog, jobId);
    });
  }

  /**
   * Asks a job to end now with what it has. A running one does at its next safe point; one that was stopped is put in
   * line again for that alone. @throws CatalogError where the kind has nothing to keep, or the job is done.
   */
  finish(jobId: number): Job {
    const { kind, state } = getJob(this.catalog, jobId);
    if (!finishable.includes(kind))
      throw new CatalogError(
        'invalid',
        `job ${jobId} (${kind}) keeps nothing unless it runs to its end; only ${finishable.join(', ')} can be finished early`,
      );
    if (state === 'done') throw new CatalogError('conflict', `job ${jobId} is done already`);
    return this.catalog.write(() => {
      if (state === 'cancelled' || state === 'failed') this.resume(jobId);
      requestFinish(this.catalog, jobId);
      return getJob(this.catalog, jobId);
    });
  }

  get = (jobId: number): Job => getJob(this.catalog, jobId);
  list = (limit: number): Job[] => listJobs(this.catalog, limit);
  log = (jobId: number) => listLog(this.catalog, this.get(jobId).id);
  training = (jobId: number) => listTrainingPoints(this.catalog, this.get(jobId).id);
}
