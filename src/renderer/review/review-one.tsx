/** Owns the review of one image after another from the keyboard. */
import { ActionIcon, Button, Select } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { imageUrl } from '../../shared/contract.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ImageDetail } from '../../shared/domain/image.ts';
import type { ReviewDecision } from '../../shared/domain/parts.ts';
import { request } from '../api.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { ErrorPanel, useEdit, useHistory } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { manyOptions } from '../ui/many.tsx';
import { DifficultyChip } from '../ui/picture.tsx';
import { keyedClasses, onReviewKeys } from './keys.ts';

export function ReviewOne({ dataset, order }: { dataset: Dataset; order: Uint32Array }) {
  const [at, setAt] = useState(0);
  // Where each decision was taken, so that undo also brings the reviewer back there.
  const [taken, setTaken] = useState<number[]>([]);
  const index = Math.min(at, order.length - 1);
  const id = order[index];
  const { data: image, error } = useRequest('images.detail', { id }, { keep: true });
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => stage.current?.focus({ preventScroll: true }), []);
  const edit = useEdit();
  const history = useHistory();
  const ready = image?.id === id ? image : undefined;
  const go = (delta: number) => setAt(Math.min(order.length - 1, Math.max(0, index + delta)));

  const decide = async (decision: ReviewDecision) => {
    // On to the next image at once: a fast reviewer's next key must not reach the same image again.
    setTaken((old) => [...old, index]);
    go(1);
    const done = await edit('The review', () => request('review.decide', { ids: [id], decision }));
    if (done !== undefined) return;
    setTaken((old) => old.filter((place) => place !== index));
    setAt(index);
  };
  const relabel = async (classId: number) => {
    if (!ready) return;
    const done = await edit('Relabelling', () =>
      request('review.decide', { ids: [id], decision: ready.decision, classId }),
    );
    if (done !== undefined) setTaken((old) => [...old, index]);
  };
  const undo = async () => {
    await history.undo();
    const last = taken.at(-1);
    if (last === undefined) return;
    setTaken(taken.slice(0, -1));
    setAt(last);
  };

  // Before the image is painted: a key never comes too early for it, nor reaches the one before.
  useLayoutEffect(() => onReviewKeys(dataset, { decide, relabel, undo, go }));

  if (error) return <ErrorPanel what="This image cannot be shown" error={error} />;
  return (
    <div className="review">
      <div className="review-stage" ref={stage} tabIndex={-1}>
        <div className="review-picture">
          <img
            className={image && image.width <= 160 ? 'pixelated' : undefined}
            src={imageUrl(id)}
            alt={ready?.className ?? ''}
            data-testid={testIds.reviewImage}
            data-image-id={id}
          />
        </div>
        <div className="review-actions">
          <ActionIcon size="lg" aria-label="Previous image" disabled={index === 0} onClick={() => go(-1)}>
            <Icon name="left" />
          </ActionIcon>
          <Button
            size="sm"
            leftSection={<ToneIcon name="reject" />}
            rightSection={<kbd>R</kbd>}
            data-testid={testIds.reviewReject}
            onClick={() => void decide('reject')}
          >
            Reject
          </Button>
          <span className="muted num" style={{ minWidth: 80, textAlign: 'center' }}>
            {count(index + 1)} of {count(order.length)}
          </span>
          <Button
            size="sm"
            leftSection={<ToneIcon name="accept" />}
            rightSection={<kbd>A</kbd>}
            data-testid={testIds.reviewAccept}
            onClick={() => void decide('accept')}
          >
            Accept
          </Button>
          <ActionIcon
            size="lg"
            aria-label="Next image"
            disabled={index === order.length - 1}
            onClick={() => go(1)}
          >
            <Icon name="right" />
          </ActionIcon>
          <Button
            size="sm"
            leftSection={<Icon name="undo" />}
            rightSection={<kbd>Z</kbd>}
            data-testid={testIds.reviewUndo}
            onClick={() => void undo()}
          >
            Undo
          </Button>
        </div>
      </div>
      <aside className="review-side" aria-label="About this image">
        {ready && <Facts image={ready} scorerId={dataset.currentScorerId} />}
        <div>
          <h3 style={{ marginBottom: 4 }}>Class</h3>
          <div className="class-keys" data-testid={testIds.reviewClass} data-value={ready?.className ?? ''}>
            {dataset.classes.slice(0, keyedClasses).map(({ id: classId, name }, i) => (
              <button
                key={classId}
                type="button"
                className="class-key"
                aria-pressed={ready?.classId === classId}
                onClick={() => void relabel(classId)}
              >
                <kbd>{(i + 1) % 10}</kbd>
                <span className="ellipsis">{name}</span>
              </button>
            ))}
          </div>
          {dataset.classes.length > keyedClasses && (
            <Select
              mt={6}
              aria-label="Another class"
              placeholder="Another class"
              {...manyOptions}
              data={dataset.classes
                .slice(keyedClasses)
                .map(({ id: classId, name }) => ({ value: String(classId), label: name }))}
              value={ready?.classId ? String(ready.classId) : null}
              onChange={(value) => value && void relabel(Number(value))}
            />
          )}
        </div>
      </aside>
    </div>
  );
}

const ToneIcon = ({ name }: { name: ReviewDecision }) => (
  <span style={{ display: 'flex', color: name === 'accept' ? 'var(--ok)' : 'var(--danger)' }}>
    <Icon name={name} />
  </span>
);

function Facts({ image, scorerId }: { image: ImageDetail; scorerId: number | null }) {
  const newest = image.scores.find((one) => one.scorerId === scorerId) ?? image.scores[0];
  const asked = image.provenance?.className ?? null;
  return (
    <>
      <div
        className="decision-banner"
        data-testid={testIds.reviewDecision}
        data-decision={image.decision ?? ''}
        role="status"
      >
        {image.decision === 'accept'
          ? 'Accepted'
          : image.decision === 'reject'
            ? 'Rejected'
            : 'Not reviewed yet'}
      </div>
      <dl className="facts-list num">
        <dt>class asked for</dt>
        <dd>{asked ?? '–'}</dd>
        <dt>predicted</dt>
        <dd>
          {newest ? (
            <span style={newest.predictedClass === asked ? undefined : { color: 'var(--danger)' }}>
              {newest.predictedClass} {newest.predictedClass === asked ? '' : '(differs)'}
            </span>
          ) : (
            'not scored yet'
          )}
        </dd>
        <dt>
          <Term help={definitions.requested}>difficulty asked for</Term>
        </dt>
        <dd data-testid={testIds.reviewRequested} data-value={image.requestedDifficulty ?? ''}>
          <DifficultyChip value={image.requestedDifficulty} />
        </dd>
        <dt>
          <Term help={definitions.measured}>difficulty measured</Term>
        </dt>
        <dd data-testid={testIds.reviewMeasured} data-value={image.difficulty ?? ''}>
          <DifficultyChip value={image.difficulty} />
        </dd>
        <dt>caption</dt>
        <dd>{image.caption ?? '–'}</dd>
        <dt>prompt</dt>
        <dd>{image.provenance?.prompt ?? '–'}</dd>
        <dt>seed</dt>
        <dd>{image.provenance?.seed ?? '–'}</dd>
      </dl>
    </>
  );
}
