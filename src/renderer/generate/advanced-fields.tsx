/** Owns the settings of a generation that most people leave alone: what it starts from, and with which model. */
import { Select, Textarea } from '@mantine/core';
import type { ModelEntry } from '../../shared/domain/model.ts';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import { GuidanceFields } from '../ui/guidance-fields.tsx';
import { LoraFields } from './lora-fields.tsx';
import type { FieldErrors, GenerateInput } from './validate.ts';

interface Props {
  params: GenerateInput;
  errors: FieldErrors;
  set: (change: Partial<GenerateInput>) => void;
  /** Difficulty models that the dataset's images can be made with. */
  adapters: ModelEntry[];
  /** Diffusion models that can be used without one. */
  bases: ModelEntry[];
}

const choices = (models: readonly ModelEntry[]) => models.map(({ id, name }) => ({ value: id, label: name }));
const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

export function AdvancedFields({ params, errors, set, adapters, bases }: Props) {
  return (
    <div className="stack">
      <div className="form-grid">
        <Field
          label="Model"
          help="The difficulty model that was trained on this dataset; the newest unless you choose another. A base model alone knows no difficulty: it makes images to compare with."
        >
          <Select
            aria-label="Model"
            data={[
              { group: 'Difficulty models', items: choices(adapters) },
              { group: 'Base models alone', items: choices(bases) },
            ]}
            value={params.modelId ?? params.adapterId ?? adapters[0]?.id ?? null}
            onChange={(id) => {
              const alone = bases.some((base) => base.id === id);
              set(alone ? { modelId: id, adapterId: null } : { modelId: null, adapterId: id });
            }}
          />
        </Field>
        <GuidanceFields params={params} set={set} error={errors.difficultyGuidance} />
        <NumberField
          label="Batch"
          help="Images computed together. More is quicker and needs more memory."
          min={1}
          max={64}
          value={params.batchSize}
          onChange={(batchSize) => set({ batchSize })}
          error={errors.batchSize}
        />
        <NumberField
          label="Picture size"
          help="Side in pixels. Empty: the model's own size, which it is best at. Smaller needs less memory."
          min={8}
          max={4096}
          value={params.size ?? Number.NaN}
          onChange={(size) => set({ size: Number.isNaN(size) ? null : size })}
          placeholder="The model's own"
          error={errors.size}
        />
        <Field
          label="Start from"
          help="Noise makes a new image. A real image is changed as far as the strength says, and stays alike. Two real images of the class give one between or beyond them. Which ones is drawn, and recorded with the image."
        >
          <Select
            aria-label="Start from"
            data-testid={testIds.generateInit}
            data={[
              { value: 'noise', label: 'Noise' },
              { value: 'image', label: 'A real image of the class' },
              { value: 'interpolate', label: 'Two real images of the class' },
            ]}
            value={params.init}
            onChange={(value) => value && set({ init: value as GenerateInput['init'] })}
          />
        </Field>
        {params.init === 'image' && (
          <NumberField
            label="Strength"
            help="Share of the steps that are run anew: near 0 keeps the real image, 1 keeps hardly anything of it."
            min={0.01}
            max={1}
            step={0.05}
            decimals={2}
            value={params.strengths[0]}
            onChange={(strength) => set({ strengths: [strength] })}
            testId={testIds.generateStrength}
            error={errors.strengths}
          />
        )}
        {params.init === 'interpolate' && (
          <NumberField
            label="Inversion steps"
            help="Steps that lead each real image back to its noise, once for each image. More is truer and slower."
            min={1}
            max={1000}
            value={params.inversionSteps}
            onChange={(inversionSteps) => set({ inversionSteps })}
            error={errors.inversionSteps}
          />
        )}
      </div>
      <LoraFields loras={params.loras} onChange={(loras) => set({ loras })} error={errors.loras} />
      <Field
        label="Prompts of the first steps"
        help="One a line; one is drawn for each image. It decides the composition, in the first steps; the prompt above decides the rest. Empty: one prompt throughout."
        htmlFor="generate-first-prompts"
        error={errors.firstPrompts}
      >
        <Textarea
          id="generate-first-prompts"
          data-testid={testIds.generateFirstPrompts}
          autosize
          placeholder="a photo of a [CLS] in the rain"
          defaultValue={params.firstPrompts.join('\n')}
          onChange={(event) => set({ firstPrompts: lines(event.currentTarget.value) })}
        />
      </Field>
      {params.firstPrompts.length > 0 && (
        <NumberField
          label="Their share"
          help="Of the way from noise to image, counted from the noise. 1: they alone count."
          min={0}
          max={1}
          step={0.05}
          decimals={2}
          value={params.firstShare}
          onChange={(firstShare) => set({ firstShare })}
          error={errors.firstShare}
        />
      )}
    </div>
  );
}
