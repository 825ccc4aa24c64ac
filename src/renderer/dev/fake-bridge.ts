/**
 * Owns a stand-in for main that answers from made-up data in memory: for tests of components and for looking at
 * the screens in a plain browser. The product never imports it.
 */
import type {
  Answer,
  CruxBridge,
  EventName,
  EventPayload,
  RequestInput,
  RequestName,
  RequestOutput,
} from '../../shared/contract.ts';
import type { ImageDetail } from '../../shared/domain/image.ts';
import type { Settings } from '../../shared/domain/settings.ts';
import type { JobRequestInput } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { headlineOfControl, headlineOfHardFactors } from '../../shared/reports.ts';
import { controlJobs, controlViewOf } from './fake-control.ts';
import * as data from './fake-data.ts';
import { outlineOf } from './fake-generation.ts';
import { hardFactorsJobs, hardFactorsViewOf } from './fake-hard-factors.ts';
import { issuesOf } from './fake-issues.ts';
import * as scorers from './fake-scorers.ts';

type Handlers = { [N in RequestName]?: (input: RequestInput<N>) => RequestOutput<N> };

export interface FakeOptions {
  real?: number;
  synthetic?: number;
  /** No dataset at all. */
  empty?: boolean;
  /** Nothing scored, mapped, trained or run yet. */
  fresh?: boolean;
  /** Answers that replace the usual ones; a thrown error becomes main's refusal. */
  handlers?: Handlers;
}

