/** Owns the tab on difficulty control: the question, the form that asks it, finished reports, and the one chosen. */
import { Button, Select } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Dataset } from '../../shared/domain.ts';
import type { ControlListing } from '../../shared/reports.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { when } from '../ui/format.ts';
import { useActiveJob } from '../ui/job-progress.tsx';
import { ControlForm } from './control-form.tsx';
import { ControlReportView } from './control-report.tsx';
import { Needed, useNeeds } from './needs.tsx';
import { RunLine } from './run-line.tsx';

const nothing = 'nothing';

export const reportName = ({ jobId, finishedAt, report }: ControlListing): string =>
  `Check ${jobId} · ${report?.adapter.name} · ${when(finishedAt)}`;

export function ControlTab({ dataset, tabs }: { dataset: Dataset; tabs: ReactNode }) {
  const { data: list, error } = useRequest('control.list', { datasetId: dataset.id });
  const needs = useNeeds(dataset);
  const running = useActiveJob('control', dataset.id);
  const [chosen, setChosen] = useState<number | null>(null);
  const [other, setOther] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const readable = (list ?? []).filter(({ report }) => report !== null);
  const current = readable.find(({ jobId }) => jobId === chosen) ?? readable[0];
  const beside = readable.find(({ jobId }) => jobId === other && jobId !== current?.jobId);
  const broken = (list ?? []).filter(({ problem }) => problem !== null);
  const ready = typeof needs === 'object' ? needs : null;
  const form = ready && !running && list && (asking || readable.length === 0);
  const choices = readable.map((item) => ({ value: String(item.jobId), label: reportName(item) }));

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
        {readable.length > 1 && current && (
          <Select
            w={370}
            aria-label="Compare with"
            data-testid={testIds.controlCompare}
            data={[
              { value: nothing, label: 'Compare with another check…' },
              ...choices.filter(({ value }) => value !== String(current.jobId)),
            ]}
            value={beside ? String(beside.jobId) : nothing}
            onChange={(value) => setOther(value === nothing ? null : Number(value))}
          />
        )}
        <div className="spacer" />
        {current && ready && !running && (
          <Button data-testid={testIds.controlAgain} onClick={() => setAsking(!asking)}>
            {asking ? 'Close the form' : 'Check again…'}
          </Button>
        )}
      </div>
      <div className="screen page">
        <p className="control-question">
          <b>Does the model make images as hard as you ask?</b>{' '}
          <span className="muted">
            The same seeds are generated at several difficulties, from easy to hard, and scorers measure how
            hard each image really is.
          </span>
        </p>
        {error && <ErrorPanel what="The reports cannot be listed" error={error} />}
        <RunLine kind="control" datasetId={dataset.id} />
        {form && (
          <div className="panel" style={{ flex: 'none' }}>
            <div className="panel-head">Check a model</div>
            <div className="panel-body">
              <ControlForm dataset={dataset} ready={ready} onStarted={() => setAsking(false)} />
            </div>
          </div>
        )}
        {(needs === 'scores' || needs === 'model') && !current && (
          <Needed what={needs} icon="control">
            This page tells whether a model follows the difficulty that you ask for.
          </Needed>
        )}
        {current && (
          <ControlReportView key={current.jobId} jobId={current.jobId} besideId={beside?.jobId ?? null} />
        )}
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
