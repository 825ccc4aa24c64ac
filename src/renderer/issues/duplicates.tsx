/** Owns the checking of duplicates: groups of the same or nearly the same picture, and which of each stays. */
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { IssuesView } from '../../shared/issues.ts';
import { request } from '../api.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, useEdit, useHistory } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count, counted } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Thumb } from '../ui/picture.tsx';
import { onIssueKeys } from './keys.ts';

type Cluster = IssuesView['duplicates'][number];

/** Groups that are in the document at first, and that each click adds. */
const page = 60;

/** What stays unless a person says otherwise: of leaking groups the test image, so that the test set keeps its size. */
export function suggestedKeeper({ images }: Cluster): number {
  const rank = { test: 0, val: 1, train: 2 };
  const order = (split: Cluster['images'][number]['split']) => (split === null ? 3 : rank[split]);
  return [...images].sort((a, b) => order(a.split) - order(b.split))[0].imageId;
}

export function Duplicates({ dataset, view }: { dataset: Dataset; view: IssuesView }) {
  const [at, setAt] = useState(0);
  const [shown, setShown] = useState(page);
  const edit = useEdit();
  const history = useHistory();
  const clusters = view.duplicates;
  const index = Math.min(at, clusters.length - 1);
  const moveTo = (next: number) => {
    const place = Math.min(clusters.length - 1, Math.max(0, next));
    setAt(place);
    setShown((old) => Math.max(old, place + 1));
    document.querySelector(`[data-cluster="${place}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const exclude = (ids: number[]) =>
    edit('Excluding', () => request('review.decide', { ids, decision: 'reject' }));
  const include = (id: number) =>
    edit('Taking back', () => request('review.decide', { ids: [id], decision: null }));
  const keepOnly = (place: number, id: number) => {
    const others = clusters[place].images.filter((image) => image.imageId !== id && !image.excluded);
    moveTo(place + 1);
    if (others.length > 0) void exclude(others.map((image) => image.imageId));
  };
  useEffect(() => {
    if (clusters.length === 0) return;
    return onIssueKeys(dataset, {
      keep: () => keepOnly(index, suggestedKeeper(clusters[index])),
      undo: () => void history.undo(),
      go: (delta) => moveTo(index + delta),
    });
  });

  if (clusters.length === 0)
    return (
      <EmptyState icon="accept" title="No image is there twice">
        No two of the {count(view.images)} images have the same bytes, or features as alike as{' '}
        {view.similarity.toFixed(4)} (cosine similarity).
      </EmptyState>
    );
  const leaking = clusters.filter(({ leaks }) => leaks).length;
  return (
    <>
      <div className="issues-bar">
        <p className="issues-findings muted">
          <b>{counted(clusters.length, 'group')}</b> of images that are the same file, or{' '}
          <Term
            help={`Cosine similarity of their features (${view.encoder.name}) is ${view.similarity.toFixed(4)} or more, and their details lie in the same places, unless a similarity was asked for. Compressed and resized copies are found; cropped, mirrored and recoloured ones mostly are not.`}
          >
            nearly the same picture
          </Term>
          .{' '}
          {leaking > 0 && (
            <>
              <b style={{ color: 'var(--danger)' }}>{count(leaking)}</b> of them lie across train, val and
              test: what is measured there flatters.
            </>
          )}
        </p>
        <span className="muted small">
          <kbd>K</kbd> keep the green one of the group, exclude the others · arrows · <kbd>Z</kbd> undo
        </span>
      </div>
      <div className="clusters">
        {clusters.slice(0, shown).map((cluster, place) => (
          <ClusterCard
            key={cluster.images[0].imageId}
            cluster={cluster}
            place={place}
            current={place === index}
            onChoose={() => setAt(place)}
            onKeepOnly={(id) => keepOnly(place, id)}
            onInclude={(id) => void include(id)}
          />
        ))}
        {shown < clusters.length && (
          <Button onClick={() => setShown(shown + page)}>
            Show more ({count(clusters.length - shown)} left)
          </Button>
        )}
      </div>
    </>
  );
}

interface CardProps {
  cluster: Cluster;
  place: number;
  current: boolean;
  onChoose: () => void;
  onKeepOnly: (id: number) => void;
  onInclude: (id: number) => void;
}

function ClusterCard({ cluster, place, current, onChoose, onKeepOnly, onInclude }: CardProps) {
  const keeper = suggestedKeeper(cluster);
  const left = cluster.images.filter(({ excluded }) => !excluded).length;
  return (
    <section
      className="panel cluster"
      aria-current={current}
      aria-label={`Group ${place + 1}`}
      data-testid={testIds.cluster}
      data-cluster={place}
      data-left={left}
      onPointerDown={onChoose}
    >
      <div className="row wrap">
        <b>{cluster.kind === 'exact' ? 'Same file' : 'Nearly the same'}</b>
        <span className="muted">{counted(cluster.images.length, 'image')}</span>
        {cluster.leaks && (
          <span className="flag" title="Images of this group are in more than one of train, val and test">
            across splits
          </span>
        )}
        {cluster.labelsDiffer && <span className="flag">labels differ</span>}
        <span className="spacer" />
        {left < 2 && <span className="muted small">settled</span>}
      </div>
      <div className="cluster-images">
        {cluster.images.map((image) => (
          <div
            key={image.imageId}
            className="cluster-image"
            data-image-id={image.imageId}
            data-excluded={image.excluded}
            data-keeper={image.imageId === keeper}
          >
            <span className="cluster-thumb">
              <Thumb id={image.imageId} alt={image.className ?? 'unlabelled'} />
            </span>
            <span className="row small" style={{ gap: 5 }}>
              <b className="ellipsis">{image.className ?? 'no class'}</b>
              {image.split && <span className="muted">{image.split}</span>}
              <span className="spacer" />
              <span
                className="muted num"
                title="Cosine similarity to the most similar other image of the group"
              >
                {image.similarity.toFixed(3)}
              </span>
            </span>
            <span className="muted small ellipsis" title={image.path}>
              {image.path}
            </span>
            {image.excluded ? (
              <Button
                size="compact-xs"
                leftSection={<Icon name="undo" size={12} />}
                onClick={() => onInclude(image.imageId)}
              >
                Excluded; take back
              </Button>
            ) : (
              <Button
                size="compact-xs"
                disabled={left < 2}
                rightSection={current && image.imageId === keeper && left > 1 ? <kbd>K</kbd> : undefined}
                data-testid={testIds.clusterKeep}
                onClick={() => onKeepOnly(image.imageId)}
              >
                Keep only this
              </Button>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}
