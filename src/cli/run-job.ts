/** Owns running one job from the command line: progress, Ctrl+C, and what is said when it ends. */
import { displayText } from '../shared/display-text.ts';
import {
  type JobKind,
  type JobRequestInput,
  type JobResult,
  jobParams,
  jobResults,
} from '../shared/jobs/index.ts';
import type { Job } from '../shared/jobs/job.ts';
import { problemsOf } from '../shared/rules.ts';
import { CliError, interrupted, type StopSignal, sentence, stopSignals, usageError } from './errors.ts';
import { leave } from './leave.ts';
import { progressView } from './progress.ts';
import type { Session } from './session.ts';

/** A job that this very program has run: its result is whole. */
export type Finished<K extends JobKind> = Job & { kind: K; result: JobResult<K> };

/** Queues a job with this process as its owner, and follows it to its end. */
export async function runJob<K extends JobKind>(
  session: Session,
  request: JobRequestInput<K>,
): Promise<Finished<K>> {
  const job = await followJob(session, enqueueJob(session, request));
  jobResults[job.kind].parse(job.result);
  return job as Finished<K>;
}

/** Queues a job; its defaults come from the schema. Errors: `usage` where a parameter does not fit it. */
export function enqueueJob(session: Session, request: JobRequestInput): Job {
  const schema = jobParams[request.kind];
  const params = schema.safeParse(request.params);
  if (!params.success) {
    const wrong = Object.entries(problemsOf(schema, request.params)).map(
      ([name, said]) => `${name}: ${said}`,
    );
    throw usageError(`${request.kind}: ${wrong.join('; ')}; see crux ${request.kind} --help`);
  }
  return session.enqueue({ kind: request.kind, params: params.data } as JobRequestInput);
}

/** Signals nearer to each other than this are one: a group's comes from the terminal, and passed on by who started us. */
const oneSignalMs = 500;

/**
 * Follows a queued job until it is done. First Ctrl+C, SIGTERM or SIGHUP: cancel at the next safe point; second: kill.
 * Errors: the job's own failure, or `interrupted` with the command that goes on with it.
 */
export async function followJob(session: Session, queued: Job, label: string = queued.kind): Promise<Job> {
  const { io } = session;
  const view = progressView(io, label);
  let first: { signal: StopSignal; at: number } | null = null;
  let killed = false;
  const onSignal = (name: NodeJS.Signals) => {
    const signal = name as StopSignal;
    if (first === null) {
      view.note(`crux: stopping ${queued.title} at the next safe point; press Ctrl+C again to kill it`);
      try {
        session.cancel(queued);
      } catch (error) {
        view.note(`crux: ${queued.title} was not cancelled: ${sentence(error)}`);
      }
      // After the cancel, which may have waited for the catalog: the signal's second copy was waiting, too.
      first = { signal, at: io.nowMs() };
    } else if (!killed && io.nowMs() - first.at >= oneSignalMs) {
      killed = true;
      view.end();
      io.stderr(`crux: killed; go on with: crux jobs resume ${queued.id}\n`);
      const code = stopSignals[first.signal];
      void session.kill().finally(() => leave(code));
    }
  };
  const signals = Object.keys(stopSignals) as StopSignal[];
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const ended = await session.follow(
      queued,
      (job) => view.update(job),
      (text) => view.note(`crux: ${text}`),
    );
    view.end();
    tellWarnings(session, ended);
    if (ended.state === 'done') return ended;
    if (ended.state === 'cancelled')
      throw interrupted(
        `${ended.title} was cancelled; go on with: crux jobs resume ${ended.id}`,
        (first as { signal: StopSignal } | null)?.signal,
      );
    throw new CliError(
      `${ended.title} failed: ${ended.error ?? 'no reason was recorded'} (details: crux jobs log ${ended.id})`,
      'job-failed',
    );
  } finally {
    view.end();
    for (const signal of signals) process.off(signal, onSignal);
  }
}

const mostWarnings = 5;

/** What its log warns of, each once. */
function tellWarnings({ io, jobLog }: Session, job: Job): void {
  const warnings = new Set(jobLog(job).flatMap(({ level, text }) => (level === 'warn' ? [text] : [])));
  const told = [...warnings].slice(0, mostWarnings);
  for (const text of told) io.stderr(`warning: ${displayText(text)}\n`);
  if (warnings.size > told.length)
    io.stderr(`warning: and ${warnings.size - told.length} more: crux jobs log ${job.id}\n`);
}
