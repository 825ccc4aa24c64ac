/** Owns training a classifier on a dataset: the form, how far it is, and scoring with what came of it. */
import { Button, CloseButton } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { fitResult } from '../../shared/jobs/fit.ts';
import { isOfKind, type Job } from '../../shared/jobs/job.ts';
import { request } from '../api.ts';
import { useJobs, useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useTrainingPoints } from '../train/training-points.ts';
import { useAct, useEnqueue } from '../ui/feedback.tsx';
import { count, percent } from '../ui/format.ts';
import { isActive, JobLine } from '../ui/job-progress.tsx';
import { FitChart } from './fit-chart.tsx';
import { FitForm } from './fit-form.tsx';

export function FitSection({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const { data: jobs = [] } = useJobs();
  const job = jobs.filter(isOfKind('fit')).find(({ datasetId }) => datasetId === dataset.id);
  const [again, setAgain] = useState(false);
  const running = job !== undefined && isActive(job);
  const form = !job || (again && !running);
  return (
    <div className="panel" style={{ flex: 'none' }} data-testid={testIds.fitSection}>
      <div className="panel-head">
        Train a classifier on this dataset
        <span className="spacer" />
        {job && !running && !again && <Button onClick={() => setAgain(true)}>Train another…</Button>}
        <CloseButton size="sm" aria-label="Close the training of a classifier" onClick={onClose} />
      </div>
      <div className="panel-body stack">
        {form ? (
          <>
            <div className="muted" style={{ maxWidth: 860 }}>
              It learns your classes from your labelled images and then says how sure it is of each label: a
              difficulty that stands on your images alone. It remembers how every image went from epoch to
              epoch, which tells the hard from the wrongly labelled. Images it learned from look easier than
              they are; those held out do not.
            </div>
            <FitForm dataset={dataset} />
          </>
        ) : (
          <FitRun job={job} dataset={dataset} />
        )}
      </div>
    </div>
  );
}

function FitRun({ job, dataset }: { job: Job<'fit'>; dataset: Dataset }) {
  const points = useTrainingPoints(job.id);
  return (
    <>
      {isActive(job) && (
        <>
          <JobLine job={job} />
          <RunningActions job={job} begun={points.length > 0} />
        </>
      )}
      {(job.state === 'failed' || job.state === 'cancelled') && <StoppedNotice job={job} />}
      {job.state === 'done' && <Outcome job={job} dataset={dataset} />}
      <FitChart points={points} />
    </>
  );
}

function RunningActions({ job, begun }: { job: Job; begun: boolean }) {
  const act = useAct();
  const [asked, setAsked] = useState(false);
  return (
    <div className="row">
      <Button
        data-testid={testIds.fitKeep}
        disabled={!begun || asked}
        title={
          begun
            ? 'Ends now and makes a classifier of the best epoch'
            : 'There is nothing to keep before the first epoch'
        }
        onClick={async () => {
          setAsked(true);
          const answer = await act('Ending the training', () => request('jobs.finish', { jobId: job.id }));
          if (answer === undefined) setAsked(false);
        }}
      >
        {asked ? 'Ending…' : 'Stop and keep the best'}
      </Button>
      <Button
        title="Stops at the next step; you can resume it"
        onClick={() => void act('Stopping', () => request('jobs.cancel', { jobId: job.id }))}
      >
        Stop
      </Button>
    </div>
  );
}

function StoppedNotice({ job }: { job: Job }) {
  const act = useAct();
  return (
    <div className="notice" data-kind={job.state === 'failed' ? 'error' : undefined}>
      <div>
        <strong>The training {job.state === 'failed' ? 'failed' : 'was stopped'}.</strong>
        <div className="muted selectable">
          {job.error ?? 'Resume goes on as if it had never been stopped.'}
        </div>
      </div>
      <Button
        data-testid={testIds.fitResume}
        onClick={() => void act('Resuming', () => request('jobs.resume', { jobId: job.id }))}
      >
        Resume
      </Button>
    </div>
  );
}

/** What came of it in words, and the step that follows. */
function Outcome({ job, dataset }: { job: Job<'fit'>; dataset: Dataset }) {
  const { data: models = [] } = useRequest('models.list', {});
  const enqueue = useEnqueue();
  const figures = fitResult.safeParse(job.result).data;
  const model = models.find(({ id }) => id === job.result?.modelId);
  const scored = model && dataset.scorers.some(({ modelHash }) => modelHash === model.hash);
  return (
    <div className="row wrap" style={{ gap: 14 }}>
      <div>
        <strong>{model?.name ?? 'The classifier'}</strong>{' '}
        {figures ? (
          <>
            is right on <b className="num">{percent(figures.validationAccuracy)}</b> of{' '}
            {count(figures.heldOut)} images held out, after epoch {count(figures.bestEpoch)} of{' '}
            {count(figures.epochs)}.
          </>
        ) : (
          'is trained.'
        )}
      </div>
      {model ? (
        <Button
          variant={scored ? 'default' : 'filled'}
          data-testid={testIds.fitScore}
          onClick={() =>
            void enqueue('Scoring', {
              kind: 'score',
              params: { datasetId: dataset.id, method: 'classifier', modelId: model.id },
            })
          }
        >
          {scored ? 'Score with it again' : 'Score with it'}
        </Button>
      ) : (
        <span className="muted">It was removed under Settings.</span>
      )}
    </div>
  );
}
