/** Owns the question before a dataset leaves the catalog. */
import { Button, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { request } from '../api.ts';
import { invalidateDataset } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { counted } from '../ui/format.ts';

export function RemoveDialog({ dataset, onClose }: { dataset: Dataset | null; onClose: () => void }) {
  const act = useAct();
  const client = useQueryClient();
  const remove = async () => {
    if (!dataset) return;
    await act('Removing the dataset', () => request('datasets.remove', { datasetId: dataset.id }));
    invalidateDataset(client, null);
    onClose();
  };
  return (
    <Modal opened={dataset !== null} onClose={onClose} title={`Remove ${dataset?.name} from the catalog?`}>
      <div className="stack">
        <div>
          The catalog forgets {counted((dataset?.images ?? 0) + (dataset?.synthetic ?? 0), 'image')} with
          their scores, captions, tags and reviews. This cannot be undone.
        </div>
        <div className="muted">
          Your files stay where they are:{' '}
          <span className="mono selectable" style={{ overflowWrap: 'anywhere' }}>
            {dataset?.root}
          </span>
        </div>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button data-autofocus onClick={onClose}>
            Keep
          </Button>
          <Button
            color="red"
            variant="filled"
            data-testid={testIds.datasetRemoveConfirm}
            onClick={() => void remove()}
          >
            Remove
          </Button>
        </div>
      </div>
    </Modal>
  );
}
