/** Owns the form of a generation. */
import { Button, Checkbox, Collapse } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ModelEntry } from '../../shared/domain/model.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import { useJobs, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { counted } from '../ui/format.ts';
import { MemoryNotice } from '../ui/memory-notice.tsx';
import { AdvancedFields } from './advanced-fields.tsx';
import { ClassesGroup } from './classes-group.tsx';
import { DifficultyGroup } from './difficulty-group.tsx';
import { KeepGroup } from './keep-group.tsx';
import { planWords, totalOf } from './plan-words.ts';
import { PromptGroup } from './prompt-group.tsx';
import { SamplingGroup } from './sampling-group.tsx';
import { checkGenerate, type GenerateInput } from './validate.ts';

/** What the memory of a generation depends on. */
const memoryParams = ({
  datasetId,
  adapterId,
  modelId,
  batchSize,
  size,
  guidanceScale,
  guidanceMode,
  difficultyGuidance,
}: GenerateInput) => ({
  datasetId,
  adapterId,
  modelId,
  batchSize,
  size,
  guidanceScale,
  guidanceMode,
  difficultyGuidance,
});

interface Props {
  dataset: Dataset;
  /** Difficulty models that the dataset's images can be made with, the first preset. */
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
  const { data: outline } = useRequest(
    'generation.outline',
    { params },
    { enabled: valid, keep: true }, // what is being typed wrong does not blank what is told
  );
  const { data: jobs = [] } = useJobs();
  const ready = valid && Object.keys(outline?.problems ?? {}).length === 0;
  const what = outline ? counted(totalOf(outline), 'image') : 'images';
  const group = {
    dataset,
    params,
    errors,
    set,
    outline: valid ? outline : outline && { ...outline, problems: {} },
  };

  const start = async () => {
    if (!ready) return;
    setBusy(true);
    const job = await enqueue('The generation', { kind: 'generate', params });
    if (job && measure) {
      await enqueue('The measuring of difficulty', { kind: 'rescore', params: { datasetId: dataset.id } });
    }
    setBusy(false);
    if (job) toast('info', `${what} in the queue`);
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
        <ClassesGroup {...group} />
        <DifficultyGroup {...group} />
        <PromptGroup {...group} />
        <KeepGroup {...group} />
        <SamplingGroup params={params} errors={errors} set={set} />
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
        <div className="plan" role="status" data-testid={testIds.generatePlan}>
          {!ready ? 'Put right what is marked above.' : outline && planWords(params, outline, jobs)}
        </div>
        <div className="row wrap">
          <Button
            type="submit"
            variant="filled"
            size="sm"
            loading={busy}
            disabled={!ready}
            data-testid={testIds.generateStart}
          >
            {ready ? `Generate ${what}` : 'Generate'}
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
