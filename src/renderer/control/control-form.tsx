/** Owns the form that starts a check of difficulty control. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { unreadSyntax } from '../../core/prompts/syntaxes.ts';
import { controlParams } from '../../shared/jobs/control.ts';
import { useJobs } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { count, duration } from '../ui/format.ts';
import { PromptUnread } from '../ui/prompt-unread.tsx';
import { secondOpinion } from '../ui/scorer-choices.ts';
import { imagesOf, secondsFor } from './estimate.ts';
import { type FormProps, ReportForm, useReportParams } from './report-form.tsx';

export function ControlForm(props: FormProps) {
  const { dataset, ready } = props;
  const { scorers } = ready;
  const { data: jobs = [] } = useJobs();
  const state = useReportParams(controlParams, props);
  /** undefined: nobody has chosen. */
  const [heldOut, setHeldOut] = useState<number | null | undefined>(undefined);
  const { scorerId } = state.params;
  const suggested = secondOpinion(scorers, scorerId);
  const chosen = heldOut === scorerId ? undefined : heldOut;
  const heldOutScorerId = chosen === undefined ? (suggested?.id ?? null) : chosen;
  const params = { ...state.params, heldOutScorerId };
  const set = (change: Partial<typeof params>) => {
    if (change.heldOutScorerId === undefined) state.set(change);
    else setHeldOut(change.heldOutScorerId);
  };
  const images = imagesOf(params, dataset.classes.length);
  const seconds = secondsFor(params, dataset.classes.length, jobs, dataset.id);

  return (
    <ReportForm
      {...props}
      state={{ ...state, set }}
      request={{ kind: 'control', params }}
      words={{ job: 'The check', start: 'Check the control' }}
      startTestId={testIds.controlStart}
      notice={suggested === null && <OneScorer />}
      moreNotice={
        <PromptUnread said={unreadSyntax(params.promptSyntax, [params.prompt, params.negativePrompt])} />
      }
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
