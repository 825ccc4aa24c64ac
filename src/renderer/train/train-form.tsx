/** Owns the form that starts a training: what most people set, and the rest behind a button. */
import { SegmentedControl, Select } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ModelEntry } from '../../shared/domain/model.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { trainParams } from '../../shared/jobs/train.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { MemoryNotice } from '../ui/memory-notice.tsx';
import { scorerChoices } from '../ui/scorer-choices.ts';
import { type FieldsProps, SettingsForm, useParams } from '../ui/settings-form.tsx';
import { EncoderFields } from './encoder-fields.tsx';
import { LearningFields } from './learning-fields.tsx';
import { ScorerNotice } from './scorer-notice.tsx';

export type Params = JobParams<'train'>;
export type TrainFieldsProps = FieldsProps<Params>;

/** What the memory of a training depends on. */
const memoryParams = ({ datasetId, baseModelId, batchSize, rank, gradientCheckpointing }: Params) => ({
  datasetId,
  baseModelId,
  batchSize,
  rank,
  gradientCheckpointing,
});

interface Props {
  dataset: Dataset;
  /** Usable diffusion models, at least one. */
  bases: readonly ModelEntry[];
  onStarted: () => void;
}

export function TrainForm({ dataset, bases, onStarted }: Props) {
  const enqueue = useEnqueue();
  const { fits, ...fields } = useParams(trainParams, dataset.id, (typed) => ({
    ...typed,
    baseModelId: (bases.find(({ id }) => id === typed.baseModelId) ?? bases[0]).id,
  }));
  const { params } = fields;
  const difficulty = params.kind === 'difficulty';
  return (
    <SettingsForm
      name="Train a model"
      fits={fits}
      start="Start training"
      startTestId={testIds.trainStart}
      moreTestId={testIds.trainMore}
      onStart={async () => {
        if (await enqueue('The training', { kind: 'train', params })) onStarted();
      }}
      basic={<Basic {...fields} dataset={dataset} bases={bases} />}
      more={
        <div className="stack">
          {difficulty && <EncoderFields {...fields} />}
          <LearningFields {...fields} />
        </div>
      }
      notices={
        <>
          {difficulty && (
            <ScorerNotice dataset={dataset} scorerId={params.scorerId ?? dataset.currentScorerId!} />
          )}
          <MemoryNotice request={fits ? { kind: 'train', params: memoryParams(params) } : null} />
        </>
      }
    />
  );
}

function Basic({ params, set, say, dataset, bases }: TrainFieldsProps & Pick<Props, 'dataset' | 'bases'>) {
  const difficulty = params.kind === 'difficulty';
  return (
    <div className="form-grid">
      <Field
        label="What to learn"
        help="With difficulty: images can then be asked for at a difficulty. Without: the same add-on, which learns your images alone; train one to see what difficulty adds."
      >
        <SegmentedControl
          aria-label="What to learn"
          data-testid={testIds.trainKind}
          data={[
            { value: 'difficulty', label: 'With difficulty' },
            { value: 'plain', label: 'Without' },
          ]}
          value={params.kind}
          onChange={(kind) => set({ kind: kind as Params['kind'] })}
        />
      </Field>
      <Field label="Base model" help="The diffusion model that the add-on is made for. It is not changed.">
        <Select
          aria-label="Base model"
          data={bases.map(({ id, name }) => ({ value: id, label: name }))}
          value={params.baseModelId}
          onChange={(value) => value && set({ baseModelId: value })}
        />
      </Field>
      {difficulty && (
        <Field label="Difficulty by" help="The scorer whose difficulty of each image is learned.">
          <Select
            aria-label="Difficulty by"
            data={scorerChoices(dataset.scorers)}
            value={String(params.scorerId ?? dataset.currentScorerId)}
            onChange={(value) => value && set({ scorerId: Number(value) })}
          />
        </Field>
      )}
      <NumberField
        label="Steps"
        help="How often it learns from a batch of images. The pictures and the loss below show when more no longer helps; you can stop and keep it at any time."
        min={1}
        max={1_000_000}
        value={params.steps}
        onChange={(steps) => set({ steps })}
        testId={testIds.trainSteps}
        error={say('steps', 'A whole number from 1 to 1,000,000.')}
      />
      <NumberField
        label="Batch"
        help="Images that are learned from at a time. More makes steadier steps, which take longer and more memory."
        min={1}
        max={256}
        value={params.batchSize}
        onChange={(batchSize) => set({ batchSize })}
        testId={testIds.trainBatch}
        error={say('batchSize', 'A whole number from 1 to 256.')}
      />
      <NumberField
        label="Rank"
        help="Size of the add-on (LoRA). Larger learns more detail, and more of what is only chance. 4 to 16 are usual."
        min={1}
        max={256}
        value={params.rank}
        onChange={(rank) => set({ rank })}
        testId={testIds.trainRank}
        error={say('rank', 'A whole number from 1 to 256.')}
      />
      {difficulty && (
        <Field
          label="Difficulties"
          help="Evenly: easy, medium and hard images are drawn equally often, so that rare difficulties are learned too. As they occur: as often as in the dataset."
        >
          <SegmentedControl
            aria-label="Difficulties"
            data={[
              { value: 'even', label: 'Evenly' },
              { value: 'natural', label: 'As they occur' },
            ]}
            value={params.balanced ? 'even' : 'natural'}
            onChange={(value) => set({ balanced: value === 'even' })}
          />
        </Field>
      )}
    </div>
  );
}
