/** Owns what guidance strengthens, and how strongly difficulty is followed: the same two fields wherever images are made. */
import { Select } from '@mantine/core';
import type { JobParams } from '../../shared/jobs/index.ts';
import { Field, NumberField } from './fields.tsx';

type Guidance = Pick<JobParams<'generate'>, 'guidanceMode' | 'difficultyGuidance'>;

interface Props {
  params: Guidance;
  set: (change: Partial<Guidance>) => void;
  /** What is wrong with the difficulty guidance; null: nothing. */
  error: string | null | undefined;
}

const modes: { value: Guidance['guidanceMode']; label: string }[] = [
  { value: 'separate', label: 'Prompt and difficulty, each by its own' },
  { value: 'null-token', label: 'Both together' },
  { value: 'same-token', label: 'The prompt alone' },
];

export function GuidanceFields({ params, set, error }: Props) {
  return (
    <>
      <Field
        label="Guidance strengthens"
        help="Whether guidance makes images follow the prompt, the difficulty, or each as strongly as you say."
      >
        <Select
          aria-label="Guidance strengthens"
          data={modes}
          value={params.guidanceMode}
          onChange={(mode) => mode && set({ guidanceMode: mode as Guidance['guidanceMode'] })}
        />
      </Field>
      {params.guidanceMode === 'separate' && (
        <NumberField
          label="Difficulty guidance"
          help="How strongly images follow the difficulty asked for. 1: as the model does by itself."
          min={1}
          max={30}
          step={0.5}
          decimals={2}
          value={params.difficultyGuidance}
          onChange={(difficultyGuidance) => set({ difficultyGuidance })}
          error={error}
        />
      )}
    </>
  );
}
