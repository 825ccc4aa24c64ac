/** Owns the form that starts a check of difficulty control. */
import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain.ts';
import { controlParams, type JobParams } from '../../shared/jobs.ts';
import { useJobs } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { count, duration } from '../ui/format.ts';
import { imagesOf, secondsFor } from './estimate.ts';
import { levelsText, parseLevels } from './levels.ts';
import { MoreFields } from './more-fields.tsx';
import { type Ready, useTrainingScorer } from './needs.tsx';

type Params = JobParams<'control'>;

const none = 'none';

export function ControlForm({
  dataset,
  ready,
  onStarted,
}: {
  dataset: Dataset;
  ready: Ready;
  onStarted: () => void;
}) {
  const { adapters, scorers, plainLoras } = ready;
  const learnedFrom = useTrainingScorer(dataset);
  const { data: jobs = [] } = useJobs();
  const show = useStore((state) => state.show);
  const enqueue = useEnqueue();
  const [own, setParams] = useState<Params>(() => controlParams.parse({ datasetId: dataset.id }));
  const [levels, setLevels] = useState(() => levelsText(own.levels));
  const [more, setMore] = useState(false);
  const set = (change: Partial<Params>) => setParams((old) => ({ ...old, ...change }));

  // What nobody has chosen follows from the model: its scorer, and the newest other one.
  const adapterId = own.adapterId ?? adapters[0].id;
  const usable = (id: number | null) => (scorers.some((scorer) => scorer.id === id) ? id : null);
  const scorerId = usable(own.scorerId) ?? usable(learnedFrom(adapterId)) ?? scorers[0].id;
  const others = scorers.filter(({ id }) => id !== scorerId);
  const [heldOut, setHeldOut] = useState<number | typeof none | null>(null);
  const heldOutScorerId =
    heldOut === none ? null : (others.find(({ id }) => id === heldOut)?.id ?? others.at(-1)?.id ?? null);
  const parsed = parseLevels(levels);
  const params: Params = { ...own, adapterId, scorerId, heldOutScorerId, levels: parsed ?? own.levels };

  const wrong = new Set(controlParams.safeParse(params).error?.issues.map(({ path }) => path[0]));
  const problem = (field: keyof Params, sentence: string) => (wrong.has(field) ? sentence : null);
  const fits = wrong.size === 0 && parsed !== null;
  const images = imagesOf(params, dataset.classes.length);
  const seconds = secondsFor(params, dataset.classes.length, jobs, dataset.id);
  const choices = (list: readonly { id: number; name: string }[]) =>
    list.map(({ id, name }) => ({ value: String(id), label: name }));

  return (
    <form
      className="stack"
      onSubmit={async (event) => {
        event.preventDefault();
        if (fits && (await enqueue('The check', { kind: 'control', params }))) onStarted();
      }}
    >
      <div className="form-grid control-form">
        <Field
          label="Difficulty model"
          help="The model to check. Those of this dataset are listed, newest first."
        >
          <Select
            aria-label="Difficulty model"
            data-testid={testIds.controlAdapter}
            data={adapters.map(({ id, name }) => ({ value: id, label: name }))}
            value={adapterId}
            onChange={(value) => set({ adapterId: value, scorerId: null })}
          />
        </Field>
        <Field
          label="Scorer it learned from"
          help="Measures the generated images. Preset to the scorer whose difficulty the model was trained on."
        >
          <Select
            aria-label="Scorer it learned from"
            data-testid={testIds.controlScorer}
            data={choices(scorers)}
            value={String(scorerId)}
            onChange={(value) => value && set({ scorerId: Number(value) })}
          />
        </Field>
        <Field
          label="Scorer it never saw"
          help="Measures them as well. A model can learn what fools one scorer; if another finds the images harder too, they are."
        >
          <Select
            aria-label="Scorer it never saw"
            data-testid={testIds.controlHeldOut}
            data={[...choices(others), { value: none, label: 'None' }]}
            value={heldOutScorerId === null ? none : String(heldOutScorerId)}
            onChange={(value) => setHeldOut(value === none ? none : Number(value))}
          />
        </Field>
        <NumberField
          label="Images per class and level"
          help="Each is one seed, and every level shares the seeds. More narrow the figures' intervals: 40 tell a correlation to about ± 0.1 in a class."
          min={1}
          max={10_000}
          value={params.count}
          onChange={(value) => set({ count: value })}
          testId={testIds.controlCount}
          error={problem('count', 'A whole number from 1 to 10,000.')}
        />
        <Field
          label="Difficulties to ask for"
          help="From 0 (easiest) to 1 (hardest), 2 to 20 of them."
          htmlFor="control-levels"
          error={parsed ? null : 'Between 2 and 20 numbers from 0 to 1, with commas between.'}
        >
          <TextInput
            id="control-levels"
            data-testid={testIds.controlLevels}
            value={levels}
            error={parsed === null}
            onChange={(event) => setLevels(event.currentTarget.value)}
          />
        </Field>
        <Field
          label="Compare with"
          help="Models that know no difficulty. Without them nobody can tell what asking for a difficulty adds: most of what they make is easy."
        >
          <Checkbox
            mt={4}
            label="the base model alone"
            data-testid={testIds.controlBaseline}
            checked={params.baseline}
            onChange={(event) => set({ baseline: event.currentTarget.checked })}
          />
        </Field>
        <Field
          label="and a plain LoRA"
          help="What fine-tuning alone does: trained on the same images without their difficulty (on the Train screen, What to learn: Without)."
        >
          <Select
            aria-label="Plain LoRA"
            data-testid={testIds.controlPlain}
            disabled={plainLoras.length === 0}
            data={[
              { value: none, label: plainLoras.length === 0 ? 'None is trained' : 'None' },
              ...plainLoras.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={params.plainLoraId ?? none}
            onChange={(value) => set({ plainLoraId: value === none ? null : value })}
          />
        </Field>
      </div>
      {others.length === 0 && (
        <div className="notice">
          <div>
            <strong>There is only one scorer.</strong>
            <div className="muted">
              The check works, but cannot tell images that are hard from images that merely fool this scorer.
              For a second opinion, score the dataset with another encoder, or train a classifier on it and
              score with that.
            </div>
          </div>
          <Button onClick={() => show('difficulty')}>Go to Difficulty</Button>
        </div>
      )}
      {more && (
        <MoreFields
          params={params}
          set={set}
          problem={(field) => wrong.has(field)}
          classNames={dataset.classes.map(({ name }) => name)}
        />
      )}
      <div className="row wrap" style={{ gap: 12 }}>
        <Button type="submit" variant="filled" disabled={!fits} data-testid={testIds.controlStart}>
          Check the control
        </Button>
        <Button
          variant="subtle"
          data-testid={testIds.controlMore}
          aria-expanded={more}
          onClick={() => setMore(!more)}
        >
          {more ? 'Fewer settings' : 'More settings'}
        </Button>
        {fits && (
          <span className="muted num" data-testid={testIds.controlEstimate} data-images={images.total}>
            {count(images.total)} images
            {images.baselines > 0 && `, ${count(images.baselines)} of them to compare with`}
            {seconds !== null && `; about ${duration(seconds)}, as quick as the last check`}
          </span>
        )}
      </div>
    </form>
  );
}
