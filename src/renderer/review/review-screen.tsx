/** Owns the review of synthetic images: which are in the pile, how far the reviewer is, one at a time or as a grid. */
import './review.css';
import { Button, SegmentedControl } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ImageFilter } from '../../shared/domain/image.ts';
import { emptySelection } from '../browse/selection.ts';
import { useDataset, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, NoDataset } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';
import { ReviewGrid } from './review-grid.tsx';
import { ReviewOne } from './review-one.tsx';

type Pile = 'none' | 'accept' | 'reject' | 'all';

const synthetic = (pile: Pile): ImageFilter => ({
  origin: 'synthetic',
  ...(pile === 'all' ? {} : { decision: pile }),
});

export function ReviewScreen() {
  const dataset = useDataset();
  return dataset ? <Review key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

function Review({ dataset }: { dataset: Dataset }) {
  const [pile, setPile] = useState<Pile>('none');
  const [mode, setMode] = useState('one');
  const ids = (filter: ImageFilter) => ({ datasetId: dataset.id, filter, sort: 'newest' as const });
  const all = useRequest('images.ids', ids(synthetic('all')), { keep: true });
  const open = useRequest('images.ids', ids(synthetic('none')), { keep: true });
  const current = useRequest('images.ids', ids(synthetic(pile)));
  // The pile on the desk stays as it was dealt: an image just decided must not slip away under the reviewer.
  const [dealt, setDealt] = useState<{ pile: Pile; order: Uint32Array } | null>(null);
  useEffect(() => {
    if (current.data && dealt?.pile !== pile) setDealt({ pile, order: current.data });
  }, [current.data, pile, dealt]);
  const { setSelection, show } = useStore();
  const switchTo = (next: Pile) => {
    setSelection(emptySelection);
    setPile(next);
    setDealt(null);
  };

  const total = all.data?.length ?? 0;
  const reviewed = total - (open.data?.length ?? 0);
  const order = dealt?.order;
  const known = new Set(order);
  const fresh = current.data && order ? current.data.filter((id) => !known.has(id)).length : 0;
  const error = all.error ?? open.error ?? current.error;

  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Review</span>
        <span
          className="muted num"
          data-testid={testIds.reviewProgress}
          data-reviewed={reviewed}
          data-total={total}
        >
          {count(reviewed)} of {count(total)} reviewed
        </span>
        <span
          className="bar-track"
          role="progressbar"
          aria-label="Reviewed"
          aria-valuemin={0}
          aria-valuemax={total}
          aria-valuenow={reviewed}
        >
          <span
            className="bar-fill"
            style={{ display: 'block', width: `${total ? (100 * reviewed) / total : 0}%` }}
          />
        </span>
        <div className="spacer" />
        {fresh > 0 && <Button onClick={() => setDealt(null)}>Show {count(fresh)} new</Button>}
        <SegmentedControl
          aria-label="Which images"
          data={[
            { value: 'none', label: 'To review' },
            { value: 'accept', label: 'Accepted' },
            { value: 'reject', label: 'Rejected' },
            { value: 'all', label: 'All' },
          ]}
          value={pile}
          onChange={(value) => switchTo(value as Pile)}
        />
        <SegmentedControl
          aria-label="One image or a grid"
          data-testid={testIds.reviewMode}
          data={[
            { value: 'one', label: 'One by one' },
            { value: 'grid', label: 'Grid' },
          ]}
          value={mode}
          onChange={setMode}
        />
      </div>
      {error && <ErrorPanel what="The images to review cannot be listed" error={error} />}
      {order && total === 0 && (
        <EmptyState
          icon="review"
          title="No synthetic images to review"
          actions={
            <Button variant="filled" onClick={() => show('generate')}>
              Go to Generate
            </Button>
          }
        >
          Generated images wait here for your decision. Only accepted ones need to go into an export.
        </EmptyState>
      )}
      {order && total > 0 && order.length === 0 && (
        <EmptyState
          icon="accept"
          title={pile === 'none' ? 'Everything is reviewed' : 'This pile is empty'}
          actions={<Button onClick={() => show('export')}>Go to Export</Button>}
        >
          {count(total)} synthetic images in this dataset.
        </EmptyState>
      )}
      {order && order.length > 0 && mode === 'one' && <ReviewOne dataset={dataset} order={order} />}
      {order && order.length > 0 && mode === 'grid' && <ReviewGrid dataset={dataset} order={order} />}
    </div>
  );
}
