/** Owns the tab on difficulty control, where one report can be set beside another. */
import { Select } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ControlForm } from './control-form.tsx';
import { ControlReportView } from './control-report.tsx';
import { type Choice, type Listing, ReportTab } from './report-tab.tsx';

const nothing = 'nothing';

export function ControlTab({ dataset, tabs }: { dataset: Dataset; tabs: ReactNode }) {
  const { data: list, error } = useRequest('control.list', { datasetId: dataset.id });
  const [other, setOther] = useState<string>(nothing);
  const besideOf = (current: Listing) => {
    const found = list?.find(({ jobId, report }) => String(jobId) === other && report !== null);
    return found && found.jobId !== current.jobId ? found.jobId : null;
  };
  const compare = (current: Listing, choices: Choice[]) =>
    choices.length > 1 && (
      <Select
        w={370}
        aria-label="Compare with"
        data-testid={testIds.controlCompare}
        data={[
          { value: nothing, label: 'Compare with another check…' },
          ...choices.filter(({ value }) => value !== String(current.jobId)),
        ]}
        value={String(besideOf(current) ?? nothing)}
        onChange={(value) => setOther(value ?? nothing)}
      />
    );

  return (
    <ReportTab
      {...{ dataset, tabs, list, error }}
      kind="control"
      words={{
        question: 'Does the model make images as hard as you ask?',
        explanation:
          'The same seeds are generated at several difficulties, from easy to hard, and scorers measure how hard each image really is.',
        run: 'Check',
        form: 'Check a model',
        missing: 'This page tells whether a model follows the difficulty that you ask for.',
      }}
      form={(ready, onStarted) => <ControlForm {...{ dataset, ready, onStarted }} />}
      beside={compare}
      report={(current) => (
        <ControlReportView key={current.jobId} jobId={current.jobId} besideId={besideOf(current)} />
      )}
    />
  );
}
