/** Owns the main job as a list of stages: each is run, timed and remembered by `run.ts`. */
import { join } from 'node:path';
import type { ImageFilter } from '../../shared/domain/image.ts';
import type { JobRequestInput } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { count, percent } from '../format.ts';
import type { Session } from '../session.ts';
import { writeDemoDataset } from './dataset.ts';
import type { DemoOptions } from './state.ts';

export const datasetName = 'demo';
/** Difficulties that are requested from the generator. */
export const levels = [0.2, 0.5, 0.8];

export interface StageContext {
  folder: string;
  options: DemoOptions;
  session: Session;
  /** Runs a job of this stage, or goes on with it in a resumed demo. `step`: its name within the stage. */
  job<R extends JobRequestInput>(request: R, step?: string): Promise<Job<R['kind']>>;
  progress(stage: string, done: number, total: number): void;
}

export interface Stage {
  name: string;
  /** Does it and says in a few words what came out. */
  run(context: StageContext): Promise<string>;
}

const datasetId = ({ session }: StageContext) => session.dataset(datasetName).id;

const synthetic = (more: ImageFilter = {}): ImageFilter => ({ origin: 'synthetic', ...more });

export const stages: Stage[] = [
  {
    name: 'dataset',
    async run({ folder, options, progress }) {
      const { images, classes } = await writeDemoDataset(join(folder, 'dataset'), options, (done, total) =>
        progress('drawing scenes', done, total),
      );
      return `${count(images, 'scene')} of ${count(classes, 'class', 'classes')} drawn`;
    },
  },
  {
    name: 'import',
    async run(context) {
      await context.job({
        kind: 'import',
        params: { source: join(context.folder, 'dataset'), name: datasetName },
      });
      const dataset = context.session.dataset(datasetName);
      return `${count(dataset.images, 'image')}, ${count(dataset.skipped, 'file')} skipped`;
    },
  },
  {
    name: 'caption',
    async run(context) {
      await context.job({ kind: 'caption', params: { datasetId: datasetId(context) } });
      return '“a photo of a [CLS]”';
    },
  },
  {
    name: 'embed',
    async run(context) {
      await context.job({ kind: 'embed', params: { datasetId: datasetId(context) } });
      return 'features of the built-in encoder';
    },
  },
  {
    name: 'score',
    async run(context) {
      await context.job({
        kind: 'score',
        params: { datasetId: datasetId(context), seed: context.options.seed },
      });
      const summary = context.session.summary(context.session.dataset(datasetName), 1);
      return summary ? `out-of-fold accuracy ${percent(summary.accuracy)}` : '';
    },
  },
  {
    name: 'project',
    async run(context) {
      await context.job({
        kind: 'project',
        params: { datasetId: datasetId(context), seed: context.options.seed },
      });
      return 't-SNE map';
    },
  },
  {
    name: 'train',
    async run(context) {
      const job = await context.job({
        kind: 'train',
        params: {
          datasetId: datasetId(context),
          steps: context.options.trainSteps,
          seed: context.options.seed,
        },
      });
      const { loss } = job.result ?? {};
      return `${count(context.options.trainSteps, 'step')}${loss === undefined ? '' : `, loss ${loss.toFixed(3)}`}`;
    },
  },
  {
    name: 'generate',
    async run(context) {
      for (const mu of levels)
        await context.job(
          {
            kind: 'generate',
            params: {
              datasetId: datasetId(context),
              count: context.options.perLevel,
              mu,
              sigma: 0,
              seed: context.options.seed, // the same noise at every level: what differs is the difficulty
            },
          },
          `s${mu}`,
        );
      const made = context.session.imageIds(context.session.dataset(datasetName), synthetic());
      return `${count(made.length, 'image')} at s = ${levels.join(' / ')}`;
    },
  },
  {
    name: 'rescore',
    async run(context) {
      await context.job({ kind: 'rescore', params: { datasetId: datasetId(context) } });
      const dataset = context.session.dataset(datasetName);
      const all = context.session.imageIds(dataset, synthetic()).length;
      const agreeing = context.session.imageIds(dataset, synthetic({ disagrees: false })).length;
      return `class agrees in ${agreeing} of ${all}`;
    },
  },
  {
    name: 'map',
    async run(context) {
      await context.job({
        kind: 'project',
        params: { datasetId: datasetId(context), seed: context.options.seed },
      });
      return 'real and synthetic images on one t-SNE map';
    },
  },
  {
    name: 'review',
    async run({ session }) {
      const dataset = session.dataset(datasetName);
      const agreeing = session.imageIds(dataset, synthetic({ disagrees: false }));
      const others = session.imageIds(dataset, synthetic({ disagrees: true }));
      session.decide(agreeing, 'accept');
      session.decide(others, 'reject');
      return `${agreeing.length} accepted, ${others.length} rejected (by rule: the class must agree)`;
    },
  },
  {
    name: 'export',
    async run(context) {
      const job = await context.job({
        kind: 'export',
        params: {
          datasetId: datasetId(context),
          out: join(context.folder, 'export'),
          filter: { acceptedOnly: true },
        },
      });
      return `${count(job.result?.images ?? 0, 'image')}, real and accepted synthetic, with metadata.jsonl`;
    },
  },
];
