/**
 * Owns the one contract between renderer and main: every request (name -> input and output schema) and
 * every event. The preload exposes exactly these names; both sides validate with these schemas.
 */
import { z } from 'zod';
import { dataset } from './domain/dataset.ts';
import { difficultySummary, projectionData } from './domain/difficulty.ts';
import {
  foundImages,
  imageDetail,
  imageFilter,
  imageSearch,
  imageSort,
  imageSummary,
} from './domain/image.ts';
import { modelEntry, onnxClassifierSpec } from './domain/model.ts';
import { reviewDecision } from './domain/parts.ts';
import { generationOutline } from './domain/provenance.ts';
import { deviceName, providerReport, settings } from './domain/settings.ts';
import { issuesView } from './issues.ts';
import { generateParams } from './jobs/generate.ts';
import { jobRequest } from './jobs/index.ts';
import { job, jobLogLine, trainingPoint } from './jobs/job.ts';
import { idList, limits } from './limits.ts';
import { chosenPath, pathFor, pathPurpose } from './paths.ts';
import { controlListing, controlView, hardFactorsListing, hardFactorsView } from './reports.ts';
import { withoutRules } from './rules.ts';
import { datasetMap, scorerCalibration, scorerComparison } from './scorers.ts';
import { trainingPreviews } from './training-previews.ts';

const id = z.int().positive();
const ids = idList(limits.images);
const modelId = z.string().max(limits.modelId);
const modelPath = pathFor('model-file', 'model-folder');
const nothing = z.null();
const none = z.object({});

const call = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });

/** down: a new engine is started in a moment. stopped: not until a person tries again (`engine.retry`). */
export const engineState = z.enum(['starting', 'ready', 'down', 'stopped']);
export type EngineState = z.infer<typeof engineState>;

export const requests = {
  'app.info': call(
    none,
    z.object({
      version: z.string(),
      catalog: z.string(),
      engine: engineState,
      /** Why the engine is in that state. */
      engineMessage: z.string(),
      platform: z.string(),
    }),
  ),
  /** Starts an engine that was given up. */
  'engine.retry': call(none, nothing),
  'settings.get': call(none, settings),
  'settings.set': call(settings.partial(), settings),
  'doctor.run': call(none, z.array(providerReport)),

  /** Lets a person choose a file or folder; null: the dialog was cancelled. Every path of a request is its token. */
  'dialog.choose': call(
    /** `name` is proposed for what does not exist yet. */
    z.object({
      purpose: pathPurpose,
      name: z
        .string()
        .max(limits.name + 20)
        .optional(),
    }),
    chosenPath.nullable(),
  ),
  'shell.showItem': call(z.object({ jobId: id }), nothing), // in the file manager: what an export or a report made

  'datasets.list': call(none, z.array(dataset)),
  'datasets.get': call(z.object({ datasetId: id }), dataset),
  /** Imports from where it was imported before: new and changed files are added. */
  'datasets.importAgain': call(z.object({ datasetId: id }), job),
  'datasets.remove': call(z.object({ datasetId: id }), nothing), // from the catalog only; files stay
  'datasets.setScorer': call(z.object({ datasetId: id, scorerId: id }), dataset),
  'datasets.skipped': call(
    z.object({ datasetId: id, offset: z.int().min(0), limit: z.int().min(1).max(1000) }),
    z.object({ total: z.int(), items: z.array(z.object({ path: z.string(), reason: z.string() })) }),
  ),

  /** The whole filtered order at once, as packed ids: the virtual grid then asks for what is visible. */
  'images.ids': call(
    z.object({ datasetId: id, filter: imageFilter, sort: imageSort }),
    z.instanceof(Uint32Array),
  ),
  /** By a text that a CLIP reads, among images whose features by it are stored. */
  'images.like': call(imageSearch, foundImages),
  'images.byIds': call(z.object({ ids: z.array(id).max(1000) }), z.array(imageSummary)),
  'images.detail': call(z.object({ id }), imageDetail),
  'images.setClass': call(z.object({ ids, classId: id }), nothing),
  'images.setTag': call(z.object({ ids, tag: z.string().min(1).max(100), on: z.boolean() }), nothing),
  /** As long as a prompt: a generated image's caption is its prompt. */
  'captions.set': call(z.object({ ids, text: z.string().max(limits.prompt) }), nothing),
  /** Literal find and replace in the captions of these images; returns how many changed. */
  'captions.replace': call(
    z.object({ ids, find: z.string().min(1).max(500), replace: z.string().max(500) }),
    z.int(),
  ),
  /** Undoes or redoes the newest edit by a person; null when there is none. Returns what it was. */
  'edits.undo': call(none, z.string().nullable()),
  'edits.redo': call(none, z.string().nullable()),

  'difficulty.summary': call(
    z.object({ datasetId: id, scorerId: id.optional(), perClass: z.int().min(1).max(50) }),
    difficultySummary.nullable(), // null: nothing is scored yet
  ),
  'scorers.compare': call(
    z.object({
      datasetId: id,
      a: id,
      b: id,
      largest: z.int().min(0).max(1000),
      onlyUnseen: z.boolean().default(false),
    }),
    scorerComparison,
  ),
  'scorers.calibration': call(z.object({ datasetId: id, scorerId: id }), scorerCalibration),
  'scorers.dynamics': call(z.object({ datasetId: id, scorerId: id }), datasetMap.nullable()), // null: none kept
  'issues.get': call(z.object({ datasetId: id }), issuesView.nullable()), // null: not searched yet
  /** Finished reports on difficulty control, newest first. */
  'control.list': call(z.object({ datasetId: id }), z.array(controlListing)),
  'control.get': call(z.object({ jobId: id }), controlView),
  /** Finished reports on what makes classes hard, newest first. */
  'hardFactors.list': call(z.object({ datasetId: id }), z.array(hardFactorsListing)),
  'hardFactors.get': call(z.object({ jobId: id }), hardFactorsView),
  'projection.get': call(z.object({ datasetId: id }), projectionData.nullable()),

  'review.decide': call(
    z.object({ ids, decision: reviewDecision.nullable(), classId: id.optional() }),
    nothing,
  ),

  'models.list': call(none, z.array(modelEntry)),
  'models.check': call(
    z.object({ path: modelPath }),
    z.object({
      kind: z.string(),
      usable: z.boolean(),
      summary: z.string(),
      problems: z.array(z.string()),
      /** For an ONNX file: what could be read from it; null fields must be answered by a person. */
      onnx: onnxClassifierSpec.partial().nullable(),
    }),
  ),
  'models.add': call(
    z.object({
      path: modelPath,
      name: z.string().min(1).max(limits.name),
      onnx: onnxClassifierSpec.optional(),
    }),
    modelEntry,
  ),
  'models.remove': call(z.object({ id: modelId }), nothing), // from the catalog only; files stay

  'jobs.list': call(z.object({ limit: z.int().min(1).max(1000) }), z.array(job)),
  'jobs.enqueue': call(z.object({ request: jobRequest, device: deviceName.optional() }), job),
  /** What to say where the job would not fit into the computer's memory; null: it fits, as far as is known. */
  'jobs.memory': call(z.object({ request: jobRequest }), z.string().nullable()),
  /** What a generation would make, from the catalog alone: for its form. */
  'generation.outline': call(z.object({ params: withoutRules(generateParams) }), generationOutline),
  'jobs.cancel': call(z.object({ jobId: id }), nothing),
  'jobs.resume': call(z.object({ jobId: id }), nothing),
  /** Ends a training now with the steps it has; one that was stopped is resumed for that alone. */
  'jobs.finish': call(z.object({ jobId: id }), nothing),
  'jobs.log': call(z.object({ jobId: id }), z.array(jobLogLine)),
  'jobs.training': call(z.object({ jobId: id }), z.array(trainingPoint)),
  /** Pictures that a training has made of itself, by `previewFile`; null: none yet. */
  'jobs.previews': call(z.object({ jobId: id }), trainingPreviews.nullable()),
} as const;

