/** Owns the checking of suspected labels, one after another: the list, where the person is in it, and decisions. */
import { Button, SegmentedControl, Select } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { confirmedLabelTag, type IssuesView } from '../../shared/issues.ts';
import { request } from '../api.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, useEdit, useHistory } from '../ui/feedback.tsx';
import { count, counted } from '../ui/format.ts';
import { manyOptions } from '../ui/many.tsx';
import { Thumb } from '../ui/picture.tsx';
import { IssueDetail } from './issue-detail.tsx';
import { type ShownIssue, times, words } from './issue-words.ts';
import { onIssueKeys } from './keys.ts';

type Pile = 'open' | 'done' | 'all';

const rowPx = 64;

const everyPair = '';
const pairOf = ({ given, suggested }: ShownIssue) => `${given} → ${suggested}`;

function deal(view: IssuesView, pile: Pile, pair: string): number[] {
  return view.issues
    .filter((issue) => pile === 'all' || (issue.state === 'open') === (pile === 'open'))
    .filter((issue) => pair === everyPair || pairOf(issue) === pair)
    .map(({ imageId }) => imageId);
}

export function LabelIssues({ dataset, view }: { dataset: Dataset; view: IssuesView }) {
  const [pile, setPile] = useState<Pile>('open');
  const [pair, setPair] = useState(everyPair);
  // The pile stays as it was dealt: an issue just decided must not slip away under the person.
  const [order, setOrder] = useState(() => deal(view, pile, pair));
  const show = useStore((state) => state.show);
  const choose = (nextPile: Pile, nextPair: string) => {
    setPile(nextPile);
    setPair(nextPair);
    setOrder(deal(view, nextPile, nextPair));
  };
  const pairs = new Map<string, number>();
  for (const issue of view.issues) pairs.set(pairOf(issue), (pairs.get(pairOf(issue)) ?? 0) + 1);
  const byId = new Map(view.issues.map((issue) => [issue.imageId, issue]));
  const shown = order.flatMap((id) => byId.get(id) ?? []);
  const done = view.issues.filter(({ state }) => state !== 'open').length;

  if (view.issues.length === 0)
    return (
      <EmptyState icon="accept" title="No label looks wrong">
        Of {count(view.images)} images none is more like another class than its own label allows.{' '}
        {view.hard > 0 && `${count(view.hard)} are hard; see them on the Difficulty screen.`}
      </EmptyState>
    );
  return (
    <>
      <div className="issues-bar">
        <Findings view={view} />
        <span
          className="muted num"
          data-testid={testIds.issuesProgress}
          data-done={done}
          data-total={view.issues.length}
        >
          {count(done)} of {count(view.issues.length)} checked
        </span>
        <Select
          w={230}
          aria-label="Which mix-up"
          {...manyOptions}
          data={[
            { value: everyPair, label: 'Every mix-up' },
            ...[...pairs]
              .sort((a, b) => b[1] - a[1])
              .map(([value, n]) => ({ value, label: `${value} (${n})` })),
          ]}
          value={pair}
          onChange={(value) => choose(pile, value ?? everyPair)}
        />
        <SegmentedControl
          aria-label="Which issues"
          data={[
            { value: 'open', label: 'To check' },
            { value: 'done', label: 'Checked' },
            { value: 'all', label: 'All' },
          ]}
          value={pile}
          onChange={(value) => choose(value as Pile, pair)}
        />
      </div>
      {shown.length === 0 ? (
        <EmptyState
          icon="accept"
          title={pile === 'open' ? 'Every suspected label is checked' : 'Nothing here yet'}
          actions={
            pile === 'open' && (
              <>
                <Button onClick={() => show('difficulty')}>Score again with these labels</Button>
                <Button onClick={() => show('export')}>Go to Export</Button>
              </>
            )
          }
        >
          {pile === 'open' &&
            'A scorer that learns from the corrected labels is better, and may find what the wrong ones have hidden.'}
        </EmptyState>
      ) : (
        <Pile key={`${pile} ${pair}`} dataset={dataset} view={view} shown={shown} />
      )}
    </>
  );
}

