/** Owns Browse: filters, grid, bulk actions, inspector. */
import { Button, Select, Slider } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ImageSort } from '../../shared/domain/image.ts';
import { useDataset, useRequest } from '../queries.ts';
import { dialogOpen, isTyping } from '../shell/shortcuts.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, NoDataset } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';
import { BulkBar } from './bulk-bar.tsx';
import { Filters } from './filters.tsx';
import { ImageGrid } from './image-grid.tsx';
import { Inspector } from './inspector.tsx';
import { keepVisible, type Selection } from './selection.ts';

const sorts: { value: ImageSort; label: string }[] = [
  { value: 'path', label: 'Path' },
  { value: 'difficulty-desc', label: 'Hardest first' },
  { value: 'difficulty-asc', label: 'Easiest first' },
  { value: 'margin', label: 'Smallest margin' },
  { value: 'entropy', label: 'Largest entropy' },
  { value: 'newest', label: 'Newest first' },
];

const noIds = new Uint32Array(0);

export function BrowseScreen() {
  const dataset = useDataset();
  return dataset ? <Browse dataset={dataset} /> : <NoDataset />;
}

/** The filtered order, cut down to a set of images chosen elsewhere. */
function useOrder(datasetId: number) {
  const filter = useStore((state) => state.filter);
  const sort = useStore((state) => state.sort);
  const within = useStore((state) => state.within);
  const answer = useRequest('images.ids', { datasetId, filter, sort }, { keep: true });
  const order = useMemo(() => {
    if (!answer.data) return noIds;
    if (!within) return answer.data;
    const chosen = new Set(within);
    return answer.data.filter((id) => chosen.has(id));
  }, [answer.data, within]);
  return { ...answer, order };
}

function Browse({ dataset }: { dataset: Dataset }) {
  const { order, error, data, refetch } = useOrder(dataset.id);
  const { sort, cell, selection, inspectId, setSort, setCell, setSelection, inspect, resetFilter, show } =
    useStore();

  useEffect(() => {
    if (!data) return;
    const kept = keepVisible(selection, order);
    if (kept !== selection) setSelection(kept);
  }, [data, order, selection, setSelection]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || isTyping(event.target) || dialogOpen()) return;
      event.preventDefault();
      document.querySelector<HTMLInputElement>('[data-search]')?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const total = dataset.images + dataset.synthetic;
  const select = (next: Selection) => {
    setSelection(next);
    if (next.cursor !== null && next.cursor !== inspectId) inspect(next.cursor);
  };

  return (
    <>
      <Filters dataset={dataset} />
      <section className="screen" aria-label="Images">
        <div className="toolbar">
          <span className="toolbar-title num" data-testid={testIds.gridCount} data-count={order.length}>
            {count(order.length)}
          </span>
          <span className="muted">{order.length === total ? 'images' : `of ${count(total)} images`}</span>
          <div className="spacer" />
          <Select
            w={150}
            aria-label="Sort"
            data-testid={testIds.sort}
            data={sorts}
            value={sort}
            onChange={(value) => value && setSort(value as ImageSort)}
          />
          <div style={{ width: 110 }} data-testid={testIds.cellSize}>
            <Slider
              aria-label="Size of the thumbnails"
              thumbLabel="Size of the thumbnails"
              min={72}
              max={256}
              step={8}
              label={null}
              value={cell}
              onChange={setCell}
            />
          </div>
        </div>
        {error ? (
          <ErrorPanel what="The images cannot be listed" error={error} retry={() => void refetch()} />
        ) : data && order.length === 0 ? (
          <EmptyState
            icon="search"
            title={total ? 'No image passes these filters' : 'This dataset has no images'}
            actions={
              total ? (
                <Button onClick={resetFilter}>Clear all filters</Button>
              ) : (
                <Button onClick={() => show('datasets')}>Go to datasets</Button>
              )
            }
          >
            {total
              ? 'Widen the difficulty range, choose more classes, or clear the filters.'
              : 'Look at its list of skipped files to see why.'}
          </EmptyState>
        ) : (
          <ImageGrid
            order={order}
            cell={cell}
            selection={selection}
            onSelection={select}
            onOpen={inspect}
            label={`Images of ${dataset.name}`}
          />
        )}
        <BulkBar dataset={dataset} ids={selection.ids} />
      </section>
      {inspectId !== null && <Inspector id={inspectId} dataset={dataset} onClose={() => inspect(null)} />}
    </>
  );
}
