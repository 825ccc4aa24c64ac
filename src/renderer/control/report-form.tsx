/** Owns what the forms of both reports have in common: the model and its scorer as they are preset, and the start. */
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { fieldsOf } from '../../shared/field.ts';
import { type JobParams, type JobRequestInput, jobParams } from '../../shared/jobs/index.ts';
import { memoryInputs } from '../../shared/jobs/memory.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { MemoryNotice } from '../ui/memory-notice.tsx';
import { ParamFields } from '../ui/param-fields.tsx';
import { useParams } from '../ui/settings-form.tsx';
import { type Ready, useTrainingScorer } from './needs.tsx';

export interface FormProps {
  dataset: Dataset;
  ready: Ready;
  onStarted: () => void;
}

type Params = JobParams<'hard-factors'> | JobParams<'control'>;

/** What has been set, and what follows where nobody has chosen: the newest model, and its scorer. */
export function useReportParams<P extends Params>(schema: z.ZodType<P>, { dataset, ready }: FormProps) {
  const { adapters, scorers } = ready;
  const learnedFrom = useTrainingScorer(dataset);
  const usable = (id: number | null) => (scorers.some((scorer) => scorer.id === id) ? id : null);
  const form = useParams(schema, dataset.id, (own) => {
    const adapterId = own.adapterId ?? adapters[0].id;
    const scorerId = usable(own.scorerId) ?? usable(learnedFrom(adapterId)) ?? scorers[0].id;
    return { ...own, adapterId, scorerId };
  });
  /** Another model has learned from another scorer. */
  const set = (change: Partial<P>) =>
    form.set(change.adapterId === undefined ? change : { ...change, scorerId: null });
  const params = { ...form.params, scorerId: form.params.scorerId! }; // as it follows, above
  return { ...form, set, params };
}

/** What the form always presets, so that nothing stands for "as usual". */
const preset: readonly string[] = ['adapterId', 'scorerId'];

interface Props extends FormProps {
  state: Omit<ReturnType<typeof useReportParams<Params>>, 'set'> & {
    set: (change: Record<string, unknown>) => void;
  };
  request: JobRequestInput & { kind: 'control' | 'hard-factors'; params: Params };
  words: {
    /** What is started, in a sentence: "The check". */
    job: string;
    start: string;
  };
  startTestId: string;
  /** Below the fields. */
  notice?: ReactNode;
  moreNotice?: ReactNode;
  /** What it will cost, shown while everything fits. */
  cost: ReactNode;
}

export function ReportForm(props: Props) {
  const { dataset, ready, onStarted, state, request, words, startTestId, notice, moreNotice, cost } = props;
  const { fits } = state;
  const { kind, params } = request;
  const [more, setMore] = useState(false);
  const enqueue = useEnqueue();
  const fields = fieldsOf(jobParams[kind]).map((field) =>
    preset.includes(field.name) ? { ...field, none: undefined } : field,
  );
  const part = (level: 'basic' | 'advanced') => (
    <ParamFields
      kind={kind}
      dataset={{ ...dataset, scorers: ready.scorers }}
      fields={fields.filter((field) => field.level === level)}
      params={params}
      set={state.set}
      say={state.say as (field: string, sentence?: string) => string | null}
    />
  );
  return (
    <form
      className="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        if (fits && (await enqueue(words.job, request))) onStarted();
      }}
    >
      {part('basic')}
      {notice}
      <MemoryNotice request={fits ? memoryInputs(kind, params) : null} />
      {more && part('advanced')}
      {more && moreNotice}
      <div className="row wrap" style={{ gap: 12 }}>
        <Button type="submit" variant="filled" disabled={!fits} data-testid={startTestId}>
          {words.start}
        </Button>
        <Button
          variant="subtle"
          data-testid={testIds.controlMore}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {more ? 'Fewer settings' : 'More settings'}
        </Button>
        {fits && cost}
      </div>
    </form>
  );
}
