/** Owns the form that starts a search for what makes classes hard. */
import { Button, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain.ts';
import { hardFactorsParams, type JobParams } from '../../shared/jobs.ts';
import { request } from '../api.ts';
import { testIds } from '../test-ids.ts';
import { useAct, useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { count, fileName } from '../ui/format.ts';
import { levelsText, parseLevels } from './levels.ts';
import { MoreFields } from './more-fields.tsx';
import { type Ready, useTrainingScorer } from './needs.tsx';

type Params = JobParams<'hard-factors'>;

export function HardFactorsForm({
  dataset,
  ready,
  onStarted,
}: {
  dataset: Dataset;
  ready: Ready;
  onStarted: () => void;
}) {
  const { adapters, scorers } = ready;
  const learnedFrom = useTrainingScorer(dataset);
  const act = useAct();
  const enqueue = useEnqueue();
  const [own, setParams] = useState<Params>(() => hardFactorsParams.parse({ datasetId: dataset.id }));
  const [levels, setLevels] = useState(() => levelsText(own.levels));
  const [more, setMore] = useState(false);
  const set = (change: Partial<Params>) => setParams((old) => ({ ...old, ...change }));
  const adapterId = own.adapterId ?? adapters[0].id;
  const usable = (id: number | null) => (scorers.some((scorer) => scorer.id === id) ? id : null);
  const scorerId = usable(own.scorerId) ?? usable(learnedFrom(adapterId)) ?? scorers[0].id;
  const parsed = parseLevels(levels);
  const params: Params = { ...own, adapterId, scorerId, levels: parsed ?? own.levels };
  const wrong = new Set(hardFactorsParams.safeParse(params).error?.issues.map(({ path }) => path[0]));
  const fits = wrong.size === 0 && parsed !== null;
  const classes = params.classes === 'all' ? dataset.classes.length : params.classes.length;
  const chooseFactors = async () => {
    const file = await act('Choosing the file', () =>
      request('dialog.openFile', { title: 'Factors of the real images', extensions: ['jsonl'] }),
    );
    if (file) set({ factors: file });
  };

  return (
    <form
      className="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        if (fits && (await enqueue('The search', { kind: 'hard-factors', params }))) onStarted();
      }}
    >
      <div className="form-grid control-form">
        <Field label="Difficulty model" help="Those of this dataset, newest first.">
          <Select
            aria-label="Difficulty model"
            data={adapters.map(({ id, name }) => ({ value: id, label: name }))}
            value={adapterId}
            onChange={(value) => set({ adapterId: value, scorerId: null })}
          />
        </Field>
        <Field
          label="Difficulty of real images by"
          help="Real images as hard as each level are set beside the generated ones. Preset to the scorer that the model learned from."
        >
          <Select
            aria-label="Difficulty of real images by"
            data={scorers.map(({ id, name }) => ({ value: String(id), label: name }))}
            value={String(scorerId)}
            onChange={(value) => value && set({ scorerId: Number(value) })}
          />
        </Field>
        <NumberField
          label="Images per class and level"
          help="Four of them are shown. With known factors all of them count: 40 or more."
          min={1}
          max={10_000}
          value={params.count}
          onChange={(value) => set({ count: value })}
          testId={testIds.controlCount}
          error={wrong.has('count') ? 'A whole number from 1 to 10,000.' : null}
        />
        <Field
          label="Difficulties to ask for"
          help="From 0 (easiest) to 1 (hardest), 2 to 20 of them."
          htmlFor="hard-factors-levels"
          error={parsed ? null : 'Between 2 and 20 numbers from 0 to 1, with commas between.'}
        >
          <TextInput
            id="hard-factors-levels"
            data-testid={testIds.controlLevels}
            value={levels}
            error={parsed === null}
            onChange={(event) => setLevels(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Known factors"
          help="Not needed. A file of JSON lines with each real image's path and numbers for what is in it (clutter, blur, …), as the demo's factors.jsonl: then a table tells which of them rise with difficulty."
        >
          <div className="row">
            <Button
              data-testid={testIds.hardFactorsFile}
              title={params.factors ?? undefined}
              onClick={chooseFactors}
            >
              {params.factors === null ? 'Choose a file…' : fileName(params.factors)}
            </Button>
            {params.factors !== null && (
              <Button variant="subtle" onClick={() => set({ factors: null })}>
                Without
              </Button>
            )}
          </div>
        </Field>
      </div>
      {more && (
        <MoreFields
          params={params}
          set={set}
          problem={(field) => wrong.has(field)}
          classNames={dataset.classes.map(({ name }) => name)}
        />
      )}
      <div className="row wrap" style={{ gap: 12 }}>
        <Button type="submit" variant="filled" disabled={!fits} data-testid={testIds.hardFactorsStart}>
          Show what is hard
        </Button>
        <Button
          variant="subtle"
          aria-expanded={more}
          data-testid={testIds.controlMore}
          onClick={() => setMore(!more)}
        >
          {more ? 'Fewer settings' : 'More settings'}
        </Button>
        {fits && (
          <span className="muted num">{count(classes * params.levels.length * params.count)} images</span>
        )}
      </div>
    </form>
  );
}
