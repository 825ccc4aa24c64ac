/** Owns the settings of the denoising that most people look at. */
import { Select } from '@mantine/core';
import { schedulerLabel, schedulerSettings, schedulers } from '../../shared/schedulers.ts';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import { Group } from './group.tsx';
import type { FieldErrors, GenerateInput } from './validate.ts';

interface Props {
  params: GenerateInput;
  errors: FieldErrors;
  set: (change: Partial<GenerateInput>) => void;
}

export function SamplingGroup({ params, errors, set }: Props) {
  return (
    <Group title="How it is drawn">
      <div className="form-grid">
        <NumberField
          label="Guidance scale"
          help="How strongly the image follows prompt and difficulty. 1 switches guidance off; 2 is the method's own choice; large values exaggerate."
          min={1}
          max={30}
          step={0.5}
          decimals={2}
          value={params.guidanceScale}
          onChange={(guidanceScale) => set({ guidanceScale })}
          testId={testIds.generateGuidance}
          error={errors.guidanceScale}
        />
        <Field
          label="Scheduler"
          help={
            params.scheduler === 'model'
              ? 'How noise is removed step by step. The model brings a scheduler of its own, configured as it was trained.'
              : schedulers[params.scheduler].help
          }
        >
          <Select
            aria-label="Scheduler"
            data-testid={testIds.generateScheduler}
            data={schedulerSettings.map((value) => ({ value, label: schedulerLabel(value) }))}
            value={params.scheduler}
            onChange={(value) => value && set({ scheduler: value as GenerateInput['scheduler'] })}
          />
        </Field>
        <NumberField
          label="Steps"
          help="Denoising steps for each image. More is slower and, beyond 30 to 50, hardly better."
          min={1}
          max={1000}
          value={params.steps}
          onChange={(steps) => set({ steps })}
          testId={testIds.generateSteps}
          error={errors.steps}
        />
        <NumberField
          label="Seed"
          help="The same seed with the same settings makes the same images again."
          min={0}
          max={Number.MAX_SAFE_INTEGER}
          value={params.seed}
          onChange={(seed) => set({ seed })}
          testId={testIds.generateSeed}
          error={errors.seed}
        />
      </div>
    </Group>
  );
}
