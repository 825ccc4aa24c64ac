/** Owns the review of many images at once: the same keys act on the selection. */
import { useLayoutEffect } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ReviewDecision } from '../../shared/domain/parts.ts';
import { request } from '../api.ts';
import { BulkBar } from '../browse/bulk-bar.tsx';
import { ImageGrid } from '../browse/image-grid.tsx';
import { useStore } from '../state.ts';
import { useEdit, useHistory } from '../ui/feedback.tsx';
import { onReviewKeys } from './keys.ts';

const smallestCell = 112; // px: smaller ones cannot be judged

export function ReviewGrid({ dataset, order }: { dataset: Dataset; order: Uint32Array }) {
  const { selection, setSelection, cell } = useStore();
  const edit = useEdit();
  const history = useHistory();
  const ids = [...selection.ids];
  const decide = (decision: ReviewDecision) => {
    if (ids.length) void edit('The review', () => request('review.decide', { ids, decision }));
  };
  const relabel = (classId: number) => {
    if (ids.length) void edit('Relabelling', () => request('images.setClass', { ids, classId }));
  };
  useLayoutEffect(() => onReviewKeys(dataset, { decide, relabel, undo: () => void history.undo() }));
  return (
    <>
      <ImageGrid
        order={order}
        cell={Math.max(smallestCell, cell)}
        selection={selection}
        onSelection={setSelection}
        label="Synthetic images"
      />
      <BulkBar dataset={dataset} ids={selection.ids} />
    </>
  );
}
