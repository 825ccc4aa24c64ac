/** Owns the form that starts a scoring job. */
import { Button, Select, Textarea } from '@mantine/core';
import { useState } from 'react';
import { BUILTIN } from '../../shared/built-in.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ScorerMethod } from '../../shared/domain/scorer.ts';
import { scoreParams } from '../../shared/jobs/score.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';

const methods: { value: ScorerMethod; label: string; needs: 'encoder' | 'classifier' | 'CLIP' | null }[] = [
  { value: 'out-of-fold', label: 'Out-of-fold probe', needs: 'encoder' },
  { value: 'in-sample', label: 'In-sample probe', needs: 'encoder' },
  { value: 'classifier', label: 'A classifier of yours', needs: 'classifier' },
  { value: 'zero-shot', label: 'Class names, by a CLIP', needs: 'CLIP' },
  { value: 'precomputed', label: 'Probabilities of the manifest', needs: null },
];

const needs = {
  encoder: {
    label: 'Encoder',
    help: 'The frozen network whose features the probe is trained on. A stronger encoder gives truer difficulties.',
  },
  classifier: { label: 'Classifier', help: 'Its labels must contain the classes of this dataset.' },
  CLIP: {
    label: 'CLIP',
    help: 'The model that reads both the images and the names of the classes. The built-in one knows the scenes of the demo only.',
  },
};

/** The encoder that the other methods start with reads no texts. */
const firstModel = (method: string) => (method === 'zero-shot' ? BUILTIN.clip : BUILTIN.encoder);

export function ScoreForm({ dataset }: { dataset: Dataset }) {
  const { data: models = [], isPending } = useRequest('models.list', {});
  const [params, setParams] = useState(() => scoreParams.parse({ datasetId: dataset.id }));
  const enqueue = useEnqueue();
  const method = methods.find(({ value }) => value === params.method)!;
  // The features of a classifier serve a probe as well as those of an encoder.
  const fitting = models.filter(
    ({ kind, usable }) =>
      usable &&
      (method.needs === 'CLIP'
        ? kind === 'encoder'
        : kind === 'classifier' || (kind === 'encoder' && method.needs === 'encoder')),
  );
  const modelId = fitting.some(({ id }) => id === params.modelId) ? params.modelId : (fitting[0]?.id ?? null);
  const prompts = params.prompts.filter((line) => line.trim() !== '');
  const badFolds = method.value === 'out-of-fold' && !(params.folds >= 2 && params.folds <= 50);
  const missing =
    method.needs && !modelId && !isPending
      ? `No usable ${method.needs} is known. Add one under Settings.`
      : badFolds
        ? 'Folds: a whole number from 2 to 50.'
        : method.value === 'zero-shot' && !scoreParams.shape.prompts.safeParse(prompts).success
          ? 'Prompts: one or more lines, each with [CLS], for example: a photo of a [CLS]'
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
          params: { ...params, prompts, datasetId: dataset.id, modelId: modelId ?? params.modelId },
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
            onChange={(value) => {
              if (value === null) return;
              const modelId =
                firstModel(value) === firstModel(params.method) ? params.modelId : firstModel(value);
              setParams({ ...params, method: value as ScorerMethod, modelId });
            }}
          />
        </Field>
        {method.needs && (
          <Field label={needs[method.needs].label} help={needs[method.needs].help}>
            <Select
              aria-label={needs[method.needs].label}
              data={fitting.map(({ id, name }) => ({ value: id, label: name }))}
              value={modelId}
              onChange={(value) => value && setParams({ ...params, modelId: value })}
            />
          </Field>
        )}
        {method.value === 'zero-shot' && (
          <Field
            label="Prompts"
            help="What an image of a class is called, one a line; [CLS] becomes the class. The features of several are averaged."
          >
            <Textarea
              aria-label="Prompts"
              data-testid={testIds.scorePrompts}
              autosize
              minRows={2}
              maxRows={8}
              value={params.prompts.join('\n')}
              onChange={(event) => setParams({ ...params, prompts: event.currentTarget.value.split('\n') })}
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
