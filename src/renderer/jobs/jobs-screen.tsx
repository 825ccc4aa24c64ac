/** Owns the list of jobs: state, progress, time left, cancel, resume, log. */
import { Button } from '@mantine/core';
import { Fragment, useState } from 'react';
import type { JobKind } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { request } from '../api.ts';
import { useDatasets, useJobs } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, useAct } from '../ui/feedback.tsx';
import { duration, when } from '../ui/format.ts';
import { isActive, JobProgress, progressText } from '../ui/job-progress.tsx';
import { JobLog } from './job-log.tsx';
import { resultText } from './result-text.ts';

const kindName: Record<JobKind, string> = {
  import: 'Import',
  relink: 'Find files',
  embed: 'Embed',
  score: 'Score',
  fit: 'Classifier',
  project: 'Map',
  train: 'Train',
  generate: 'Generate',
  control: 'Control',
  'hard-factors': 'Hard factors',
  issues: 'Label issues',
  rescore: 'Measure',
  caption: 'Caption',
  export: 'Export',
};
const stateName: Record<Job['state'], string> = {
  queued: 'Waiting',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function JobsScreen() {
  const { data: jobs, error, refetch } = useJobs();
  const [open, setOpen] = useState<number | null>(null);
  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Jobs</span>
        <span className="muted">
          Jobs survive a restart: what was running goes on, what is finished stays.
        </span>
      </div>
      <div className="screen page">
        {error && <ErrorPanel what="The jobs cannot be listed" error={error} retry={() => void refetch()} />}
        {jobs?.length === 0 && (
          <EmptyState icon="jobs" title="No job has run yet">
            Imports, scoring, maps, training, generation and exports are listed here with their progress and
            their log.
          </EmptyState>
        )}
        {jobs && jobs.length > 0 && (
          <div className="panel" style={{ flex: 'none' }}>
            <table className="data num">
              <thead>
                <tr>
                  <th className="right">No.</th>
                  <th>Kind</th>
                  <th>What</th>
                  <th>State</th>
                  <th style={{ width: '26%' }}>Progress</th>
                  <th>Started</th>
                  <th className="right">Took</th>
                  <th aria-label="Actions" />
                </tr>
              </thead>
              <tbody>
                {jobs.map((job) => (
                  <Fragment key={job.id}>
                    <Row
                      job={job}
                      open={open === job.id}
                      toggle={() => setOpen(open === job.id ? null : job.id)}
                    />
                    {open === job.id && (
                      <tr>
                        <td colSpan={8}>
                          <JobLog job={job} />
                        </td>
                      </tr>
                    )}
                  </Fragment>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </div>
  );
}

function Row({ job, open, toggle }: { job: Job; open: boolean; toggle: () => void }) {
  const act = useAct();
  const { data: datasets = [] } = useDatasets();
  const dataset = datasets.find(({ id }) => id === job.datasetId)?.name;
  const took = job.startedAt && job.finishedAt ? (job.finishedAt - job.startedAt) / 1000 : null;
  return (
    <tr data-testid={testIds.jobRow} data-job-id={job.id} data-kind={job.kind} data-state={job.state}>
      <td className="right muted">{job.id}</td>
      <td>{kindName[job.kind]}</td>
      <td style={{ maxWidth: 280 }}>
        <div className="ellipsis" title={job.title}>
          {job.title}
        </div>
        {dataset && <div className="muted small ellipsis">{dataset}</div>}
      </td>
      <td>
        <span className="legend-item">
          <span className="dot" data-state={job.state} />
          {stateName[job.state]}
        </span>
      </td>
      <td>
        {isActive(job) ? (
          <>
            {job.state === 'running' && <JobProgress job={job} wide />}
            <div className="muted small row">
              <span className="ellipsis">{job.stage}</span>
              <span className="spacer" />
              <span style={{ whiteSpace: 'nowrap' }}>{job.state === 'running' ? progressText(job) : ''}</span>
            </div>
          </>
        ) : (
          <span
            className={job.error ? 'selectable' : 'muted'}
            style={job.error ? { color: 'var(--danger)' } : undefined}
          >
            {job.error ?? resultText(job)}
          </span>
        )}
      </td>
      <td className="muted" style={{ whiteSpace: 'nowrap' }}>
        {job.startedAt ? when(job.startedAt) : '–'}
      </td>
      <td className="right" style={{ whiteSpace: 'nowrap' }}>
        {took === null ? '–' : duration(took)}
      </td>
      <td className="right">
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          {isActive(job) && (
            <Button
              data-testid={testIds.jobCancel}
              onClick={() => void act('Cancelling', () => request('jobs.cancel', { jobId: job.id }))}
            >
              Cancel
            </Button>
          )}
          {(job.state === 'failed' || job.state === 'cancelled') && (
            <Button
              data-testid={testIds.jobResume}
              onClick={() => void act('Resuming', () => request('jobs.resume', { jobId: job.id }))}
            >
              Resume
            </Button>
          )}
          <Button variant="subtle" aria-expanded={open} onClick={toggle}>
            Log
          </Button>
        </div>
      </td>
    </tr>
  );
}
