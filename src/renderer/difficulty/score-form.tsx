/** Owns the form that starts a scoring job. */
import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ScorerMethod } from '../../shared/domain/scorer.ts';
import { scoreParams } from '../../shared/jobs/score.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';

const methods: { value: ScorerMethod; label: string; needs: 'encoder' | 'classifier' | null }[] = [
  { value: 'out-of-fold', label: 'Out-of-fold probe', needs: 'encoder' },
  { value: 'in-sample', label: 'In-sample probe', needs: 'encoder' },
  { value: 'classifier', label: 'A classifier of yours', needs: 'classifier' },
  { value: 'precomputed', label: 'Probabilities of the manifest', needs: null },
];

export function ScoreForm({ dataset }: { dataset: Dataset }) {
  const { data: models = [], isPending } = useRequest('models.list', {});
  const [params, setParams] = useState(() => scoreParams.parse({ datasetId: dataset.id }));
  const enqueue = useEnqueue();
  const method = methods.find(({ value }) => value === params.method)!;
  // The features of a classifier serve a probe as well as those of an encoder.
  const fitting = models.filter(
    ({ kind, usable }) =>
      usable && (kind === 'classifier' || (kind === 'encoder' && method.needs === 'encoder')),
  );
  const modelId = fitting.some(({ id }) => id === params.modelId) ? params.modelId : (fitting[0]?.id ?? null);
  const badFolds = method.value === 'out-of-fold' && !(params.folds >= 2 && params.folds <= 50);
  const missing =
    method.needs && !modelId && !isPending
      ? `No usable ${method.needs} is known. Add one under Settings.`
      : badFolds
        ? 'Folds: a whole number from 2 to 50.'
        : method.value === 'in-sample' && params.temperature === 'auto'
          ? 'No temperature can be fitted in-sample: the probe has learned from every image. Choose the out-of-fold probe, or no temperature.'
          : null;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (missing) return;
        void enqueue('Scoring', {
          kind: 'score',
          params: { ...params, datasetId: dataset.id, modelId: modelId ?? params.modelId },
        });
      }}
    >
      <div className="form-grid">
        <Field
          label="Method"
          help={`Out-of-fold: ${definitions.outOfFold} In-sample: ${definitions.inSample}`}
        >
          <Select
            aria-label="Method"
            data={methods}
            value={params.method}
            onChange={(value) => value && setParams({ ...params, method: value as ScorerMethod })}
          />
        </Field>
        {method.needs && (
          <Field
            label={method.needs === 'encoder' ? 'Encoder' : 'Classifier'}
            help={
              method.needs === 'encoder'
                ? 'The frozen network whose features the probe is trained on. A stronger encoder gives truer difficulties.'
                : 'Its labels must contain the classes of this dataset.'
            }
          >
            <Select
              aria-label={method.needs === 'encoder' ? 'Encoder' : 'Classifier'}
              data={fitting.map(({ id, name }) => ({ value: id, label: name }))}
              value={modelId}
              onChange={(value) => value && setParams({ ...params, modelId: value })}
            />
          </Field>
        )}
        {method.value === 'out-of-fold' && (
          <NumberField
            label="Folds"
            help={definitions.outOfFold}
            min={2}
            max={50}
            value={params.folds}
            onChange={(folds) => setParams({ ...params, folds })}
          />
        )}
        <Field
          label="Temperature"
          help={`Fitted: makes the scorer as sure as it is right, by its labelled images that it had not learned from, so that difficulty is a probability. ${definitions.temperature}`}
        >
          <Select
            aria-label="Temperature"
            data-testid={testIds.scoreTemperature}
            data={[
              { value: 'none', label: 'None: as it is' },
              { value: 'auto', label: 'Fitted' },
            ]}
            value={params.temperature === 'auto' ? 'auto' : 'none'}
            onChange={(value) => setParams({ ...params, temperature: value === 'auto' ? 'auto' : 1 })}
          />
        </Field>
      </div>
      {missing && <div className="field-error">{missing}</div>}
      <div>
        <Button
          type="submit"
          variant="filled"
          disabled={missing !== null || isPending}
          data-testid={testIds.scoreStart}
        >
          Score {dataset.name}
        </Button>
      </div>
    </form>
  );
}
