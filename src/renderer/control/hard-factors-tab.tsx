/** Owns the tab on what makes classes hard: the question, the form, finished reports, and the one chosen. */
import { Button, Select } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Dataset } from '../../shared/domain.ts';
import { Inspector } from '../browse/inspector.tsx';
import { useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { when } from '../ui/format.ts';
import { useActiveJob } from '../ui/job-progress.tsx';
import { HardFactorsForm } from './hard-factors-form.tsx';
import { HardFactorsReportView } from './hard-factors-report.tsx';
import { Needed, useNeeds } from './needs.tsx';
import { RunLine } from './run-line.tsx';

export function HardFactorsTab({ dataset, tabs }: { dataset: Dataset; tabs: ReactNode }) {
  const { data: list, error } = useRequest('hardFactors.list', { datasetId: dataset.id });
  const needs = useNeeds(dataset);
  const running = useActiveJob('hard-factors', dataset.id);
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);
  const [chosen, setChosen] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const readable = (list ?? []).filter(({ report }) => report !== null);
  const current = readable.find(({ jobId }) => jobId === chosen) ?? readable[0];
  const broken = (list ?? []).filter(({ problem }) => problem !== null);
  const ready = typeof needs === 'object' ? needs : null;
  const form = ready && !running && list && (asking || readable.length === 0);

  return (
    <>
      <div className="screen">
        <div className="toolbar">
          <span className="toolbar-title">Control</span>
          {tabs}
          {current && (
            <Select
              w={370}
              aria-label="Report"
              data-testid={testIds.controlChoice}
              data={readable.map(({ jobId, finishedAt, report }) => ({
                value: String(jobId),
                label: `Search ${jobId} · ${report?.adapter.name} · ${when(finishedAt)}`,
              }))}
              value={String(current.jobId)}
              onChange={(value) => setChosen(Number(value))}
            />
          )}
          <div className="spacer" />
          {current && ready && !running && (
            <Button data-testid={testIds.controlAgain} onClick={() => setAsking(!asking)}>
              {asking ? 'Close the form' : 'Search again…'}
            </Button>
          )}
        </div>
        <div className="screen page">
          <p className="control-question">
            <b>What makes a class hard?</b>{' '}
            <span className="muted">
              The model generates from the difficulty alone, with an empty prompt. What changes from easy to
              hard is what it has found to be hard in your images; real images of the same difficulty stand
              beside.
            </span>
          </p>
          {error && <ErrorPanel what="The reports cannot be listed" error={error} />}
          <RunLine kind="hard-factors" datasetId={dataset.id} />
          {form && (
            <div className="panel" style={{ flex: 'none' }}>
              <div className="panel-head">Look for what is hard</div>
              <div className="panel-body">
                <HardFactorsForm dataset={dataset} ready={ready} onStarted={() => setAsking(false)} />
              </div>
            </div>
          )}
          {(needs === 'scores' || needs === 'model') && !current && (
            <Needed what={needs} icon="control">
              This page shows what a model has found to make your images hard.
            </Needed>
          )}
          {current && <HardFactorsReportView key={current.jobId} jobId={current.jobId} />}
          {broken.length > 0 && (
            <p className="muted small selectable">
              {broken.length === 1 ? 'One report is' : `${broken.length} reports are`} not listed:{' '}
              {broken[0].problem}
            </p>
          )}
        </div>
      </div>
      {inspectId !== null && <Inspector id={inspectId} dataset={dataset} onClose={() => inspect(null)} />}
    </>
  );
}
