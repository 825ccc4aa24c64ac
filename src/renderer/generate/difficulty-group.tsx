/** Owns the choice of how difficult the images shall be. */
import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { testIds } from '../test-ids.ts';
import { Field, SliderField } from '../ui/fields.tsx';
import { Distribution } from './distribution.tsx';
import { Group } from './group.tsx';
import type { GroupProps } from './group-fields.ts';
import { ScorerSelect } from './scorer-select.tsx';
import type { GenerateInput } from './validate.ts';

const kinds: { value: GenerateInput['distribution']; label: string }[] = [
  { value: 'normal', label: 'Around a mean' },
  { value: 'fixed', label: 'Exactly one difficulty' },
  { value: 'uniform', label: 'Evenly over a range' },
  { value: 'real', label: 'As the real images' },
  { value: 'real-class', label: 'As the real images of each class' },
  { value: 'bins', label: 'As a histogram of your own' },
];

export function DifficultyGroup({ dataset, params, errors, set, outline }: GroupProps) {
  const { distribution } = params;
  const matches = distribution === 'real' || distribution === 'real-class';
  return (
    <Group title="How difficult">
      <div className="difficulty-fields">
        <div className="stack">
          <Field
            label="Difficulties asked for"
            help="Each image is asked for a difficulty of its own: 0 is a textbook example, 1 an image that the scorer gets wrong. Around a mean is the method's own choice (0.5 ± 0.1). As the real images repeats how difficult the real ones are."
            error={outline?.problems.difficulty}
          >
            <Select
              aria-label="Difficulties asked for"
              data-testid={testIds.generateDistribution}
              data={kinds}
              value={distribution}
              onChange={(value) => value && set({ distribution: value as GenerateInput['distribution'] })}
            />
          </Field>
          {(distribution === 'normal' || distribution === 'fixed') && (
            <SliderField
              label={distribution === 'normal' ? 'Difficulty μ' : 'Difficulty'}
              help="The difficulty to aim at: 0 is a textbook example, 1 an image that the scorer gets wrong."
              min={0}
              max={1}
              value={params.mu}
              onChange={(mu) => set({ mu })}
              testId={testIds.generateMu}
              error={errors.mu}
            />
          )}
          {distribution === 'normal' && (
            <SliderField
              label="Spread σ"
              help="Standard deviation of the drawn difficulties. 0 gives every image exactly μ."
              min={0}
              max={0.5}
              value={params.sigma}
              onChange={(sigma) => set({ sigma })}
              testId={testIds.generateSigma}
              error={errors.sigma}
            />
          )}
          {distribution === 'uniform' && (
            <>
              <SliderField
                label="From"
                help="The lowest difficulty. Up to 0.33 counts as easy, from 0.66 as extremely hard."
                min={0}
                max={1}
                value={params.low}
                onChange={(low) => set({ low })}
                testId={testIds.generateLow}
                error={errors.low}
              />
              <SliderField
                label="To"
                help="The highest difficulty."
                min={0}
                max={1}
                value={params.high}
                onChange={(high) => set({ high })}
                testId={testIds.generateHigh}
                error={errors.high}
              />
            </>
          )}
          {distribution === 'bins' && (
            <Bins bins={params.bins} error={errors.bins} onChange={(bins) => set({ bins })} />
          )}
          {matches && <ScorerSelect dataset={dataset} params={params} set={set} measures={false} />}
        </div>
        <Distribution params={params} real={outline?.real ?? null} />
      </div>
    </Group>
  );
}

/** "1, 4, 2" -> counts; what is no number becomes NaN, which the form then names. */
export const binsOf = (text: string): number[] =>
  text.trim() === '' ? [] : text.split(/[\s,;]+/).map((part) => (part === '' ? Number.NaN : Number(part)));

function Bins({
  bins,
  error,
  onChange,
}: {
  bins: readonly number[];
  error: string | undefined;
  onChange: (bins: number[]) => void;
}) {
  const [text, setText] = useState(bins.join(', '));
  return (
    <Field
      label="Counts"
      help="One number for each of equally wide bins from difficulty 0 to 1, with commas between. Only their proportions matter: 0, 1, 2, 1, 0 asks mostly for the middle fifth."
      htmlFor="generate-bins"
      error={error}
    >
      <TextInput
        id="generate-bins"
        data-testid={testIds.generateBins}
        placeholder="0, 1, 2, 1, 0"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          onChange(binsOf(event.currentTarget.value));
        }}
        error={Boolean(error)}
      />
    </Field>
  );
}
