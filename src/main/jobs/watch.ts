/**
 * Owns noticing what other programs do to the catalog: jobs that a terminal runs, decisions it makes. SQLite tells
 * cheaply whether anybody else has committed; only then are the newest rows compared.
 */
import type { Job } from '../../shared/jobs/job.ts';
import { type Catalog, dataVersion, listDatasets, listJobs, listMark, newestEdit } from '../catalog/index.ts';

const JOBS = 50;

export interface WatchEvents {
  job: (job: Job) => void;
  /** null: the list of datasets or models. */
  dataset: (datasetId: number | null) => void;
  /** A job as people were told of it, where its row could not be written. */
  asTold?: (job: Job) => Job;
}

export class CatalogWatch {
  readonly #catalog: Catalog;
  readonly #events: WatchEvents;
  #version: number;
  #jobs = new Map<number, string>();
  #edits: number;
  #lists: string;

  constructor(catalog: Catalog, events: WatchEvents) {
    this.#catalog = catalog;
    this.#events = events;
    this.#version = dataVersion(this.#catalog);
    for (const job of this.#newestJobs()) this.#jobs.set(job.id, mark(job));
    this.#edits = newestEdit(this.#catalog);
    this.#lists = listMark(this.#catalog);
  }

  /** A job whose state was told already (by the engine's own event). */
  know(job: Job): void {
    this.#jobs.set(job.id, mark(job));
  }

  /** Looks once; costs microseconds while nobody else writes. */
  look(): void {
    const version = dataVersion(this.#catalog);
    if (version === this.#version) return;
    for (const job of this.#newestJobs().reverse()) {
      if (this.#jobs.get(job.id) === mark(job)) continue;
      this.#jobs.set(job.id, mark(job));
      this.#events.job(job);
      if (job.datasetId !== null && job.state !== 'queued') this.#events.dataset(job.datasetId);
    }
    const lists = listMark(this.#catalog);
    if (lists !== this.#lists) {
      this.#lists = lists;
      this.#events.dataset(null);
    }
    const edits = newestEdit(this.#catalog);
    if (edits !== this.#edits) {
      this.#edits = edits;
      for (const { id } of listDatasets(this.#catalog)) this.#events.dataset(id);
    }
    this.#version = version; // last: a look that failed is done again
  }

  #newestJobs = () => {
    const { asTold = (job) => job } = this.#events;
    return listJobs(this.#catalog, JOBS).map(asTold);
  };
}

const mark = (job: Job) => `${job.state} ${job.stage} ${job.done} ${job.startedAt}`;
