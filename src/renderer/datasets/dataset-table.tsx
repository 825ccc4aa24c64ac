/** Owns the table of datasets. */
import { ActionIcon, Anchor, Badge, Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { request } from '../api.ts';
import { choosePath } from '../chosen-paths.ts';
import { upsertJob } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useAct, useEnqueue } from '../ui/feedback.tsx';
import { count, percent, when } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';

interface Props {
  datasets: Dataset[];
  onSkipped: (dataset: Dataset) => void;
  onRemove: (dataset: Dataset) => void;
}

export function DatasetTable({ datasets, onSkipped, onRemove }: Props) {
  return (
    <div className="panel" style={{ overflow: 'auto' }}>
      <table className="data num">
        <thead>
          <tr>
            <th>Name</th>
            <th className="right">Real images</th>
            <th className="right">Synthetic</th>
            <th className="right">Classes</th>
            <th className="right">Skipped</th>
            <th className="right">Missing</th>
            <th>Scored by</th>
            <th>Imported</th>
            <th aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {datasets.map((dataset) => (
            <Row key={dataset.id} dataset={dataset} onSkipped={onSkipped} onRemove={onRemove} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ dataset, onSkipped, onRemove }: { dataset: Dataset } & Omit<Props, 'datasets'>) {
  const current = useStore((state) => state.datasetId);
  const open = useStore((state) => state.openDataset);
  const show = useStore((state) => state.show);
  const act = useAct();
  const client = useQueryClient();
  const enqueue = useEnqueue();
  const relink = async () => {
    const folder = await act('Opening the dialog', () => choosePath('dataset-folder'));
    if (!folder) return;
    await enqueue('Finding moved files', {
      kind: 'relink',
      params: { datasetId: dataset.id, root: folder.token },
    });
  };
  const scorer = dataset.scorers.find(({ id }) => id === dataset.currentScorerId);
  return (
    <tr data-testid={testIds.datasetRow} data-dataset-id={dataset.id} data-dataset-name={dataset.name}>
      <td style={{ maxWidth: 320 }}>
        <div className="row">
          <strong className="ellipsis">{dataset.name}</strong>
          {dataset.id === current && <Badge>open</Badge>}
        </div>
        <div className="muted small ellipsis selectable" title={dataset.source}>
          {dataset.source}
        </div>
      </td>
      <td className="right" data-testid={testIds.datasetImages} data-value={dataset.images}>
        {count(dataset.images)}
      </td>
      <td className="right">{count(dataset.synthetic)}</td>
      <td className="right">{dataset.classes.length}</td>
      <td className="right">
        {dataset.skipped > 0 ? (
          <Anchor
            component="button"
            size="xs"
            data-testid={testIds.skippedOpen}
            onClick={() => onSkipped(dataset)}
            title="Which files, and why"
          >
            {count(dataset.skipped)}
          </Anchor>
        ) : (
          '0'
        )}
      </td>
      <td className="right" title="Files that a later import did not find any more">
        {count(dataset.removed)}
      </td>
      <td>
        {scorer ? (
          <>
            <div className="ellipsis" style={{ maxWidth: 200 }}>
              {scorer.name}
            </div>
            <div className="muted small">accuracy {percent(scorer.accuracy)}</div>
          </>
        ) : (
          <span className="muted">not scored</span>
        )}
      </td>
      <td className="muted">{when(dataset.createdAt)}</td>
      <td className="right" style={{ whiteSpace: 'nowrap' }}>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button
            data-testid={testIds.datasetOpen}
            onClick={() => {
              open(dataset.id);
              show('browse');
            }}
          >
            Browse
          </Button>
          <Button
            title="Reads only new and changed files"
            onClick={() =>
              void act('Importing again', async () =>
                upsertJob(client, await request('datasets.importAgain', { datasetId: dataset.id })),
              )
            }
          >
            Re-import
          </Button>
          <Button
            title="After its folder was moved or files were renamed: choose where they are now. Images are found by their paths, then by their bytes."
            data-testid={testIds.datasetRelink}
            onClick={() => void relink()}
          >
            Find moved files…
          </Button>
          <ActionIcon
            aria-label={`Remove ${dataset.name} from the catalog`}
            title="Remove from the catalog"
            data-testid={testIds.datasetRemove}
            onClick={() => onRemove(dataset)}
          >
            <Icon name="trash" />
          </ActionIcon>
        </div>
      </td>
    </tr>
  );
}