/** In words: what the search found, and what it does not claim. */
function Findings({ view }: { view: IssuesView }) {
  const { issues, images, hard } = view;
  return (
    <p className="issues-findings muted" data-testid={testIds.issuesFindings}>
      <b>{counted(issues.length, 'label')}</b> of {counted(images, 'image')}{' '}
      {issues.length === 1 ? 'looks' : 'look'} wrong: they convince least of their class, and a scorer that
      had not learned from them finds another class likelier. <b>{counted(hard, 'image')}</b> more{' '}
      {hard === 1 ? 'is' : 'are'} hard, with less against the label: probably right.
    </p>
  );
}

function Pile({ dataset, view, shown }: { dataset: Dataset; view: IssuesView; shown: ShownIssue[] }) {
  const [at, setAt] = useState(0);
  // Where each decision was taken, so that undo also brings the person back there.
  const [taken, setTaken] = useState<number[]>([]);
  const index = Math.min(at, shown.length - 1);
  const issue = shown[index];
  const edit = useEdit();
  const history = useHistory();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 6,
  });
  const moveTo = (next: number) => {
    const place = Math.min(shown.length - 1, Math.max(0, next));
    setAt(place);
    virtual.scrollToIndex(place);
  };

  const decide = async (what: string, work: () => Promise<null>) => {
    // On to the next image at once: a fast person's next key must not reach the same image again.
    setTaken((old) => [...old, index]);
    moveTo(index + 1);
    const answer = await edit(what, work);
    if (answer !== undefined) return;
    setTaken((old) => old.slice(0, -1));
    moveTo(index);
  };
  const ids = [issue.imageId];
  const actions = {
    keep: () =>
      void decide('Keeping the label', () =>
        request('images.setTag', { ids, tag: confirmedLabelTag, on: true }),
      ),
    change: (classId: number | 'suggested') =>
      void decide('Changing the label', () =>
        request('images.setClass', {
          ids,
          classId: classId === 'suggested' ? issue.suggestedClassId : classId,
        }),
      ),
    exclude: () => void decide('Excluding', () => request('review.decide', { ids, decision: 'reject' })),
    undo: async () => {
      await history.undo();
      const last = taken.at(-1);
      if (last === undefined) return;
      setTaken(taken.slice(0, -1));
      moveTo(last);
    },
    go: (delta: number) => moveTo(index + delta),
  };
  useLayoutEffect(() => onIssueKeys(dataset, actions));

  return (
    <div className="issues">
      <div className="issues-list" ref={scroller}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index: row, start }) => (
            <IssueRow
              key={shown[row].imageId}
              issue={shown[row]}
              current={row === index}
              top={start}
              onChoose={() => setAt(row)}
            />
          ))}
        </div>
      </div>
      <IssueDetail
        dataset={dataset}
        view={view}
        issue={issue}
        place={`${count(index + 1)} of ${count(shown.length)}`}
        actions={actions}
      />
    </div>
  );
}

function IssueRow({
  issue,
  current,
  top,
  onChoose,
}: {
  issue: ShownIssue;
  current: boolean;
  top: number;
  onChoose: () => void;
}) {
  return (
    <button
      type="button"
      className="issue-row"
      style={{ top, height: rowPx }}
      aria-current={current}
      data-testid={testIds.issueRow}
      data-image-id={issue.imageId}
      data-state={issue.state}
      title={issue.path}
      onClick={onChoose}
    >
      <span className="issue-thumb">
        <Thumb id={issue.imageId} alt={issue.given} />
      </span>
      <span className="issue-words">
        <span className="ellipsis">
          {issue.given} <span className="muted">→</span> <b>{issue.suggested}</b>
        </span>
        <span className="muted small">
          {issue.state === 'open' ? `${times(issue.logOdds)} likelier` : words(issue)}
        </span>
      </span>
    </button>
  );
}
