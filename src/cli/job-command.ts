/** Owns the commands that are one job on one dataset: options from the schema, run, report the figures. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Dataset } from '../shared/domain/dataset.ts';
import type { Control } from '../shared/field.ts';
import { type JobKind, type JobRequestInput, jobParams } from '../shared/jobs/index.ts';
import type { Job } from '../shared/jobs/job.ts';
import { type CommandContext, finish, type GlobalOptions, leaf, withGlobals } from './command.ts';
import { cell, duration } from './format.ts';
import { type Finished, runJob } from './run-job.ts';
import { addParams, fieldOptions, type OptionText, readParams } from './schema-options.ts';
import { type Session, withSession } from './session.ts';

export type Values = GlobalOptions & Record<string, unknown>;

type DatasetKind = Exclude<JobKind, 'import'>;

export interface DatasetJob<K extends DatasetKind> {
  kind: K;
  /** Command name; the kind where absent. */
  name?: string;
  summary: string;
  /** Of parameters that are not declared with field() yet. */
  options?: Record<string, OptionText>;
  /** Parameters that are declared with field(), whose options `more` adds. */
  apart?: readonly string[];
  /** Options that are not parameters as they are; `params` translates them. */
  more?: (command: Command) => void;
  /** Parameters besides those of `options`. */
  params?: (values: Values, dataset: Dataset, session: Session) => Record<string, unknown>;
  /** What the finished job has to show besides its figures. */
  report?: (
    job: Finished<K>,
    session: Session,
    values: Values,
  ) => { data: Record<string, unknown>; lines: string[] };
}

/** Parameters that hold a model's id and are not declared with field() yet; a person may write its name. */
const modelParams = ['modelId', 'baseModelId'];

export function datasetJob<K extends DatasetKind>(
  parent: Command,
  context: CommandContext,
  spec: DatasetJob<K>,
): void {
  const command = leaf(parent, `${spec.name ?? spec.kind} <dataset>`, spec.summary);
  const options = { ...fieldOptions(jobParams[spec.kind], spec.apart), ...spec.options };
  addParams(command, jobParams[spec.kind], options);
  spec.more?.(command);
  withGlobals(command).action((name: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const given = readParams(values, options);
        const params: Record<string, unknown> = {
          ...given,
          ...lookedUp(given, options, { dataset, session, cwd: context.io.cwd }),
          ...spec.params?.(values, dataset, session),
          datasetId: dataset.id,
        };
        for (const key of modelParams)
          if (typeof params[key] === 'string' && !options[key]?.field)
            params[key] = session.modelId(params[key]);
        if (values.seed !== undefined && 'seed' in jobParams[spec.kind].shape) params.seed = values.seed;
        const job = await runJob<K>(session, { kind: spec.kind, params } as unknown as JobRequestInput<K>);
        const report = spec.report?.(job, session, values);
        return {
          data: {
            command: spec.name ?? spec.kind,
            dataset: { id: dataset.id, name },
            job: jobData(job),
            ...report?.data,
          },
          lines: [...jobLines(job), ...(report?.lines ?? [])],
        };
      }),
    ),
  );
}

interface Place {
  dataset: Dataset;
  session: Session;
  cwd: string;
}

/** What a person writes as it is called, or beside the current folder: models, classes, files. */
function lookedUp(
  params: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, OptionText>>,
  { dataset, session, cwd }: Place,
): Record<string, unknown> {
  const read: Partial<Record<Control, (value: unknown) => unknown>> = {
    model: (name) => session.modelId(name as string),
    file: (file) => resolve(cwd, file as string),
    files: (files) => (files as string[]).map((file) => resolve(cwd, file)),
    classes: (names) =>
      (names as string[]).includes('all')
        ? 'all'
        : (names as string[]).map((name) => session.className(dataset, name)),
  };
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => {
      const look = read[options[name].field?.control ?? 'text'];
      return look ? [[name, look(value)]] : [];
    }),
  );
}

export const jobSeconds = (job: Job) =>
  job.startedAt !== null && job.finishedAt !== null ? (job.finishedAt - job.startedAt) / 1000 : 0;

/** What --json shows of a finished job. */
export const jobData = (job: Job) => ({
  id: job.id,
  kind: job.kind,
  state: job.state,
  seconds: jobSeconds(job),
  device: job.device,
  result: job.result ?? {},
});

/** "score: 2.3 s" and the result's figures, one a line. */
export function jobLines(job: Job): string[] {
  const figures = Object.entries(job.result ?? {}).filter(([, value]) => typeof value !== 'object');
  const width = Math.max(0, ...figures.map(([name]) => name.length));
  return [
    `${job.title}: done in ${duration(jobSeconds(job))}`,
    ...figures.map(([name, value]) => `  ${name.padEnd(width)}  ${cell(value)}`),
  ];
}
