/** Owns what the tabs of both reports are made of: the question, the form, finished reports, and the one chosen. */
import { Button, Select } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { when } from '../ui/format.ts';
import { useActiveJob } from '../ui/job-progress.tsx';
import { Needed, type Ready, useNeeds } from './needs.tsx';
import { RunLine } from './run-line.tsx';

export interface Listing {
  jobId: number;
  finishedAt: number;
  /** null: `problem` says why it cannot be read. */
  report: { adapter: { name: string } } | null;
  problem: string | null;
}

export interface Choice {
  value: string;
  label: string;
}

interface Props {
  dataset: Dataset;
  tabs: ReactNode;
  kind: 'control' | 'hard-factors';
  /** undefined: not known yet. */
  list: readonly Listing[] | undefined;
  error: Error | null;
  words: {
    question: string;
    explanation: string;
    /** What one run of it is called: "Check". */
    run: string;
    /** Above the form. */
    form: string;
    /** What there would be to see, in a dataset where it cannot be made yet. */
    missing: string;
  };
  form: (ready: Ready, onStarted: () => void) => ReactNode;
  /** In the toolbar, beside the choice of a report. */
  beside?: (current: Listing, choices: Choice[]) => ReactNode;
  report: (current: Listing) => ReactNode;
}

export function ReportTab({ dataset, tabs, kind, list, error, words, form, beside, report }: Props) {
  const needs = useNeeds(dataset);
  const running = useActiveJob(kind, dataset.id);
  const [chosen, setChosen] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const readable = (list ?? []).filter((item) => item.report !== null);
  const current = readable.find(({ jobId }) => jobId === chosen) ?? readable[0];
  const broken = (list ?? []).filter(({ problem }) => problem !== null);
  const ready = typeof needs === 'object' ? needs : null;
  const choices = readable.map((item) => ({
    value: String(item.jobId),
    label: `${words.run} ${item.jobId} · ${item.report?.adapter.name} · ${when(item.finishedAt)}`,
  }));

  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Control</span>
        {tabs}
        {current && (
          <Select
            w={370}
            aria-label="Report"
            data-testid={testIds.controlChoice}
            data={choices}
            value={String(current.jobId)}
            onChange={(value) => setChosen(Number(value))}
          />
        )}
        {current && beside?.(current, choices)}
        <div className="spacer" />
        {current && ready && !running && (
          <Button data-testid={testIds.controlAgain} onClick={() => setAsking(!asking)}>
            {asking ? 'Close the form' : `${words.run} again…`}
          </Button>
        )}
      </div>
      <div className="screen page">
        <p className="control-question">
          <b>{words.question}</b> <span className="muted">{words.explanation}</span>
        </p>
        {error && <ErrorPanel what="The reports cannot be listed" error={error} />}
        <RunLine kind={kind} datasetId={dataset.id} />
        {ready && !running && list && (asking || readable.length === 0) && (
          <div className="panel" style={{ flex: 'none' }}>
            <div className="panel-head">{words.form}</div>
            <div className="panel-body">{form(ready, () => setAsking(false))}</div>
          </div>
        )}
        {(needs === 'scores' || needs === 'model') && !current && (
          <Needed what={needs} icon="control">
            {words.missing}
          </Needed>
        )}
        {current && report(current)}
        {broken.length > 0 && (
          <p className="muted small selectable">
            {broken.length === 1 ? 'One report is' : `${broken.length} reports are`} not listed:{' '}
            {broken[0].problem}
          </p>
        )}
      </div>
    </div>
  );
}
