/** Owns the generate screen: train once, then ask for images of a class at a difficulty. */
import './generate.css';
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain.ts';
import { Inspector } from '../browse/inspector.tsx';
import { useDataset, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { ErrorPanel, NoDataset } from '../ui/feedback.tsx';
import { useActiveJob } from '../ui/job-progress.tsx';
import { GenerateForm } from './generate-form.tsx';
import { Preview } from './preview.tsx';
import { Results } from './results.tsx';
import { TrainSection } from './train-section.tsx';

export function GenerateScreen() {
  const dataset = useDataset();
  return dataset ? <Generate key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

function Generate({ dataset }: { dataset: Dataset }) {
  const { data: models, error } = useRequest('models.list', {});
  const training = useActiveJob('train', dataset.id);
  const generating = useActiveJob('generate', dataset.id);
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);
  const [trainAgain, setTrainAgain] = useState(false);
  const adapters = (models ?? [])
    .filter(
      ({ kind, datasetId, usable }) => kind === 'difficulty-adapter' && datasetId === dataset.id && usable,
    )
    .sort((a, b) => b.createdAt - a.createdAt);
  const bases = (models ?? []).filter(({ kind, usable }) => kind === 'diffusion' && usable);
  const showTraining = models && (adapters.length === 0 || trainAgain || training);
  return (
    <>
      <div className="screen">
        <div className="toolbar">
          <span className="toolbar-title">Generate</span>
          <span className="muted ellipsis">
            {adapters[0] ? `with ${adapters[0].name}` : 'needs a difficulty model first'}
          </span>
          <div className="spacer" />
          {adapters.length > 0 && !training && (
            <Button onClick={() => setTrainAgain(!trainAgain)}>
              {trainAgain ? 'Hide training' : 'Train another model…'}
            </Button>
          )}
        </div>
        <div className="screen page">
          {error && <ErrorPanel what="The models cannot be listed" error={error} />}
          {showTraining && <TrainSection dataset={dataset} job={training} first={adapters.length === 0} />}
          {adapters.length > 0 && (
            <div className="generate-columns">
              <GenerateForm dataset={dataset} adapters={adapters} bases={bases} />
              <Preview job={generating} datasetId={dataset.id} />
            </div>
          )}
          <Results dataset={dataset} running={generating} />
        </div>
      </div>
      {inspectId !== null && <Inspector id={inspectId} dataset={dataset} onClose={() => inspect(null)} />}
    </>
  );
}
