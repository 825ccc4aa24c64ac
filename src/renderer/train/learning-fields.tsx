/** Owns the settings of how it learns: rates, weighting, memory, checkpoints and pictures. */
import { NumberInput, Switch } from '@mantine/core';
import { previewInterval } from '../../shared/training-previews.ts';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import { seedRule } from '../ui/seed-rule.ts';
import type { TrainFieldsProps } from './train-form.tsx';

export function LearningFields({ params, set, say }: TrainFieldsProps) {
  return (
    <section>
      <h3 className="train-group">Learning</h3>
      <div className="form-grid">
        <NumberField
          label="LoRA learning rate"
          help="How far each step moves the add-on. Too high, and pictures fall apart; too low, and nothing is learned in time."
          min={0}
          max={1}
          step={0.0001}
          decimals={7}
          value={params.loraLearningRate}
          onChange={(loraLearningRate) => set({ loraLearningRate })}
          error={say('loraLearningRate', 'A number above 0, up to 1.')}
        />
        <Optional
          label="Min-SNR gamma"
          help="Lets images with little noise count less, which can speed up learning. 5 is its paper's value. Empty: all count alike, as in the difficulty paper."
          placeholder="off"
          value={params.minSnrGamma}
          onChange={(minSnrGamma) => set({ minSnrGamma })}
          decimals={3}
          error={say('minSnrGamma', 'A number above 0, or nothing.')}
        />
        <NumberField
          label="Captions left out"
          help="Share of images learned without their caption, so that guidance has something to compare with, and difficulty can speak alone. 0.1 is usual."
          min={0}
          max={0.9}
          step={0.05}
          decimals={3}
          value={params.textDropout}
          onChange={(textDropout) => set({ textDropout })}
          error={say('textDropout', 'A share from 0 to 0.9.')}
        />
        <NumberField
          label="Batches per step"
          help="Their learning is averaged for one step: a larger batch in the memory of a small one, in as much more time."
          min={1}
          max={256}
          value={params.accumulation}
          onChange={(accumulation) => set({ accumulation })}
          error={say('accumulation', 'A whole number from 1 to 256.')}
        />
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
        <NumberField
          label="Checkpoint every"
          help="Steps after which the state is saved. A training that is cut off goes on from the last one."
          min={1}
          max={1_000_000}
          value={params.checkpointEvery}
          onChange={(checkpointEvery) => set({ checkpointEvery })}
          error={say('checkpointEvery', 'A whole number from 1.')}
        />
        {params.kind === 'difficulty' && (
          <Optional
            label="Pictures every"
            help="Steps between pictures of a few classes, easy to hard, and once at the end. 0: none. Empty: as often as takes about a twentieth of the time."
            placeholder={`${previewInterval({ ...params, previewEvery: null })} steps`}
            value={params.previewEvery}
            onChange={(previewEvery) => set({ previewEvery })}
            testId={testIds.trainPreviewEvery}
            error={say('previewEvery', 'A whole number from 0, or nothing.')}
          />
        )}
        <NumberField
          label="Seed"
          help="The same seed, settings and images give the same model again."
          min={0}
          max={Number.MAX_SAFE_INTEGER}
          value={params.seed}
          onChange={(seed) => set({ seed })}
          error={say('seed', seedRule)}
        />
      </div>
    </section>
  );
}

interface OptionalProps {
  label: string;
  help: string;
  placeholder: string;
  value: number | null;
  onChange: (value: number | null) => void;
  decimals?: number;
  testId?: string;
  error: string | null;
}

/** A number that may be left empty. */
function Optional({ label, help, testId, decimals = 0, value, error, onChange, placeholder }: OptionalProps) {
  const id = `field-${label}`;
  return (
    <Field label={label} help={help} htmlFor={id} error={error}>
      <NumberInput
        id={id}
        data-testid={testId}
        placeholder={placeholder}
        min={0}
        decimalScale={decimals}
        clampBehavior="none"
        value={value ?? ''}
        onChange={(next) => onChange(next === '' ? null : Number(next))}
        error={Boolean(error)}
      />
    </Field>
  );
}
