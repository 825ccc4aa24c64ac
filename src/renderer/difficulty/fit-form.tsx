/** Owns the form that trains a classifier on a dataset: from what, how much of it, how long. */
import { SegmentedControl, Select, Switch } from '@mantine/core';
import type { Dataset } from '../../shared/domain.ts';
import { fitParams, type JobParams } from '../../shared/jobs.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { seedRule } from '../ui/seed-rule.ts';
import { type FieldsProps, SettingsForm, useParams } from '../ui/settings-form.tsx';

type Params = JobParams<'fit'>;

const scratch = 'scratch';

export function FitForm({ dataset }: { dataset: Dataset }) {
  const enqueue = useEnqueue();
  const { fits, ...fields } = useParams(fitParams, dataset.id);
  return (
    <SettingsForm
      name="Train a classifier"
      fits={fits}
      start={`Train on ${dataset.name}`}
      startTestId={testIds.fitStart}
      moreTestId={testIds.fitMore}
      onStart={async () => {
        await enqueue('The training', { kind: 'fit', params: fields.params });
      }}
      basic={<Basic {...fields} />}
      more={<More {...fields} />}
    />
  );
}

function Basic({ params, set, say }: FieldsProps<Params>) {
  const { data: models = [] } = useRequest('models.list', {});
  const bases = models.filter(
    ({ kind, usable, path }) =>
      usable && (kind === 'encoder' || kind === 'classifier') && !path.endsWith('.onnx'),
  );
  return (
    <div className="form-grid">
      <Field
        label="Start from"
        help="From scratch: a small network that sees only your images, at 64 pixels. A network that has seen many others learns yours from far fewer; add one under Settings (safetensors, as timm or transformers saves them)."
      >
        <Select
          aria-label="Start from"
          data-testid={testIds.fitModel}
          data={[
            { value: scratch, label: 'From scratch (small ResNet)' },
            ...bases.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={params.modelId ?? scratch}
          onChange={(value) => value && set({ modelId: value === scratch ? null : value })}
        />
      </Field>
      {params.modelId !== null && (
        <Field
          label="What learns"
          help="All: best where there are some hundred images or more, and slow. Last stage: the early layers stay as they are. Last layer: minutes even on large datasets, as features are computed once; without random crops."
        >
          <SegmentedControl
            aria-label="What learns"
            data-testid={testIds.fitTrain}
            data={[
              { value: 'all', label: 'All' },
              { value: 'last-stage', label: 'Last stage' },
              { value: 'head', label: 'Last layer' },
            ]}
            value={params.train}
            onChange={(train) => set({ train: train as Params['train'] })}
          />
        </Field>
      )}
      <NumberField
        label="Epochs"
        help="How often it sees every image, at most. You can stop at any time and keep the best epoch so far."
        min={1}
        max={10_000}
        value={params.epochs}
        onChange={(epochs) => set({ epochs })}
        testId={testIds.fitEpochs}
        error={say('epochs', 'A whole number from 1 to 10,000.')}
      />
      <NumberField
        label="Patience"
        help="Training ends by itself after so many epochs that were no better on the images held out."
        min={1}
        max={10_000}
        value={params.patience}
        onChange={(patience) => set({ patience })}
        error={say('patience', 'A whole number from 1 to 10,000.')}
      />
      <NumberField
        label="Held out"
        help="Share of each class that only measures. Where images are marked as validation, those are taken instead; images marked as test are never used."
        min={0.02}
        max={0.5}
        step={0.05}
        decimals={2}
        value={params.validationShare}
        onChange={(validationShare) => set({ validationShare })}
        error={say('validationShare', 'A share from 0.02 to 0.5.')}
      />
      <NumberField
        label="Batch"
        help="Images that are learned from at a time. Fewer take less memory."
        min={2}
        max={1024}
        value={params.batchSize}
        onChange={(batchSize) => set({ batchSize })}
        error={say('batchSize', 'A whole number from 2 to 1,024.')}
      />
    </div>
  );
}

function More({ params, set, say }: FieldsProps<Params>) {
  const tuned = params.modelId !== null;
  const pictures = !tuned || params.train !== 'head';
  return (
    <div className="form-grid">
      <NumberField
        label="Learning rate"
        help={
          tuned
            ? 'How far each step moves the new last layer, at its highest. It rises in the first epoch and falls to almost nothing.'
            : 'How far each step moves the network, at its highest. It rises in the first epoch and falls to almost nothing.'
        }
        min={0}
        max={1}
        step={0.0005}
        decimals={7}
        value={params.learningRate}
        onChange={(learningRate) => set({ learningRate })}
        error={say('learningRate', 'A number above 0, up to 1.')}
      />
      {tuned && pictures && (
        <NumberField
          label="Rate of the rest"
          help="Factor on the learning rate of all but the last layer. What the network has learned before needs small steps only."
          min={0}
          max={1}
          step={0.01}
          decimals={5}
          value={params.backboneRate}
          onChange={(backboneRate) => set({ backboneRate })}
          error={say('backboneRate', 'A number above 0, up to 1.')}
        />
      )}
      {tuned && params.train === 'last-stage' && (
        <NumberField
          label="Stages"
          help="How many of the last stages learn. A ResNet has four, a ViT's blocks count as four quarters."
          min={1}
          max={100}
          value={params.stages}
          onChange={(stages) => set({ stages })}
          error={say('stages', 'A whole number from 1.')}
        />
      )}
      {tuned && pictures && (
        <NumberField
          label="Smallest crop"
          help="Each time, a random part of the picture is shown, at least this share of it. 1: always all of it."
          min={0.05}
          max={1}
          step={0.05}
          decimals={2}
          value={params.cropScale}
          onChange={(cropScale) => set({ cropScale })}
          error={say('cropScale', 'A share above 0, up to 1.')}
        />
      )}
      {!tuned && (
        <NumberField
          label="Shift"
          help="Pictures are moved at random by up to this many pixels."
          min={0}
          max={64}
          value={params.shift}
          onChange={(shift) => set({ shift })}
          error={say('shift', 'A whole number from 0 to 64.')}
        />
      )}
      {pictures && (
        <Field label="Mirror" help="Show every second picture mirrored. Not where left and right matter.">
          <Switch
            mt={4}
            label={params.flip ? 'on' : 'off'}
            checked={params.flip}
            onChange={(event) => set({ flip: event.currentTarget.checked })}
          />
        </Field>
      )}
      {pictures && (
        <Field
          label="Gradient checkpointing"
          help="Takes less memory and about a third more time: inner values are computed again instead of kept."
        >
          <Switch
            mt={4}
            label={params.gradientCheckpointing ? 'on' : 'off'}
            checked={params.gradientCheckpointing}
            onChange={(event) => set({ gradientCheckpointing: event.currentTarget.checked })}
          />
        </Field>
      )}
      <NumberField
        label="Seed"
        help="The same seed, settings and images give the same classifier again."
        min={0}
        max={Number.MAX_SAFE_INTEGER}
        value={params.seed}
        onChange={(seed) => set({ seed })}
        error={say('seed', seedRule)}
      />
    </div>
  );
}
