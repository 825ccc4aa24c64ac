/** Owns how far a job is, as a bar and in words. */
import type { Job } from '../../shared/jobs/job.ts';
import { useJobs } from '../queries.ts';
import { count, duration } from './format.ts';

/** Share done, [0,1]; null while the total is unknown. */
export const share = (job: Job): number | null =>
  job.total === null || job.total <= 0 ? null : Math.min(1, job.done / job.total);

export function progressText(job: Job): string {
  const part = job.total === null ? count(job.done) : `${count(job.done)} of ${count(job.total)}`;
  return job.secondsLeft === null ? part : `${part} · ${duration(Math.round(job.secondsLeft) || 1)} left`;
}

export function JobProgress({ job, wide }: { job: Job; wide?: boolean }) {
  const part = share(job);
  return (
    <span
      className={wide ? 'bar-track wide' : 'bar-track'}
      role="progressbar"
      aria-label={job.title}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={part === null ? undefined : Math.round(part * 100)}
      style={{ display: 'block' }}
    >
      {part === null ? (
        <span className="bar-fill unknown" style={{ display: 'block' }} />
      ) : (
        <span className="bar-fill" style={{ display: 'block', width: `${100 * part}%` }} />
      )}
    </span>
  );
}

export const isActive = (job: Job): boolean => job.state === 'queued' || job.state === 'running';

/** The newest job of this kind on this dataset that waits or runs. */
export function useActiveJob(kind: Job['kind'], datasetId: number | null): Job | undefined {
  const { data: jobs = [] } = useJobs();
  return jobs.find((job) => job.kind === kind && job.datasetId === datasetId && isActive(job));
}

/** A running job in a screen's place: what it does, how far, how long. */
export function JobLine({ job }: { job: Job }) {
  return (
    <div className="stack" style={{ gap: 4 }} data-job-id={job.id} data-state={job.state}>
      <div className="row num">
        <span className="ellipsis">{job.stage || (job.state === 'queued' ? 'Waiting' : job.title)}</span>
        <span className="spacer" />
        <span className="muted" style={{ whiteSpace: 'nowrap' }}>
          {job.state === 'queued' ? 'queued' : progressText(job)}
        </span>
      </div>
      {job.state === 'running' && <JobProgress job={job} wide />}
    </div>
  );
}
