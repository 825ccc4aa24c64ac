/** Owns the form controls of parameters that hold a scorer's or a model's id. */
import { Select } from '@mantine/core';
import type { ModelEntry } from '../../shared/domain/model.ts';
import type { FieldWords } from '../../shared/field.ts';
import { isOnnxFile } from '../../shared/model-files.ts';
import { useRequest } from '../queries.ts';
import type { ControlProps } from './control-props.ts';
import { difficultyModels, newestFirst } from './difficulty-models.ts';
import { Field } from './fields.tsx';
import { counted } from './format.ts';
import { scorerChoices } from './scorer-choices.ts';

const nothing = '';

export function ScorerControl({ field, testId, value, set, words, dataset, error }: ControlProps) {
  const none = field.none === undefined ? [] : [{ value: nothing, label: field.none }];
  return (
    <Field {...words} error={error}>
      <Select
        aria-label={field.label}
        data-testid={testId}
        data={[...none, ...scorerChoices(dataset.scorers)]}
        value={value === null ? nothing : String(value)}
        onChange={(id) => id !== null && set(id === nothing ? null : Number(id))}
      />
    </Field>
  );
}

const isNetwork = ({ kind }: ModelEntry) => kind === 'encoder' || kind === 'classifier';

const listed: Readonly<
  Record<
    Exclude<NonNullable<FieldWords['among']>, 'scorers'>,
    (models: ModelEntry[], datasetId: number) => ModelEntry[]
  >
> = {
  encoders: (models) => models.filter((model) => model.usable && isNetwork(model)),
  'image-networks': (models) =>
    models.filter((model) => model.usable && isNetwork(model) && !isOnnxFile(model.path)),
  'difficulty-models': difficultyModels,
  'diffusion-models': (models) => models.filter(({ kind, usable }) => kind === 'diffusion' && usable),
  'plain-loras': (models, datasetId) =>
    models
      .filter((model) => model.kind === 'lora' && model.usable && model.datasetId === datasetId)
      .sort(newestFirst),
};

export function ModelControl({ field, testId, value, set, words, error, dataset }: ControlProps) {
  const { data: models, isPending } = useRequest('models.list', {});
  const usable = listed[field.among as keyof typeof listed](models ?? [], dataset.id);
  const none = field.none === undefined ? [] : [{ value: nothing, label: field.none }];
  const known = value === null || isPending || usable.some(({ id }) => id === value);
  return (
    <Field
      {...words}
      error={
        known
          ? error
          : usable.length > 0
            ? `${String(value)} cannot be used: choose among ${counted(usable.length, 'model')}.`
            : 'No model is usable here. Add one under Settings.'
      }
    >
      <Select
        aria-label={field.label}
        data-testid={testId}
        data={[...none, ...usable.map(({ id, name }) => ({ value: id, label: name }))]}
        value={value === null ? nothing : String(value)}
        placeholder="No usable model"
        onChange={(id) => id !== null && set(id === nothing ? null : id)}
      />
    </Field>
  );
}
