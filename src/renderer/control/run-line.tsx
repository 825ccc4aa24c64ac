/** Owns the job behind a report while it is not done: how far, how long still, cancel, resume. */
import { Button } from '@mantine/core';
import type { Job } from '../../shared/jobs/job.ts';
import { request } from '../api.ts';
import { useJobs } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { isActive, JobLine } from '../ui/job-progress.tsx';

export function RunLine({ kind, datasetId }: { kind: Job['kind']; datasetId: number }) {
  const act = useAct();
  const { data: jobs = [] } = useJobs();
  const newest = jobs.find((job) => job.kind === kind && job.datasetId === datasetId);
  if (!newest || newest.state === 'done') return null;
  if (isActive(newest))
    return (
      <div className="notice" data-testid={testIds.reportJob} data-state={newest.state}>
        <div>
          <JobLine job={newest} />
        </div>
        <Button
          data-testid={testIds.reportCancel}
          title="What is measured already is kept; you can resume"
          onClick={() => void act('Cancelling', () => request('jobs.cancel', { jobId: newest.id }))}
        >
          Cancel
        </Button>
      </div>
    );
  const failed = newest.state === 'failed';
  return (
    <div
      className="notice"
      data-kind={failed ? 'error' : undefined}
      data-testid={testIds.reportJob}
      data-state={newest.state}
    >
      <div>
        <strong>{failed ? 'The last run failed.' : 'The last run was stopped.'}</strong>
        <div className="muted selectable">
          {newest.error ?? 'What it has made and measured is kept; it goes on from there when you resume it.'}
        </div>
      </div>
      <Button
        data-testid={testIds.reportResume}
        onClick={() => void act('Resuming', () => request('jobs.resume', { jobId: newest.id }))}
      >
        Resume
      </Button>
    </div>
  );
}
