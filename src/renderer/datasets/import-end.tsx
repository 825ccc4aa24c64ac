/** Owns what the newest import told at its end: what it used and did not use, or why it failed. Until a person closes it. */
import { CloseButton } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { isOfKind, type Job } from '../../shared/jobs/job.ts';
import { ImportSummaryView } from '../jobs/import-summary.tsx';
import { resultText } from '../jobs/result-text.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { Icon } from '../ui/icons.tsx';

/** jobs: newest first. */
export function ImportEnd({ jobs, datasets }: { jobs: readonly Job[]; datasets: readonly Dataset[] }) {
  const closed = useStore((state) => state.closedImport);
  const close = useStore((state) => state.closeImport);
  const job = jobs.filter(isOfKind('import')).find(({ state }) => state === 'done' || state === 'failed');
  if (!job || job.id === closed) return null;
  const failed = job.state === 'failed';
  const dataset = datasets.find(({ id }) => id === job.datasetId);
  const summary = job.result?.summary;
  // Nothing is told of a dataset that has been removed since.
  if (!failed && !(dataset && summary)) return null;
  return (
    <div
      className="notice"
      data-kind={failed ? 'error' : undefined}
      role={failed ? 'alert' : 'status'}
      data-testid={testIds.importEnd}
      data-job-id={job.id}
    >
      <Icon name={failed ? 'warning' : 'accept'} />
      <div className="stack import-end selectable">
        <strong>{failed ? `${job.title}: it failed` : `Imported: ${dataset?.name}`}</strong>
        {failed ? (
          <div style={{ whiteSpace: 'pre-wrap' }}>{job.error}</div>
        ) : (
          <div className="muted num">{resultText(job)}</div>
        )}
        {summary && <ImportSummaryView summary={summary} />}
      </div>
      <CloseButton
        size="sm"
        aria-label="Close what the import told"
        data-testid={testIds.importEndClose}
        onClick={() => close(job.id)}
      />
    </div>
  );
}
