/** Owns the settings of the denoising that most people look at. */
import { Select } from '@mantine/core';
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
          help="How noise is taken away step by step. PNDM is the method's own; DDIM the simplest; DPM-Solver++ and UniPC do with fewer steps; DDPM adds noise at every step and wants many."
        >
          <Select
            aria-label="Scheduler"
            data-testid={testIds.generateScheduler}
            data={[
              { value: 'pndm', label: 'PNDM' },
              { value: 'ddim', label: 'DDIM' },
              { value: 'dpm-solver++', label: 'DPM-Solver++' },
              { value: 'unipc', label: 'UniPC' },
              { value: 'euler', label: 'Euler' },
              { value: 'ddpm', label: 'DDPM' },
            ]}
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
