/** Owns one training: how far it is, its loss, its pictures, and what can be done with it. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Job } from '../../shared/jobs/job.ts';
import { trainParams } from '../../shared/jobs/train.ts';
import { previewInterval } from '../../shared/training-previews.ts';
import { request } from '../api.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';
import { isActive, JobLine } from '../ui/job-progress.tsx';
import { LossChart } from './loss-chart.tsx';
import { PreviewStrip } from './preview-strip.tsx';

export function TrainingRun({ job }: { job: Job }) {
  const active = isActive(job);
  const { data: points = [] } = useRequest('jobs.training', { jobId: job.id });
  // The job's own count may be of the images that it was preparing when it was stopped.
  const taken = points.at(-1)?.step ?? 0;
  return (
    <div
      className="panel train-panel"
      data-testid={testIds.trainRun}
      data-job-id={job.id}
      data-state={job.state}
    >
      <div className="panel-head">
        {headOf(job)}
        <span className="spacer" />
        {active ? (
          <RunningActions job={job} />
        ) : (
          job.state !== 'done' && <StoppedActions job={job} begun={taken > 0} />
        )}
      </div>
      <div className="panel-body stack">
        {active && <JobLine job={job} />}
        {(job.state === 'failed' || job.state === 'cancelled') && (
          <div className="notice" data-kind={job.state === 'failed' ? 'error' : undefined}>
            <div>
              <strong>
                {job.state === 'failed' ? 'It failed' : 'It was stopped'}{' '}
                {taken > 0 ? `at step ${count(taken)}${wantedSteps(job)}` : 'before its first step'}.
              </strong>
              <div className="muted selectable">
                {job.error ??
                  (taken > 0
                    ? 'Resume goes on as if it had never been stopped. Keep makes a model of what it has learned so far.'
                    : 'Resume goes on with it.')}
              </div>
            </div>
          </div>
        )}
        <div className="train-run">
          <LossChart jobId={job.id} />
          <PreviewStrip jobId={job.id} expected={active && makesPictures(job)} />
        </div>
      </div>
    </div>
  );
}

const wantedSteps = ({ params }: Job) =>
  typeof params.steps === 'number' ? ` of ${count(params.steps)}` : '';

function makesPictures({ params }: Job): boolean {
  const known = trainParams.safeParse(params).data;
  return known?.kind === 'difficulty' && previewInterval(known) > 0;
}

function headOf(job: Job): string {
  if (job.state === 'done') return `Training ${job.id}: done`;
  return isActive(job) ? 'Training now' : `Training ${job.id}`;
}

function RunningActions({ job }: { job: Job }) {
  const act = useAct();
  const [asked, setAsked] = useState(false);
  const begun = job.stage === 'training' && job.done > 0;
  return (
    <>
      <Button
        data-testid={testIds.trainKeep}
        disabled={!begun || asked}
        title={
          begun
            ? 'Ends after this step and makes a model of it'
            : 'There is nothing to keep before the first step'
        }
        onClick={async () => {
          setAsked(true);
          const answer = await act('Ending the training', () => request('jobs.finish', { jobId: job.id }));
          if (answer === undefined) setAsked(false);
        }}
      >
        {asked ? 'Ends after this step…' : 'Stop and keep'}
      </Button>
      <Button
        data-testid={testIds.trainStop}
        title="Stops at the next step; you can resume it"
        onClick={() => void act('Stopping', () => request('jobs.cancel', { jobId: job.id }))}
      >
        Stop
      </Button>
    </>
  );
}

function StoppedActions({ job, begun }: { job: Job; begun: boolean }) {
  const act = useAct();
  return (
    <>
      {begun && (
        <Button
          data-testid={testIds.trainKeep}
          onClick={() => void act('Keeping the training', () => request('jobs.finish', { jobId: job.id }))}
        >
          Keep
        </Button>
      )}
      <Button
        data-testid={testIds.trainResume}
        variant="filled"
        onClick={() => void act('Resuming', () => request('jobs.resume', { jobId: job.id }))}
      >
        Resume
      </Button>
    </>
  );
}
