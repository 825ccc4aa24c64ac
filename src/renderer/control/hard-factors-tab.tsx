/** Owns the tab on what makes classes hard, with the inspector of the real images that it shows. */
import type { ReactNode } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { Inspector } from '../browse/inspector.tsx';
import { useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { HardFactorsForm } from './hard-factors-form.tsx';
import { HardFactorsReportView } from './hard-factors-report.tsx';
import { ReportTab } from './report-tab.tsx';

export function HardFactorsTab({ dataset, tabs }: { dataset: Dataset; tabs: ReactNode }) {
  const { data: list, error } = useRequest('hardFactors.list', { datasetId: dataset.id });
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);

  return (
    <>
      <ReportTab
        {...{ dataset, tabs, list, error }}
        kind="hard-factors"
        words={{
          question: 'What makes a class hard?',
          explanation:
            'The model generates from the difficulty alone, with an empty prompt. What changes from easy to hard is what it has found to be hard in your images; real images of the same difficulty stand beside.',
          run: 'Search',
          form: 'Look for what is hard',
          missing: 'This page shows what a model has found to make your images hard.',
        }}
        form={(ready, onStarted) => <HardFactorsForm {...{ dataset, ready, onStarted }} />}
        report={(current) => <HardFactorsReportView key={current.jobId} jobId={current.jobId} />}
      />
      {inspectId !== null && <Inspector id={inspectId} dataset={dataset} onClose={() => inspect(null)} />}
    </>
  );
}
