/** Owns `crux jobs list|resume|finish|cancel|log`. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Job } from '../../shared/jobs/job.ts';
import { type CommandContext, type CommandResult, finish, leaf, withGlobals } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { table } from '../format.ts';
import { jobData, jobLines, jobSeconds, type Values } from '../job-command.ts';
import { followJob } from '../run-job.ts';
import { type Session, withSession } from '../session.ts';

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number, at least 1.');
  return value;
}

const figures = (job: Job) =>
  Object.entries(job.result ?? {})
    .filter(([, value]) => typeof value === 'number' || typeof value === 'string')
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : value}`,
    )
    .slice(0, 4)
    .join(', ');

function progressOf(job: Job): string {
  if (job.state === 'done') return '100%';
  return job.total !== null && job.total > 0 ? `${Math.floor((100 * job.done) / job.total)}%` : '-';
}

/** Of a running job: so far. */
const secondsOf = (job: Job) =>
  job.state === 'running' && job.startedAt !== null ? (Date.now() - job.startedAt) / 1000 : jobSeconds(job);

export function jobs(parent: Command, context: CommandContext): void {
  const group = parent.command('jobs').description('list, resume, finish, cancel or read the log of jobs');
  const { io } = context;

  const list = leaf(group, 'list', 'list the newest jobs').option(
    '--limit <n>',
    'at most this many (default: 20)',
    positive,
  );
  withGlobals(list).action((values: Values & { limit?: number }) =>
    finish(context, values.json === true, () =>
      withSession(io, values, async (session) => {
        const rows = session.jobs(Math.min(1000, values.limit ?? 20));
        return {
          data: { command: 'jobs list', catalog: session.folder, jobs: rows },
          lines:
            rows.length === 0
              ? [`no jobs in ${session.folder}`]
              : table(
                  ['id', 'state', 'done', 'seconds', 'job', 'result'],
                  rows.map((job) => [
                    job.id,
                    job.state,
                    progressOf(job),
                    Math.round(secondsOf(job)),
                    job.title,
                    job.error ?? figures(job),
                  ]),
                ),
        };
      }),
    ),
  );

  onOneJob('resume <id>', 'go on with a cancelled or failed job where it stopped', async (session, job) => {
    if (job.state === 'done') throw new CliError(`job ${job.id} is done already; there is nothing to resume`);
    const ended = await followJob(session, session.resume(job));
    return { data: { command: 'jobs resume', job: jobData(ended) }, lines: jobLines(ended) };
  });

  onOneJob('finish <id>', 'end a training now and keep what it has learned', async (session, job) => {
    const asked = session.finish(job);
    if (asked.state === 'running')
      return {
        data: { command: 'jobs finish', job: { id: job.id, kind: job.kind, state: asked.state } },
        lines: [`${job.title}: ends after the step it is at, and keeps its model`],
      };
    const ended = await followJob(session, asked);
    return { data: { command: 'jobs finish', job: jobData(ended) }, lines: jobLines(ended) };
  });

  onOneJob(
    'cancel <id>',
    'stop a job at its next safe point; jobs resume goes on with it',
    async (session, job) => {
      if (job.state !== 'queued' && job.state !== 'running')
        throw new CliError(`job ${job.id} is ${job.state}; only a queued or running job can be cancelled`);
      session.cancel(job);
      return {
        data: { command: 'jobs cancel', job: { id: job.id, kind: job.kind } },
        lines: [`${job.title}: stops at its next safe point; go on with: crux jobs resume ${job.id}`],
      };
    },
  );

  onOneJob('log <id>', "print a job's log", async (session, job) => {
    const log = session.jobLog(job);
    return {
      data: { command: 'jobs log', job: jobData(job), log },
      lines: log.map((line) => `${new Date(line.at).toISOString()}  ${line.level.padEnd(5)}  ${line.text}`),
    };
  });

  function onOneJob(
    usage: string,
    summary: string,
    body: (session: Session, job: Job) => Promise<CommandResult>,
  ): void {
    withGlobals(leaf(group, usage, summary)).action((id: string, values: Values) =>
      finish(context, values.json === true, () =>
        withSession(io, values, (session) => {
          const row = session.job(Number(id));
          if (!row) throw usageError(`no job ${id} in ${session.folder}; see: crux jobs list`);
          return body(session, row);
        }),
      ),
    );
  }
}
