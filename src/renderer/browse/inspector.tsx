/** Owns the panel that shows everything known about one image, and its single edits. */
import { ActionIcon, Button, Select, TagsInput, Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { imageUrl } from '../../shared/contract.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ImageDetail, ImageScore } from '../../shared/domain/image.ts';
import { limits } from '../../shared/limits.ts';
import { request } from '../api.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { ErrorPanel, useEdit } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { bytes, percent, score, when } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { manyOptions } from '../ui/many.tsx';
import { DifficultyChip, SyntheticMark } from '../ui/picture.tsx';
import { Provenance } from './provenance.tsx';

interface Props {
  id: number;
  dataset: Dataset;
  onClose?: () => void;
}

export function Inspector({ id, dataset, onClose }: Props) {
  const { data: image, error } = useRequest('images.detail', { id }, { keep: true });
  return (
    <aside
      className="inspector"
      aria-label="Inspector"
      data-testid={testIds.inspector}
      data-image-id={image?.id}
    >
      {error && <ErrorPanel what="This image cannot be shown" error={error} />}
      {image && <Details image={image} dataset={dataset} onClose={onClose} />}
    </aside>
  );
}

function Details({ image, dataset, onClose }: { image: ImageDetail } & Omit<Props, 'id'>) {
  const edit = useEdit();
  const ids = [image.id];
  return (
    <>
      <div className="row">
        <strong className="ellipsis" title={image.path}>
          {image.path.split(/[\\/]/).at(-1)}
        </strong>
        <span className="spacer" />
        {image.origin === 'synthetic' && <SyntheticMark />}
        {onClose && (
          <ActionIcon size="sm" aria-label="Close the inspector" onClick={onClose}>
            <Icon name="close" size={14} />
          </ActionIcon>
        )}
      </div>
      <div className="inspector-image">
        <img
          className={image.width <= 160 ? 'pixelated' : undefined}
          src={imageUrl(image.id)}
          alt={image.className ?? ''}
        />
      </div>
      {!image.present && (
        <div className="notice" data-kind="error">
          <Icon name="warning" />
          <div>The file is gone: the last import did not find it. Scores and captions are kept.</div>
        </div>
      )}
      <div className="row wrap">
        <span data-testid={testIds.inspectorDifficulty} data-value={image.difficulty ?? ''}>
          <Term help={definitions.difficulty}>Difficulty</Term> <DifficultyChip value={image.difficulty} />
        </span>
        {image.requestedDifficulty !== null && (
          <span>
            <Term help={definitions.requested}>asked for</Term>{' '}
            <DifficultyChip value={image.requestedDifficulty} />
          </span>
        )}
        {image.decision && <span className="muted">{image.decision}ed</span>}
      </div>
      <Select
        label="Class"
        data-testid={testIds.inspectorClass}
        {...manyOptions}
        placeholder="No class"
        data={dataset.classes.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={image.classId === null ? null : String(image.classId)}
        onChange={(value) =>
          value && void edit('Relabelling', () => request('images.setClass', { ids, classId: Number(value) }))
        }
      />
      <Caption image={image} />
      <TagsInput
        label="Tags"
        data-testid={testIds.inspectorTag}
        placeholder={image.tags.length ? undefined : 'Type and press Enter'}
        value={image.tags}
        onChange={(tags) => {
          const added = tags.filter((tag) => !image.tags.includes(tag));
          const gone = image.tags.filter((tag) => !tags.includes(tag));
          void edit('Tagging', async () => {
            for (const tag of added) await request('images.setTag', { ids, tag, on: true });
            for (const tag of gone) await request('images.setTag', { ids, tag, on: false });
          });
        }}
      />
      {image.scores.map((one) => (
        <Score key={one.scorerId} one={one} className={image.className} />
      ))}
      {image.scores.length === 0 && <div className="muted">Not scored yet: see the Difficulty screen.</div>}
      <div>
        <h3>File</h3>
        <dl className="facts-list num">
          <dt>Path</dt>
          <dd className="mono">{image.path}</dd>
          <dt>Size</dt>
          <dd>
            {image.width} × {image.height} · {image.format} · {bytes(image.bytes)}
          </dd>
          {image.split && (
            <>
              <dt>Split</dt>
              <dd>{image.split}</dd>
            </>
          )}
          <dt>SHA-256</dt>
          <dd className="mono ellipsis" title={image.hash}>
            {image.hash}
          </dd>
        </dl>
      </div>
      {image.provenance && <Provenance of={image.provenance} />}
      {image.labelHistory.length > 0 && (
        <div>
          <h3>Label history</h3>
          <dl className="facts-list num">
            {image.labelHistory.map(({ at, from, to, source }) => (
              <HistoryRow
                key={`${at}-${to}`}
                at={at}
                text={`${from ?? 'none'} → ${to ?? 'none'} (${source})`}
              />
            ))}
          </dl>
        </div>
      )}
    </>
  );
}

const HistoryRow = ({ at, text }: { at: number; text: string }) => (
  <>
    <dt>{when(at)}</dt>
    <dd>{text}</dd>
  </>
);

function Caption({ image }: { image: ImageDetail }) {
  const [text, setText] = useState(image.caption ?? '');
  const edit = useEdit();
  // another image brings its own caption
  useEffect(() => setText(image.caption ?? ''), [image.id, image.caption]);
  const changed = text !== (image.caption ?? '');
  const save = () => edit('Captioning', () => request('captions.set', { ids: [image.id], text }));
  return (
    <div className="stack" style={{ gap: 4 }}>
      <Textarea
        label={image.captionSource ? `Caption (from ${image.captionSource})` : 'Caption'}
        data-testid={testIds.inspectorCaption}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={limits.prompt}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && changed) void save();
        }}
      />
      {changed && (
        <div className="row">
          <Button variant="filled" data-testid={testIds.inspectorCaptionSave} onClick={() => void save()}>
            Save caption
          </Button>
          <Button onClick={() => setText(image.caption ?? '')}>Discard</Button>
          <span className="muted small">Ctrl Enter</span>
        </div>
      )}
    </div>
  );
}

function Score({ one, className }: { one: ImageScore; className: string | null }) {
  return (
    <div>
      <div className="row" style={{ marginBottom: 4 }}>
        <h3 className="ellipsis" title={one.scorerName}>
          {one.scorerName}
        </h3>
        <span className="spacer" />
        <DifficultyChip value={one.difficulty} />
      </div>
      <div className="row small num wrap" style={{ marginBottom: 4 }}>
        <span>
          <Term help={definitions.entropy}>entropy</Term> {score(one.entropy)}
        </span>
        <span>
          <Term help={definitions.margin}>margin</Term> {score(one.margin)}
        </span>
        <span className={one.predictedClass === className ? 'muted' : undefined}>
          {one.predictedClass === className ? 'agrees with the label' : `says ${one.predictedClass}`}
        </span>
      </div>
      {one.top.map((entry) => (
        <div key={entry.className} className="probability num" data-label={entry.className === className}>
          <span className="ellipsis">{entry.className}</span>
          <div className="probability-track">
            <div style={{ width: `${100 * entry.probability}%` }} />
          </div>
          <span className="muted" style={{ textAlign: 'right', whiteSpace: 'nowrap' }}>
            {percent(entry.probability)}
          </span>
        </div>
      ))}
    </div>
  );
}
