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
import { LikeNotice, useLike } from './like-text.tsx';
import { keepVisible, type Selection } from './selection.ts';

const sorts: { value: ImageSort; label: string }[] = [
  { value: 'path', label: 'Path' },
  { value: 'difficulty-desc', label: 'Hardest first' },
  { value: 'difficulty-asc', label: 'Easiest first' },
  { value: 'margin', label: 'Smallest margin' },
  { value: 'entropy', label: 'Largest entropy' },
  { value: 'newest', label: 'Newest first' },
];

/** While there is a text. */
const byText = { value: 'like', label: 'Like the text' };

const noIds = new Uint32Array(0);

export function BrowseScreen() {
  const dataset = useDataset();
  return dataset ? <Browse dataset={dataset} /> : <NoDataset />;
}

/** The filtered order, or the one by a text, cut down to a set of images chosen elsewhere. */
function useOrder(datasetId: number) {
  const { filter, sort, within, like } = useStore();
  const listed = useRequest('images.ids', { datasetId, filter, sort }, { keep: true });
  const found = useLike(datasetId, like);
  const answer = like && !found.data ? found : listed;
  const order = useMemo(() => {
    if (!listed.data || (like && !found.data)) return noIds;
    const sets = [...(like ? [new Set(listed.data)] : []), ...(within ? [new Set(within)] : [])];
    const all = like ? Uint32Array.from(found.data!.ids) : listed.data;
    return all.filter((id) => sets.every((set) => set.has(id)));
  }, [listed.data, found.data, within, like]);
  const { error, refetch } = answer;
  return { order, error, refetch, ready: answer.data !== undefined, found };
}

function Browse({ dataset }: { dataset: Dataset }) {
  const { order, error, ready, refetch, found } = useOrder(dataset.id);
  const {
    sort,
    like,
    cell,
    selection,
    inspectId,
    setSort,
    setCell,
    setSelection,
    inspect,
    resetFilter,
    show,
  } = useStore();

  useEffect(() => {
    if (!ready) return;
    const kept = keepVisible(selection, order);
    if (kept !== selection) setSelection(kept);
  }, [ready, order, selection, setSelection]);

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
            data={like ? [byText, ...sorts] : sorts}
            value={like ? byText.value : sort}
            onChange={(value) => value && value !== byText.value && setSort(value as ImageSort)}
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
        {like && <LikeNotice dataset={dataset} modelId={like.modelId} found={found} />}
        {error ? (
          <ErrorPanel what="The images cannot be listed" error={error} retry={() => void refetch()} />
        ) : ready && order.length === 0 && !(like && found.data?.missing) ? (
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
