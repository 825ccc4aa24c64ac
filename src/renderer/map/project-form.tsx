/** Owns the form that computes a map. */
import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain.ts';
import { projectParams } from '../../shared/jobs.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';

export function ProjectForm({ dataset, onStarted }: { dataset: Dataset; onStarted?: () => void }) {
  const { data: models = [], isPending } = useRequest('models.list', {});
  const [params, setParams] = useState(() => projectParams.parse({ datasetId: dataset.id }));
  const enqueue = useEnqueue();
  const encoders = models.filter(
    ({ kind, usable }) => usable && (kind === 'encoder' || kind === 'classifier'),
  );
  const modelId = encoders.find(({ id }) => id === params.modelId)?.id ?? encoders[0]?.id ?? null;
  const valid = modelId !== null && projectParams.safeParse(params).success;
  return (
    <form
      className="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        if (!valid) return;
        if (await enqueue('The map', { kind: 'project', params: { ...params, modelId } })) onStarted?.();
      }}
    >
      <div className="form-grid">
        <Field
          label="Method"
          help="t-SNE keeps neighbours together. PCA is a plain linear view: quick, and distances mean something."
        >
          <Select
            aria-label="Method"
            data={[
              { value: 'tsne', label: 't-SNE' },
              { value: 'pca', label: 'PCA' },
            ]}
            value={params.method}
            onChange={(value) => value && setParams({ ...params, method: value as 'tsne' | 'pca' })}
          />
        </Field>
        <Field
          label="Encoder"
          help="The network whose features are laid out."
          error={modelId || isPending ? null : 'No encoder is usable. Add one under Settings.'}
        >
          <Select
            aria-label="Encoder"
            data={encoders.map(({ id, name }) => ({ value: id, label: name }))}
            value={modelId}
            placeholder="No usable encoder"
            onChange={(value) => value && setParams({ ...params, modelId: value })}
          />
        </Field>
        {params.method === 'tsne' && (
          <>
            <NumberField
              label="Perplexity"
              help="Effective number of neighbours of each point, 2 to 500. Small: many tight clumps. Large: the broad shape."
              min={2}
              max={500}
              value={params.perplexity}
              onChange={(perplexity) => setParams({ ...params, perplexity })}
            />
            <NumberField
              label="Iterations"
              help="Steps of the layout, 50 to 10,000. 1,000 is usual."
              min={50}
              max={10_000}
              step={50}
              value={params.iterations}
              onChange={(iterations) => setParams({ ...params, iterations })}
            />
          </>
        )}
      </div>
      <div>
        <Button type="submit" variant="filled" disabled={!valid} data-testid={testIds.projectStart}>
          Compute the map
        </Button>
      </div>
    </form>
  );
}
