/** Owns the form of a generation. Its parameters come from their declaration; what stands beside them is laid out here. */
import { Button, Checkbox, Collapse } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { fieldsOf } from '../../shared/field.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import { keepsAll } from '../../shared/jobs/generate-rules.ts';
import { memoryInputs } from '../../shared/jobs/memory.ts';
import { generateGroups } from '../../shared/jobs/parts.ts';
import { useJobs, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { counted } from '../ui/format.ts';
import { MemoryNotice } from '../ui/memory-notice.tsx';
import { ParamFields } from '../ui/param-fields.tsx';
import { useParams } from '../ui/settings-form.tsx';
import { AdvancedFields } from './advanced-fields.tsx';
import { Distribution } from './distribution.tsx';
import { Group } from './group.tsx';
import { FilterSwitch, HowMany, Problem, PromptNotes } from './group-parts.tsx';
import { planWords, totalOf } from './plan-words.ts';

/** Those of the form, then those that a parameter alone names. */
const headingsOf = (fields: ReturnType<typeof fieldsOf>): string[] => [
  ...new Set([...Object.values(generateGroups), ...fields.map(({ group }) => group ?? 'Other settings')]),
];

export function GenerateForm({ dataset }: { dataset: Dataset }) {
  const form = useParams(generateParams, dataset.id);
  const { params, set, fits: valid } = form;
  const [measure, setMeasure] = useState(true);
  const [more, setMore] = useState(false);
  const [busy, setBusy] = useState(false);
  const enqueue = useEnqueue();
  const toast = useStore((state) => state.toast);
  const { data: known } = useRequest(
    'generation.outline',
    { params },
    { enabled: valid, keep: true }, // what is being typed wrong does not blank what is told
  );
  const outline = valid ? known : known && { ...known, problems: {} };
  const { data: jobs = [] } = useJobs();
  const ready = valid && Object.keys(outline?.problems ?? {}).length === 0;
  const what = outline ? counted(totalOf(outline), 'image') : 'images';

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

  // Probabilities that were given with the images cannot measure new ones.
  const measuring = dataset.scorers.filter(({ method }) => method !== 'precomputed');
  const shared = {
    kind: 'generate',
    dataset: keepsAll(params) ? dataset : { ...dataset, scorers: measuring },
    params,
    set,
    say: form.say as (field: string, sentence?: string) => string | null,
  };
  const fields = fieldsOf(generateParams);
  const basic = fields.filter(({ level }) => level === 'basic');
  const problem = (of: 'count' | 'difficulty') =>
    outline?.problems[of] && <Problem>{outline.problems[of]}</Problem>;
  const around: Readonly<Record<string, { before?: ReactNode; beside?: ReactNode; after?: ReactNode }>> = {
    [generateGroups.classes]: { before: <HowMany params={params} set={set} />, after: problem('count') },
    [generateGroups.difficulty]: {
      beside: <Distribution params={params} real={outline?.real ?? null} />,
      after: problem('difficulty'),
    },
    [generateGroups.prompts]: { after: <PromptNotes params={params} outline={outline} /> },
    [generateGroups.filter]: { before: <FilterSwitch params={params} set={set} dataset={dataset} /> },
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
        {headingsOf(basic).map((title) => (
          <Group
            key={title}
            title={title}
            fields={{ ...shared, fields: basic.filter(({ group = 'Other settings' }) => group === title) }}
            {...around[title]}
          />
        ))}
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
          <div className="stack">
            <ParamFields {...shared} fields={fields.filter(({ level }) => level === 'advanced')} />
            <AdvancedFields params={params} set={set} say={form.say} />
          </div>
        </Collapse>
        <MemoryNotice request={valid ? memoryInputs('generate', params) : null} />
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
