/** Owns what the forms of both reports have in common: the model, its scorer, how much is drawn, and the start. */
import { Button, Select, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import type { z } from 'zod';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { JobParams, JobRequestInput } from '../../shared/jobs/index.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { MemoryNotice } from '../ui/memory-notice.tsx';
import { scorerChoices } from '../ui/scorer-choices.ts';
import { useParams } from '../ui/settings-form.tsx';
import { levelsText, parseLevels } from './levels.ts';
import { MoreFields } from './more-fields.tsx';
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
  /** As typed; null: nobody has. */
  const [typed, setLevels] = useState<string | null>(null);
  const parsed = typed === null ? null : parseLevels(typed);
  const { fits, ...fields } = useParams(schema, dataset.id, (own) => {
    const adapterId = own.adapterId ?? adapters[0].id;
    const scorerId = usable(own.scorerId) ?? usable(learnedFrom(adapterId)) ?? scorers[0].id;
    return { ...own, adapterId, scorerId, levels: parsed ?? own.levels };
  });
  const badLevels = typed !== null && parsed === null;
  const levels = typed ?? levelsText(fields.params.levels);
  const params = { ...fields.params, scorerId: fields.params.scorerId! }; // as it follows, above
  return { ...fields, params, levels, setLevels, badLevels, fits: fits && !badLevels };
}

type ReportRequest = JobRequestInput & { kind: 'control' | 'hard-factors'; params: Params };

/** Only what the memory of a report depends on. */
function memoryOf({ kind, params }: ReportRequest): JobRequestInput {
  const { datasetId, adapterId, batchSize, guidanceMode, guidanceScale, difficultyGuidance } = params;
  return {
    kind,
    params: { datasetId, adapterId, batchSize, guidanceMode, guidanceScale, difficultyGuidance },
  };
}

interface Props extends FormProps {
  state: ReturnType<typeof useReportParams<Params>>;
  request: ReportRequest;
  words: {
    /** What is started, in a sentence: "The check". */
    job: string;
    start: string;
    scorer: string;
    scorerHelp: string;
    countHelp: string;
  };
  startTestId: string;
  /** Fields between the scorer and the number of images, and after the levels. */
  second?: ReactNode;
  last: ReactNode;
  /** Below the fields. */
  notice?: ReactNode;
  /** What it will cost, shown while everything fits. */
  cost: ReactNode;
}

export function ReportForm(props: Props) {
  const { dataset, ready, onStarted, state, request, words, startTestId, second, last, notice, cost } = props;
  const { params, set, say, levels, setLevels, badLevels, fits } = state;
  const [more, setMore] = useState(false);
  const enqueue = useEnqueue();
  const levelsId = useId();
  return (
    <form
      className="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        if (fits && (await enqueue(words.job, request))) onStarted();
      }}
    >
      <div className="form-grid control-form">
        <Field
          label="Difficulty model"
          help="Those of this dataset, newest first, then those added from elsewhere."
        >
          <Select
            aria-label="Difficulty model"
            data-testid={testIds.controlAdapter}
            data={ready.adapters.map(({ id, name }) => ({ value: id, label: name }))}
            value={params.adapterId}
            onChange={(value) => set({ adapterId: value, scorerId: null })}
          />
        </Field>
        <Field label={words.scorer} help={words.scorerHelp}>
          <Select
            aria-label={words.scorer}
            data-testid={testIds.controlScorer}
            data={scorerChoices(ready.scorers)}
            value={String(params.scorerId)}
            onChange={(value) => value && set({ scorerId: Number(value) })}
          />
        </Field>
        {second}
        <NumberField
          label="Images per class and level"
          help={words.countHelp}
          min={1}
          max={10_000}
          value={params.count}
          onChange={(count) => set({ count })}
          testId={testIds.controlCount}
          error={say('count', 'A whole number from 1 to 10,000.')}
        />
        <Field
          label="Difficulties to ask for"
          help="From 0 (easiest) to 1 (hardest), 2 to 20 of them."
          htmlFor={levelsId}
          error={badLevels ? 'Between 2 and 20 numbers from 0 to 1, with commas between.' : null}
        >
          <TextInput
            id={levelsId}
            data-testid={testIds.controlLevels}
            value={levels}
            error={badLevels}
            onChange={(event) => setLevels(event.currentTarget.value)}
          />
        </Field>
        {last}
      </div>
      {notice}
      <MemoryNotice request={fits ? memoryOf(request) : null} />
      {more && (
        <MoreFields
          params={params}
          set={set}
          say={say}
          classNames={dataset.classes.map(({ name }) => name)}
        />
      )}
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
