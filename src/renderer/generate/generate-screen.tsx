/** Owns the generate screen: asking for images of a class at a difficulty. */
import './generate.css';
import { Button } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { Inspector } from '../browse/inspector.tsx';
import { useDataset, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { difficultyModels } from '../ui/difficulty-models.ts';
import { ErrorPanel, NoDataset } from '../ui/feedback.tsx';
import { useActiveJob } from '../ui/job-progress.tsx';
import { GenerateForm } from './generate-form.tsx';
import { Preview } from './preview.tsx';
import { Results } from './results.tsx';

export function GenerateScreen() {
  const dataset = useDataset();
  return dataset ? <Generate key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

function Generate({ dataset }: { dataset: Dataset }) {
  const { data: models, error } = useRequest('models.list', {});
  const generating = useActiveJob('generate', dataset.id);
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);
  const show = useStore((state) => state.show);
  const adapters = difficultyModels(models ?? [], dataset.id);
  return (
    <>
      <div className="screen">
        <div className="toolbar">
          <span className="toolbar-title">Generate</span>
          <span className="muted ellipsis">
            {adapters[0] ? `with ${adapters[0].name}` : 'needs a difficulty model first'}
          </span>
          <div className="spacer" />
        </div>
        <div className="screen page">
          {error && <ErrorPanel what="The models cannot be listed" error={error} />}
          {models && adapters.length === 0 && (
            <div className="notice">
              <div>
                <strong>No difficulty model yet: train one.</strong>
                <div className="muted">
                  It learns what easy and hard images of each class look like; then they can be asked for
                  here.
                </div>
              </div>
              <Button variant="filled" onClick={() => show('train')}>
                Go to Train
              </Button>
            </div>
          )}
          {adapters.length > 0 && (
            <div className="generate-columns">
              <GenerateForm dataset={dataset} />
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
