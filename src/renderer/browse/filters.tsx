/** Owns the filter column of Browse. */
import {
  Button,
  Checkbox,
  MultiSelect,
  RangeSlider,
  SegmentedControl,
  Select,
  TextInput,
} from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { bucket } from '../../shared/domain/parts.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { count, score } from '../ui/format.ts';
import { manyOptions } from '../ui/many.tsx';
import { bucketColour, bucketName, bucketRange, rampGradient } from '../ui/scale.ts';
import { LikeText } from './like-text.tsx';

const any = 'any';

export function Filters({ dataset }: { dataset: Dataset }) {
  const filter = useStore((state) => state.filter);
  const within = useStore((state) => state.within);
  const setFilter = useStore((state) => state.setFilter);
  const reset = useStore((state) => state.resetFilter);
  const [text, setText] = useState(filter.text ?? '');
  const applyText = useDebouncedCallback((value: string) => setFilter({ text: value || undefined }), 200);
  useEffect(() => setText(filter.text ?? ''), [filter.text]);
  const like = useStore((state) => state.like);
  const restricted = Object.keys(filter).length > 0 || within !== null || like !== null;

  return (
    <aside className="filters" aria-label="Filters">
      <TextInput
        aria-label="Search path and caption"
        placeholder="Path or caption  ( / )"
        data-search
        data-testid={testIds.filterText}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          applyText(event.currentTarget.value);
        }}
      />
      <LikeText />
      <div>
        <h3>Class</h3>
        <MultiSelect
          aria-label="Classes"
          data-testid={testIds.filterClass}
          placeholder={filter.classIds?.length ? undefined : 'All classes'}
          {...manyOptions}
          clearable
          hidePickedOptions
          data={dataset.classes.map(({ id, name, images, synthetic }) => ({
            value: String(id),
            label: `${name} (${count(images + synthetic)})`,
          }))}
          value={(filter.classIds ?? []).map(String)}
          onChange={(values) => setFilter({ classIds: values.length ? values.map(Number) : undefined })}
        />
      </div>
      <div>
        <h3>Difficulty</h3>
        <DifficultyRange
          value={filter.difficulty ?? null}
          onChange={(difficulty) => setFilter({ difficulty: difficulty ?? undefined, bucket: undefined })}
          testId={testIds.filterDifficulty}
        />
        <div className="bucket-chips" style={{ marginTop: 10 }}>
          {bucket.options.map((name) => (
            <button
              key={name}
              type="button"
              className="bucket-chip"
              aria-pressed={filter.bucket === name}
              data-testid={testIds.filterBucket(name)}
              onClick={() =>
                setFilter({ bucket: filter.bucket === name ? undefined : name, difficulty: undefined })
              }
            >
              <span className="swatch" style={{ background: bucketColour[name] }} />
              {bucketName[name]}
              <span className="spacer" />
              <span className="muted num">{bucketRange[name]}</span>
            </button>
          ))}
        </div>
      </div>
      <div>
        <h3>Origin</h3>
        <SegmentedControl
          fullWidth
          aria-label="Origin"
          data-testid={testIds.filterOrigin}
          data={[
            { value: any, label: 'Both' },
            { value: 'real', label: 'Real' },
            { value: 'synthetic', label: 'Synthetic' },
          ]}
          value={filter.origin ?? any}
          onChange={(value) =>
            setFilter({ origin: value === any ? undefined : (value as 'real' | 'synthetic') })
          }
        />
      </div>
      <Select
        label="Review"
        data-testid={testIds.filterDecision}
        data={[
          { value: any, label: 'Any' },
          { value: 'accept', label: 'Accepted' },
          { value: 'reject', label: 'Rejected' },
          { value: 'none', label: 'Not reviewed' },
        ]}
        value={filter.decision ?? any}
        onChange={(value) => setFilter({ decision: value === any ? undefined : (value as 'accept') })}
      />
      <Select
        label="Split"
        data={[any, 'train', 'val', 'test'].map((value) => ({ value, label: value === any ? 'Any' : value }))}
        value={filter.split ?? any}
        onChange={(value) => setFilter({ split: value === any ? undefined : (value as 'train') })}
      />
      <TextInput
        label="Tag"
        placeholder="Exact tag"
        value={filter.tag ?? ''}
        onChange={(event) => setFilter({ tag: event.currentTarget.value || undefined })}
      />
      <Checkbox
        label="Only where the scorer disagrees with the label"
        checked={filter.disagrees === true}
        onChange={(event) => setFilter({ disagrees: event.currentTarget.checked || undefined })}
      />
      {within && (
        <div className="muted small">Restricted to {count(within.length)} images chosen on the map.</div>
      )}
      {filter.jobId !== undefined && (
        <div className="muted small">Restricted to the images of job {filter.jobId}.</div>
      )}
      <Button disabled={!restricted} onClick={reset} data-testid={testIds.filterReset}>
        Clear all filters
      </Button>
    </aside>
  );
}

interface RangeProps {
  value: { min: number; max: number } | null;
  onChange: (value: { min: number; max: number } | null) => void;
  testId?: string;
}

/** The whole range means "no restriction", so that unscored images stay in. */
export function DifficultyRange({ value, onChange, testId }: RangeProps) {
  const [draft, setDraft] = useState<[number, number]>([value?.min ?? 0, value?.max ?? 1]);
  useEffect(() => setDraft([value?.min ?? 0, value?.max ?? 1]), [value?.min, value?.max]);
  return (
    <div data-testid={testId} data-min={draft[0]} data-max={draft[1]}>
      <div style={{ height: 4, borderRadius: 2, background: rampGradient, marginBottom: 4 }} />
      <RangeSlider
        min={0}
        max={1}
        step={0.01}
        minRange={0}
        label={null}
        value={draft}
        thumbFromLabel="Smallest difficulty"
        thumbToLabel="Largest difficulty"
        onChange={setDraft}
        onChangeEnd={([min, max]) => onChange(min === 0 && max === 1 ? null : { min, max })}
      />
      <div className="row num small muted" style={{ marginTop: 4 }}>
        <span>{score(draft[0])}</span>
        <span className="spacer" />
        <span>{score(draft[1])}</span>
      </div>
    </div>
  );
}
