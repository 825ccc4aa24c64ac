/**
 * Owns what commands may ask of an opened catalog, and names that a person writes -> rows.
 * The catalog, the queue and the engine behind it are in `open-session.ts`.
 */
import { homedir } from 'node:os';
import type { z } from 'zod';
import type { Dataset } from '../shared/domain/dataset.ts';
import type { DifficultySummary, ProjectionData } from '../shared/domain/difficulty.ts';
import type {
  FoundImages,
  ImageDetail,
  ImageFilter,
  ImageSearch,
  ImageSort,
  ImageSummary,
} from '../shared/domain/image.ts';
import type { ModelEntry, OnnxClassifierSpec } from '../shared/domain/model.ts';
import type { ReviewDecision } from '../shared/domain/parts.ts';
import type { DeviceName } from '../shared/domain/settings.ts';
import type { JobRequestInput } from '../shared/jobs/index.ts';
import type { Job, jobLogLine } from '../shared/jobs/job.ts';
import type { ScorerCalibration, ScorerComparison } from '../shared/scorers.ts';
import { catalogFolder } from './catalog-folder.ts';
import type { GlobalOptions } from './command.ts';
import type { Io } from './io.ts';
import { openSession } from './open-session.ts';

export interface SessionOptions {
  io: Io;
  folder: string;
  device: DeviceName | undefined;
  /** Makes the catalog where there is none. Of the others, an empty one in its place would hide that it was moved. */
  begins?: boolean;
}

export interface Session {
  readonly io: Io;
  readonly folder: string;

  datasets(): Dataset[];
  /** By name. Errors: `usage`, naming the datasets there are. */
  dataset(name: string): Dataset;
  removeDataset(dataset: Dataset): void;
  skipped(dataset: Dataset, limit: number): { total: number; items: { path: string; reason: string }[] };
  classId(dataset: Dataset, name: string): number;
  className(dataset: Dataset, name: string): string;

  imageIds(dataset: Dataset, filter: ImageFilter, sort?: ImageSort): number[];
  images(ids: readonly number[]): ImageSummary[];
  /** Errors: a sentence on what the model lacks where it reads no texts. */
  imagesLike(dataset: Dataset, search: Omit<ImageSearch, 'datasetId'>): Promise<FoundImages>;
  imageDetail(id: number): ImageDetail;
  /** Files that show an image, the smallest first; they may have gone. */
  pictures(id: number): string[];
  decide(ids: readonly number[], decision: ReviewDecision | null): void;
  summary(dataset: Dataset, perClass: number): DifficultySummary | null;
  projection(dataset: Dataset): ProjectionData | null;

  /** A scorer's id from its text. Errors: `usage`, naming the scorers there are. */
  scorerId(dataset: Dataset, text: string): number;
  useScorer(dataset: Dataset, scorerId: number): void;
  scorerCalibration(dataset: Dataset, scorerId: number): Promise<ScorerCalibration>;
  compareScorers(
    dataset: Dataset,
    a: number,
    b: number,
    options: { largest: number; onlyUnseen: boolean },
  ): ScorerComparison;

  models(): Promise<ModelEntry[]>;
  /** A model's id from its id or its name. Errors: `usage`, naming the models there are. */
  modelId(nameOrId: string): string;
  addModel(input: { path: string; name: string; onnx?: OnnxClassifierSpec }): Promise<ModelEntry>;
  removeModel(id: string): Promise<void>;

  jobs(limit: number): Job[];
  job(id: number): Job | null;
  jobLog(job: Job): z.infer<typeof jobLogLine>[];
  enqueue(request: JobRequestInput): Job;
  /** Runs the queued job and resolves with its final row. */
  follow(job: Job, onUpdate: (job: Job) => void, onNote: (text: string) => void): Promise<Job>;
  cancel(job: Job): void;
  resume(job: Job): Job;
  /** Asks the job to end now with what it has; a stopped one is queued for that. Errors: CatalogError. */
  finish(job: Job): Job;
  /** Kills the engine at once; its job goes back to the queue. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** The catalog's folder that the options name. */
export const folderOf = (io: Io, { catalog }: GlobalOptions): string =>
  catalogFolder(catalog, { env: io.env, platform: process.platform, home: homedir(), cwd: io.cwd });

/** Opens the catalog that the options name, runs `body`, and closes it whatever happens. */
export async function withSession<T>(
  io: Io,
  options: GlobalOptions,
  body: (session: Session) => Promise<T>,
  { begins }: Pick<SessionOptions, 'begins'> = {},
): Promise<T> {
  const session = await openSession({ io, folder: folderOf(io, options), device: options.device, begins });
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}