export function makeFakeBridge(options: FakeOptions = {}) {
  const images = data.makeImages(options.real ?? 940, options.synthetic ?? 60);
  if (options.fresh) for (const image of images) Object.assign(image, { difficulty: null, scores: [] });
  const byId = new Map(images.map((image) => [image.id, image]));
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const calls: { name: RequestName; input: unknown }[] = [];
  const past: { what: string; undo: () => void; redo: () => void }[] = [];
  const future: typeof past = [];
  let settings: Settings = {
    theme: 'system',
    device: 'auto',
    modelsFolder: null,
    threads: 0,
    lowMemory: false,
    halfPrecision: false,
  };
  let jobs: Job[] = options.empty || options.fresh ? [] : [...data.jobs];

  const emit = <N extends EventName>(name: N, payload: EventPayload<N>) => {
    for (const listener of listeners.get(name) ?? []) listener(payload as never);
  };
  const edit = (what: string, ids: number[], change: (image: ImageDetail) => void) => {
    const touched = ids.map((id) => byId.get(id)).filter((image) => image !== undefined);
    const before = touched.map((image) => structuredClone(image));
    const redo = () => {
      for (const image of touched) change(image);
    };
    const undo = () => {
      for (const [i, image] of touched.entries()) Object.assign(image, before[i]);
    };
    redo();
    past.push({ what, undo, redo });
    future.length = 0;
    return null;
  };
  const dataset = () => {
    const one = { ...data.datasetOf(images), scorers: scorers.fakeScorers(images.length) };
    return options.fresh ? { ...one, scorers: [], currentScorerId: null, hasProjection: false } : one;
  };
  const enqueue = ({ kind, params }: JobRequestInput) => {
    const job = data.makeJob({
      id: Math.max(0, ...jobs.map(({ id }) => id)) + 1,
      kind,
      title: `A job of the kind ${kind}`,
      state: 'queued',
      params: { ...params },
    });
    jobs = [job, ...jobs];
    emit('job.updated', job);
    return job;
  };
  const hardFactors = (jobId: number) =>
    hardFactorsViewOf(
      jobId,
      images.flatMap(({ id, origin }) => (origin === 'real' ? [id] : [])),
    );

  const handlers: Required<Handlers> = {
    'app.info': () => ({
      version: '0.1.0',
      catalog: '/home/ada/crux',
      engine: 'ready',
      engineMessage: 'engine 4242 is ready',
      platform: 'linux x64',
    }),
    'engine.retry': () => null,
    'settings.get': () => settings,
    'settings.set': (change) => {
      settings = { ...settings, ...change };
      return settings;
    },
    'doctor.run': () => [
      {
        provider: 'cuda',
        usable: false,
        maxAbsDiff: null,
        ms: null,
        reason: 'The CUDA provider is not installed: run the step in docs/cuda.md.',
      },
      { provider: 'webgpu', usable: true, maxAbsDiff: 1.4e-6, ms: 8.2, reason: 'Mesa llvmpipe' },
      { provider: 'cpu', usable: true, maxAbsDiff: 0, ms: 0.4, reason: '2 threads' },
    ],
    'dialog.choose': ({ purpose, name }) => {
      const file = purpose === 'manifest' ? '/home/ada/pictures/list.csv' : '/home/ada/models/resnet50.onnx';
      const path = /folder$/.test(purpose) ? '/home/ada/pictures/birds' : file;
      return {
        token: `token of ${purpose}`,
        path: purpose === 'export-folder' ? `/home/ada/exports/${name}` : path,
      };
    },
    'shell.showItem': () => null,
    'datasets.list': () => (options.empty ? [] : [dataset()]),
    'datasets.get': () => dataset(),
    'datasets.importAgain': () => enqueue({ kind: 'import', params: { source: '', name: '' } }),
    'datasets.remove': () => null,
    'datasets.setScorer': () => dataset(),
    'datasets.skipped': () => ({
      total: 3,
      items: [
        { path: 'dress/broken.jpg', reason: 'the file ends in the middle of the image' },
        { path: 'hat/huge.png', reason: '60,000 × 60,000 pixels is more than the limit of 268 million' },
        { path: 'notes.txt', reason: 'not an image: the first bytes are those of no format that Crux reads' },
      ],
    }),
    'images.ids': ({ filter, sort }) =>
      Uint32Array.from(
        data.ordered(
          images.filter((image) => data.passes(image, filter)),
          sort,
        ),
        ({ id }) => id,
      ),
    'images.like': ({ text, count }) => {
      const ids = images
        .filter(({ caption, path }) => `${path} ${caption}`.includes(text))
        .map(({ id }) => id);
      return {
        ids: ids.slice(0, count),
        cosines: ids.slice(0, count).map((_, i) => 0.4 / (i + 1)),
        missing: 0,
      };
    },
    'images.byIds': ({ ids }) =>
      structuredClone(ids.map((id) => byId.get(id)).filter((image) => image !== undefined)),
    'images.detail': ({ id }) => {
      const image = byId.get(id);
      if (!image) throw new Error(`No image ${id} is in the catalog.`);
      return structuredClone(image);
    },
    'images.setClass': ({ ids, classId }) =>
      edit(`relabel ${ids.length} images`, ids, (image) =>
        Object.assign(image, { classId, className: data.classNames[classId - 1] }),
      ),
    'images.setTag': ({ ids, tag, on }) =>
      edit(`tag ${ids.length} images`, ids, (image) => {
        image.tags = [...image.tags.filter((one) => one !== tag), ...(on ? [tag] : [])];
      }),
    'captions.set': ({ ids, text }) =>
      edit(`caption ${ids.length} images`, ids, (image) => {
        image.caption = text;
        image.captionSource = 'person';
      }),
    'captions.replace': ({ ids, find, replace }) => {
      const hit = ids.filter((id) => byId.get(id)?.caption?.includes(find));
      edit('replace in captions', hit, (image) => {
        image.caption = image.caption?.replaceAll(find, replace) ?? null;
      });
      return hit.length;
    },
    'edits.undo': () => {
      const last = past.pop();
      if (!last) return null;
      last.undo();
      future.push(last);
      return last.what;
    },
    'edits.redo': () => {
      const next = future.pop();
      if (!next) return null;
      next.redo();
      past.push(next);
      return next.what;
    },
    'difficulty.summary': ({ perClass }) => (options.fresh ? null : data.summaryOf(images, perClass)),
    'scorers.compare': ({ a, b, ...options }) => scorers.fakeComparison(images, a, b, options),
    'scorers.calibration': ({ scorerId }) => scorers.fakeCalibration(images, scorerId),
    'scorers.dynamics': ({ scorerId }) => scorers.fakeDatasetMap(images, scorerId),
    'issues.get': () => (options.fresh ? null : issuesOf(images)),
    'control.list': () =>
      options.fresh
        ? []
        : controlJobs.map(controlViewOf).map((view) => ({
            ...view,
            report: headlineOfControl(view.report),
            problem: null,
          })),
    'control.get': ({ jobId }) => controlViewOf(jobId),
    'hardFactors.list': () =>
      options.fresh
        ? []
        : hardFactorsJobs.map(hardFactors).map((view) => ({
            ...view,
            report: headlineOfHardFactors(view.report),
            problem: null,
          })),
    'hardFactors.get': ({ jobId }) => hardFactors(jobId),
    'projection.get': () => (options.fresh ? null : data.projectionOf(images)),
    'review.decide': ({ ids, decision, classId }) =>
      edit(`review ${ids.length} images`, ids, (image) => {
        image.decision = decision;
        if (classId) Object.assign(image, { classId, className: data.classNames[classId - 1] });
      }),
    'models.list': () =>
      options.fresh || options.empty ? data.models.filter(({ builtIn }) => builtIn) : data.models,
    'models.check': () => ({
      kind: 'ONNX classifier',
      usable: false,
      summary: 'One image input, one output of 1,000 values',
      problems: ['The file does not say how images are normalised.'],
      onnx: {
        input: 'data',
        layout: 'NCHW',
        width: 224,
        height: 224,
        channels: 3,
        logits: 'resnetv17_dense0_fwd',
      },
    }),
    'models.add': ({ path, name }) => ({ ...data.models[2], id: 'model:9', path, name }),
    'models.remove': () => null,
    'jobs.list': () => jobs,
    'jobs.memory': () => null,
    'generation.outline': (input) => outlineOf(images, input),
    'jobs.enqueue': ({ request }) => enqueue(request),
    'jobs.cancel': ({ jobId }) => {
      jobs = jobs.map((job) => (job.id === jobId ? { ...job, state: 'cancelled' } : job));
      emit('job.updated', jobs.find(({ id }) => id === jobId)!);
      return null;
    },
    'jobs.resume': ({ jobId }) => {
      jobs = jobs.map((job) => (job.id === jobId ? { ...job, state: 'queued' } : job));
      emit('job.updated', jobs.find(({ id }) => id === jobId)!);
      return null;
    },
    'jobs.finish': ({ jobId }) => {
      jobs = jobs.map((job) => (job.id === jobId ? { ...job, state: 'done' } : job));
      emit('job.updated', jobs.find(({ id }) => id === jobId)!);
      return null;
    },
    'jobs.previews': () => ({
      classes: ['bag', 'coat', 'hat'],
      difficulties: [0.1, 0.5, 0.9],
      steps: [50, 100],
    }),
    'jobs.log': () => [
      { at: Date.UTC(2026, 10, 20, 9, 31), level: 'info', text: 'Started on cpu with 2 threads.' },
      { at: Date.UTC(2026, 10, 20, 9, 31), level: 'info', text: 'Labels from folder names: 1,000' },
      {
        at: Date.UTC(2026, 10, 20, 9, 32),
        level: 'warn',
        text: 'Two images share one content: hat/1.jpg, hat/2.jpg.',
      },
    ],
    'jobs.training': () => {
      const random = data.noise(3);
      let smoothed = 0.9;
      return Array.from({ length: 120 }, (_, step) => {
        const loss = 0.12 + 0.75 * Math.exp(-step / 30) + 0.12 * (random() - 0.5);
        smoothed = 0.92 * smoothed + 0.08 * loss;
        return { step: step + 1, loss, smoothedLoss: smoothed };
      });
    },
    ...options.handlers,
  };

  const bridge: CruxBridge = {
    async request<N extends RequestName>(name: N, input: RequestInput<N>): Promise<Answer<RequestOutput<N>>> {
      calls.push({ name, input });
      try {
        const handler = handlers[name] as unknown as (input: RequestInput<N>) => RequestOutput<N>;
        return { ok: true, value: handler(input) };
      } catch (error) {
        return { ok: false, error: { code: 'refused', message: (error as Error).message } };
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener as never));
      return () => set.delete(listener as never);
    },
  };
  return { bridge, emit, calls, images };
}
