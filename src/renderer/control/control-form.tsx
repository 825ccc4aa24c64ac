/** Owns the form that starts a check of difficulty control. */
import { Button, Checkbox, Select } from '@mantine/core';
import { useState } from 'react';
import { controlParams } from '../../shared/jobs/control.ts';
import { useJobs } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { Field } from '../ui/fields.tsx';
import { count, duration } from '../ui/format.ts';
import { scorerChoices, secondOpinion } from '../ui/scorer-choices.ts';
import { imagesOf, secondsFor } from './estimate.ts';
import { type FormProps, ReportForm, useReportParams } from './report-form.tsx';

const none = 'none';

export function ControlForm(props: FormProps) {
  const { dataset, ready } = props;
  const { scorers, plainLoras } = ready;
  const { data: jobs = [] } = useJobs();
  const state = useReportParams(controlParams, props);
  const { set } = state;
  const [heldOut, setHeldOut] = useState<number | typeof none | null>(null);
  const { scorerId } = state.params;
  const chosen = scorers.find(({ id }) => id === heldOut && id !== scorerId);
  const suggested = secondOpinion(scorers, scorerId);
  const heldOutScorerId = heldOut === none ? null : ((chosen ?? suggested)?.id ?? null);
  const params = { ...state.params, heldOutScorerId };
  const images = imagesOf(params, dataset.classes.length);
  const seconds = secondsFor(params, dataset.classes.length, jobs, dataset.id);

  return (
    <ReportForm
      {...props}
      state={state}
      request={{ kind: 'control', params }}
      words={{
        job: 'The check',
        start: 'Check the control',
        scorer: 'Scorer it learned from',
        scorerHelp:
          'Measures the generated images. Preset to the scorer whose difficulty the model was trained on.',
        countHelp:
          "Each is one seed, and every level shares the seeds. More narrow the figures' intervals: 40 tell a correlation to about ± 0.1 in a class.",
      }}
      startTestId={testIds.controlStart}
      second={
        <Field
          label="Scorer it never saw"
          help="Measures them as well. A model can learn what fools one scorer; if another finds the images harder too, they are."
        >
          <Select
            aria-label="Scorer it never saw"
            data-testid={testIds.controlHeldOut}
            data={[
              ...scorerChoices(scorers).filter(({ value }) => value !== String(scorerId)),
              { value: none, label: 'None' },
            ]}
            value={heldOutScorerId === null ? none : String(heldOutScorerId)}
            onChange={(value) => setHeldOut(value === none ? none : Number(value))}
          />
        </Field>
      }
      last={
        <>
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
        </>
      }
      notice={suggested === null && <OneScorer />}
      cost={
        <span className="muted num" data-testid={testIds.controlEstimate} data-images={images.total}>
          {count(images.total)} images
          {images.baselines > 0 && `, ${count(images.baselines)} of them to compare with`}
          {seconds !== null && `; about ${duration(seconds)}, as quick as the last check`}
        </span>
      }
    />
  );
}

function OneScorer() {
  const show = useStore((state) => state.show);
  return (
    <div className="notice">
      <div>
        <strong>There is only one scorer.</strong>
        <div className="muted">
          The check works, but cannot tell images that are hard from images that merely fool this scorer. For
          a second opinion, score the dataset with another encoder, or train a classifier on it and score with
          that.
        </div>
      </div>
      <Button onClick={() => show('difficulty')}>Go to Difficulty</Button>
    </div>
  );
}
