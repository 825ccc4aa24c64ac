/** Owns the course of the demo: stage after stage, timed, resumable, then report and summary. */
import { join } from 'node:path';
import type { JobRequestInput } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { CliError } from '../errors.ts';
import { clock, duration } from '../format.ts';
import type { Io } from '../io.ts';
import { progressView } from '../progress.ts';
import { enqueueJob, followJob } from '../run-job.ts';
import type { Session } from '../session.ts';
import { writeTold } from '../write-told.ts';
import { writeDemoReport } from './report.ts';
import { type Stage, type StageContext, stages } from './stages.ts';
import { type DemoState, saveDemo } from './state.ts';

export interface DemoSummary {
  export: string;
  catalog: string;
  dataset: string;
  report: string;
  stages: Record<string, number>;
  seconds: number;
  figures: Record<string, number | null>;
}

/** Runs what `state` does not have yet in `folder`; returns what DIR/summary.json holds. */
export async function runDemo(
  io: Io,
  session: Session,
  folder: string,
  state: DemoState,
): Promise<DemoSummary> {
  const total = stages.length + 1;
  for (const [i, stage] of stages.entries()) {
    const label = `[${String(i + 1).padStart(2)}/${total}] ${stage.name}`;
    const done = state.stages.find((s) => s.name === stage.name);
    if (done) io.stderr(`${line(label, done.seconds, done.detail)} (before)\n`);
    else await runStage(io, session, folder, state, stage, label);
  }
  const started = io.nowMs();
  const label = `[${total}/${total}] report`;
  const { path, figures } = writeDemoReport(session, folder, state);
  const seconds = (io.nowMs() - started) / 1000;
  io.stderr(`${line(label, seconds, path)}\n`);
  const timed = [...state.stages, { name: 'report', seconds }];
  const summary: DemoSummary = {
    export: join(folder, 'export'),
    catalog: session.folder,
    dataset: join(folder, 'dataset'),
    report: path,
    stages: Object.fromEntries(timed.map((s) => [s.name, Math.round(s.seconds * 100) / 100])),
    seconds: Math.round(timed.reduce((sum, s) => sum + s.seconds, 0) * 100) / 100,
    figures,
  };
  writeTold(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  io.stderr(`all stages in ${clock(summary.seconds)}\n`);
  return summary;
}

const line = (label: string, seconds: number, detail: string) =>
  `${label.padEnd(17)} ${duration(seconds).padStart(8)}  ${detail}`;

async function runStage(
  io: Io,
  session: Session,
  folder: string,
  state: DemoState,
  stage: Stage,
  label: string,
): Promise<void> {
  const started = io.nowMs();
  const seconds = () => (state.spent[stage.name] ?? 0) + (io.nowMs() - started) / 1000;
  const view = progressView(io, label);
  const context: StageContext = {
    folder,
    options: state.options,
    session,
    progress: (text, done, total) => view.update({ stage: text, done, total, secondsLeft: null }),
    async job<R extends JobRequestInput>(request: R, step?: string) {
      const key = step ? `${stage.name}:${step}` : stage.name;
      let job = await continued(session, state.jobs[key], label);
      if (!job) {
        const queued = enqueueJob(session, request);
        state.jobs[key] = queued.id;
        saveDemo(folder, state);
        job = await followJob(session, queued, step ? `${label} ${step}` : label);
      }
      return job as Job<R['kind']>;
    },
  };
  try {
    const detail = await stage.run(context);
    view.end();
    state.stages.push({ name: stage.name, seconds: seconds(), detail });
    saveDemo(folder, state);
    io.stderr(`${line(label, seconds(), detail)}\n`);
  } catch (error) {
    view.end();
    state.spent[stage.name] = seconds();
    saveDemo(folder, state);
    const again = `crux demo --out ${folder} --resume`;
    if (error instanceof CliError && error.code === 'interrupted')
      throw new CliError(
        `the demo was stopped in its stage ${stage.name}; go on with: ${again}`,
        error.code,
        error.exit,
      );
    if (error instanceof CliError)
      throw new CliError(`${error.message}; then go on with: ${again}`, error.code, error.exit);
    throw error;
  }
}

/** A job that an earlier run of the demo queued: finished now, or null where there is none. */
async function continued(session: Session, id: number | undefined, label: string): Promise<Job | null> {
  const job = id === undefined ? null : session.job(id);
  if (!job || job.state === 'done') return job;
  return followJob(session, session.resume(job), label);
}
