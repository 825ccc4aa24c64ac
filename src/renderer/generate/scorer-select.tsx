/** Owns the choice of the scorer that a generation follows. */
import { Select } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { Field } from '../ui/fields.tsx';
import type { GenerateInput } from './validate.ts';

interface Props {
  dataset: Dataset;
  params: GenerateInput;
  set: (change: Partial<GenerateInput>) => void;
  /** It must be able to measure new images: given probabilities are not. */
  measures: boolean;
}

const current = 'current';

export function ScorerSelect({ dataset, params, set, measures }: Props) {
  const fitting = dataset.scorers.filter(({ method }) => !measures || method !== 'precomputed');
  return (
    <Field
      label="Scorer"
      help="Whose difficulties count here. A scorer that the difficulty model was not trained with is the stricter judge."
    >
      <Select
        aria-label="Scorer"
        data={[
          { value: current, label: 'The current one' },
          ...fitting.map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        value={params.scorerId === null ? current : String(params.scorerId)}
        onChange={(value) => set({ scorerId: value === null || value === current ? null : Number(value) })}
      />
    </Field>
  );
}