export type Requests = typeof requests;
export type RequestName = keyof Requests;
export type RequestInput<N extends RequestName> = z.input<Requests[N]['input']>;
export type RequestOutput<N extends RequestName> = z.infer<Requests[N]['output']>;

export const events = {
  'job.updated': job,
  /** Rows of this dataset changed (null: the list of datasets or models did); ask again. */
  'catalog.changed': z.object({ datasetId: id.nullable() }),
  /** The latent of the image being generated, decoded small: RGB bytes, row major. */
  'generate.preview': z.object({
    jobId: id,
    index: z.int(),
    step: z.int(),
    steps: z.int(),
    className: z.string(),
    difficulty: z.number().nullable(),
    width: z.int(),
    height: z.int(),
    rgb: z.instanceof(Uint8Array),
  }),
  'training.point': z.object({ jobId: id, point: trainingPoint }),
  /** There are new pictures in `jobs.previews`. */
  'training.preview': z.object({ jobId: id, step: z.int() }),
  'engine.state': z.object({ state: engineState, message: z.string() }),
  /** A menu item or shortcut chosen in the native menu. */
  'menu.command': z.object({ command: z.enum(['import', 'undo', 'redo', 'settings', 'find']) }),
} as const;

export type Events = typeof events;
export type EventName = keyof Events;
export type EventPayload<N extends EventName> = z.infer<Events[N]>;

/** Every answer crosses as data: `invoke` would carry only an error's message. */
export type Answer<T> = { ok: true; value: T } | { ok: false; error: { code: string; message: string } };

/** What the preload puts on `window.crux`. */
export interface CruxBridge {
  request<N extends RequestName>(name: N, input: RequestInput<N>): Promise<Answer<RequestOutput<N>>>;
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void;
}

/**
 * Pictures reach the renderer only through this scheme: crux://thumb/<image id>, crux://image/<image id>, and
 * crux://job/<job id>/<file name> for what a job's report shows.
 */
export const imageScheme = 'crux';
export const thumbnailUrl = (imageId: number) => `${imageScheme}://thumb/${imageId}`;
export const imageUrl = (imageId: number) => `${imageScheme}://image/${imageId}`;
export const jobPictureUrl = (jobId: number, file: string) => `${imageScheme}://job/${jobId}/${file}`;
/** What a job's picture may be called: words and numbers with hyphens, never a path. */
export const jobPictureName = /^[a-z0-9]{1,40}(?:-[a-z0-9]{1,40}){0,9}\.png$/;
