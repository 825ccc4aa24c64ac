/** Owns what samples start from, in the form of a generation. */
import { Select } from '@mantine/core';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import type { FieldsProps } from '../ui/settings-form.tsx';
import type { GenerateInput } from './plan-words.ts';

export function AdvancedFields({ params, set, say }: FieldsProps<GenerateInput>) {
  return (
    <div className="stack">
      <div className="form-grid">
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
            error={say('strengths')}
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
            error={say('inversionSteps')}
          />
        )}
      </div>
    </div>
  );
}
