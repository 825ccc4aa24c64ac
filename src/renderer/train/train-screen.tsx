/** Owns the screen of difficulty training: what is learned, how far it is, how it looks, and what was trained before. */
import './train.css';
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { useDataset, useJobs, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, NoDataset } from '../ui/feedback.tsx';
import { isActive } from '../ui/job-progress.tsx';
import { TrainForm } from './train-form.tsx';
import { trainedModels } from './trained.ts';
import { TrainedModels } from './trained-models.tsx';
import { TrainingRun } from './training-run.tsx';

export function TrainScreen() {
  const dataset = useDataset();
  return dataset ? <Train key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

function Train({ dataset }: { dataset: Dataset }) {
  const { data: models, error } = useRequest('models.list', {});
  const { data: jobs = [] } = useJobs();
  const [chosen, setChosen] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const trained = trainedModels(models ?? [], jobs, dataset.id);
  const trainings = jobs.filter(({ kind, datasetId }) => kind === 'train' && datasetId === dataset.id);
  const active = trainings.find(isActive);
  // What runs, else what was stopped last, else the newest model's training.
  const newest = active ?? trainings[0];
  const shown = trainings.find(({ id }) => id === chosen) ?? newest;
  const scored = dataset.scorers.length > 0;
  const bases = (models ?? []).filter(({ kind, usable }) => kind === 'diffusion' && usable);
  const ready = scored && bases.length > 0;
  const form = ready && !active && (asking || trainings.length === 0);
  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Train</span>
        <span className="muted ellipsis">
          {active ? 'a model is being trained' : summary(trained.length)}
        </span>
        <div className="spacer" />
        {ready && !active && trainings.length > 0 && (
          <Button data-testid={testIds.trainAgain} onClick={() => setAsking(!asking)}>
            {asking ? 'Close the form' : 'Train another model…'}
          </Button>
        )}
      </div>
      <div className="screen page">
        <Explanation />
        {error && <ErrorPanel what="The models cannot be listed" error={error} />}
        {models && !ready && trained.length === 0 && <Missing scored={scored} />}
        {form && (
          <div className="panel train-panel">
            <div className="panel-head">{trained.length > 0 ? 'Train another model' : 'Train a model'}</div>
            <div className="panel-body">
              <TrainForm
                dataset={dataset}
                bases={bases}
                onStarted={() => {
                  setAsking(false);
                  setChosen(null);
                }}
              />
            </div>
          </div>
        )}
        {shown && <TrainingRun key={shown.id} job={shown} />}
        {trained.length > 0 && (
          <TrainedModels dataset={dataset} models={trained} shown={shown?.id ?? null} onShow={setChosen} />
        )}
      </div>
    </div>
  );
}

const summary = (models: number) =>
  models === 0 ? 'no model yet' : models === 1 ? 'one model trained' : `${models} models trained`;

function Explanation() {
  return (
    <p className="train-explanation">
      <b>The model learns what easy and hard images of each class look like.</b>{' '}
      <span className="muted">
        It is shown your images with noise on them, together with their class and how hard each one was for
        the scorer, and learns to take the noise away. What is learned is a small add-on; the base model and
        your images stay as they are. Afterwards you can ask for any class at any difficulty from 0 (easy) to
        1 (hard).
      </span>
    </p>
  );
}

/** What must be there before anything can be trained, and the way to it. */
function Missing({ scored }: { scored: boolean }) {
  const show = useStore((state) => state.show);
  return scored ? (
    <EmptyState
      icon="train"
      title="No diffusion model is usable"
      actions={
        <Button variant="filled" onClick={() => show('settings')}>
          Go to Settings
        </Button>
      }
    >
      Training adds to a diffusion model, and none of those listed under Settings can be used. Settings says
      what is wrong with each, and adds others.
    </EmptyState>
  ) : (
    <EmptyState
      icon="train"
      title="Score the images first"
      actions={
        <Button variant="filled" onClick={() => show('difficulty')}>
          Go to Difficulty
        </Button>
      }
    >
      The model learns from how hard each image is, and nothing has measured that yet.
    </EmptyState>
  );
}
