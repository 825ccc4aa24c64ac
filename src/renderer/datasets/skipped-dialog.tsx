/** Owns the list of files that an import could not use, with the reasons. */
import { Button, Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { count, counted } from '../ui/format.ts';

const pageSize = 200;

export function SkippedDialog({ dataset, onClose }: { dataset: Dataset | null; onClose: () => void }) {
  return (
    <Modal
      opened={dataset !== null}
      onClose={onClose}
      size="xl"
      title={dataset ? `${counted(dataset.skipped, 'file')} skipped in ${dataset.name}` : ''}
    >
      {dataset && <SkippedList datasetId={dataset.id} />}
    </Modal>
  );
}

function SkippedList({ datasetId }: { datasetId: number }) {
  const [offset, setOffset] = useState(0);
  // another dataset starts at its first page
  useEffect(() => setOffset(0), [datasetId]);
  const { data, error } = useRequest(
    'datasets.skipped',
    { datasetId, offset, limit: pageSize },
    { keep: true },
  );
  if (error) return <ErrorPanel what="The list cannot be read" error={error} />;
  if (!data) return <div className="muted">Reading…</div>;
  return (
    <div className="stack">
      <div
        style={{ maxHeight: '60vh', overflow: 'auto' }}
        data-testid={testIds.skippedList}
        data-count={data.total}
      >
        <table className="data selectable">
          <thead>
            <tr>
              <th>File</th>
              <th>Reason</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map(({ path, reason }) => (
              <tr key={path} data-testid={testIds.skippedRow}>
                <td className="mono" style={{ overflowWrap: 'anywhere' }}>
                  {path}
                </td>
                <td>{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {data.total > pageSize && (
        <div className="row num">
          <span className="muted">
            {count(offset + 1)} to {count(Math.min(offset + pageSize, data.total))} of {count(data.total)}
          </span>
          <div className="spacer" />
          <Button disabled={offset === 0} onClick={() => setOffset(offset - pageSize)}>
            Previous
          </Button>
          <Button disabled={offset + pageSize >= data.total} onClick={() => setOffset(offset + pageSize)}>
            Next
          </Button>
        </div>
      )}
    </div>
  );
}
