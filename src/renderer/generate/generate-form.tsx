/** Owns the form of a generation. */
import { Button, Checkbox, Collapse, MultiSelect, Select, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Dataset, ModelEntry } from '../../shared/domain.ts';
import { generateParams } from '../../shared/jobs.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField, SliderField } from '../ui/fields.tsx';
import { counted } from '../ui/format.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { MemoryNotice } from './memory-notice.tsx';
import { NormalDensity } from './normal-density.tsx';
import { checkGenerate, type GenerateInput } from './validate.ts';

const allClasses = 'all';

/** What the memory of a generation depends on. */
const memoryParams = ({ datasetId, adapterId, modelId, batchSize, size, guidanceScale }: GenerateInput) => ({
  datasetId,
  adapterId,
  modelId,
  batchSize,
  size,
  guidanceScale,
});

interface Props {
  dataset: Dataset;
  /** Difficulty models of this dataset, newest first. */
  adapters: ModelEntry[];
  /** Diffusion models that can be used without one. */
  bases: ModelEntry[];
}

export function GenerateForm({ dataset, adapters, bases }: Props) {
  const [params, setParams] = useState<GenerateInput>(() => generateParams.parse({ datasetId: dataset.id }));
  const [measure, setMeasure] = useState(true);
  const [more, setMore] = useState(false);
  const [busy, setBusy] = useState(false);
  const enqueue = useEnqueue();
  const toast = useStore((state) => state.toast);
  const errors = checkGenerate(params);
  const valid = Object.keys(errors).length === 0;
  const set = (change: Partial<GenerateInput>) => setParams((old) => ({ ...old, ...change }));
  const classCount = params.classes === allClasses ? dataset.classes.length : params.classes.length;
  const total = classCount * params.count;

  const start = async () => {
    if (!valid) return;
    setBusy(true);
    const job = await enqueue('The generation', { kind: 'generate', params });
    if (job && measure) {
      await enqueue('The measuring of difficulty', { kind: 'rescore', params: { datasetId: dataset.id } });
    }
    setBusy(false);
    if (job) toast('info', `${counted(total, 'image')} in the queue`);
  };

  return (
    <form
      className="panel"
      aria-label="Generate images"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <div className="panel-body stack">
        <Field
          label="Classes"
          help="One set of images is made for each chosen class; the class also labels them. No choice means all classes."
          error={errors.classes}
        >
          <MultiSelect
            aria-label="Classes"
            data-testid={testIds.generateClasses}
            placeholder={params.classes === allClasses ? `All ${dataset.classes.length} classes` : undefined}
            searchable
            clearable
            hidePickedOptions
            data={dataset.classes.map(({ name }) => name)}
            value={params.classes === allClasses ? [] : params.classes}
            onChange={(classes) => set({ classes: classes.length ? classes : allClasses })}
          />
        </Field>
        <Field
          label="Prompt"
          help="What the image shows. [CLS] becomes the class name; keep it where the class belongs."
          htmlFor="generate-prompt"
          error={errors.prompt}
        >
          <Textarea
            id="generate-prompt"
            data-testid={testIds.generatePrompt}
            autosize
            minRows={1}
            maxRows={4}
            value={params.prompt}
            onChange={(event) => set({ prompt: event.currentTarget.value })}
            error={Boolean(errors.prompt)}
          />
        </Field>
        <div className="difficulty-fields">
          <div className="stack">
            <SliderField
              label="Difficulty μ"
              help="The difficulty to aim at: 0 is a textbook example, 1 an image that the scorer gets wrong. Each image draws its own difficulty from a normal distribution around μ."
              min={0}
              max={1}
              value={params.mu}
              onChange={(mu) => set({ mu })}
              testId={testIds.generateMu}
              error={errors.mu}
            />
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
          </div>
          <NormalDensity mu={params.mu} sigma={params.sigma} />
        </div>
        <div className="form-grid">
          <NumberField
            label="Images per class"
            help="How many images are made for each chosen class."
            min={1}
            max={1_000_000}
            value={params.count}
            onChange={(count) => set({ count })}
            testId={testIds.generateCount}
            error={errors.count}
          />
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
        </div>
        <Button
          size="compact-xs"
          variant="subtle"
          style={{ alignSelf: 'flex-start' }}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {more ? 'Fewer settings' : 'More settings'}
        </Button>
        <Collapse expanded={more}>
          <AdvancedFields params={params} errors={errors} set={set} adapters={adapters} bases={bases} />
        </Collapse>
        <MemoryNotice request={valid ? { kind: 'generate', params: memoryParams(params) } : null} />
        <div className="row wrap">
          <Button
            type="submit"
            variant="filled"
            size="sm"
            loading={busy}
            disabled={!valid}
            data-testid={testIds.generateStart}
          >
            {valid ? `Generate ${counted(total, 'image')}` : 'Generate'}
          </Button>
          <Checkbox
            label="Measure their difficulty afterwards"
            checked={measure}
            onChange={(event) => setMeasure(event.currentTarget.checked)}
          />
        </div>
      </div>
    </form>
  );
}
