/** Owns the per-class table and, when a class is opened, its easiest and hardest images. */
import { Button } from '@mantine/core';
import { Fragment, useMemo, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ClassDifficulty } from '../../shared/domain/difficulty.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { BucketBar } from '../ui/bucket-bar.tsx';
import { definitions } from '../ui/definitions.ts';
import { count, percent } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { MoreRows, useFirstRows } from '../ui/many.tsx';
import { DifficultyChip, ImageStrip } from '../ui/picture.tsx';

type Key = 'className' | 'count' | 'mean' | 'median' | 'accuracy' | 'hard';

const columns: { key: Key; label: string; right?: boolean; help?: string }[] = [
  { key: 'className', label: 'Class' },
  { key: 'count', label: 'Images', right: true },
  { key: 'mean', label: 'Mean', right: true, help: `Mean difficulty. ${definitions.difficulty}` },
  { key: 'median', label: 'Median', right: true, help: 'Half of the images are easier than this.' },
  { key: 'accuracy', label: 'Accuracy', right: true, help: definitions.accuracy },
  {
    key: 'hard',
    label: 'Buckets',
    help: `Sorts by the share of extremely hard images. ${definitions.buckets}`,
  },
];

const figureOf = (row: ClassDifficulty, key: Key): number | string =>
  key === 'hard' ? (row.count ? row.buckets.hard / row.count : 0) : row[key];

export function sortClasses(classes: ClassDifficulty[], key: Key, down: boolean): ClassDifficulty[] {
  const sign = down ? -1 : 1;
  return [...classes].sort((a, b) => {
    const [x, y] = [figureOf(a, key), figureOf(b, key)];
    return sign * (typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y));
  });
}

export function ClassTable({ classes, dataset }: { classes: ClassDifficulty[]; dataset: Dataset }) {
  const [key, setKey] = useState<Key>('mean');
  const [down, setDown] = useState(true);
  const [open, setOpen] = useState<number | null>(null);
  const browse = useStore((state) => state.browse);
  const rows = useMemo(() => sortClasses(classes, key, down), [classes, key, down]);
  const first = useFirstRows(rows);
  return (
    <div className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">Classes</div>
      <table className="data num" data-testid={testIds.classTable} aria-label={`Classes of ${dataset.name}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                className={column.right ? 'right' : undefined}
                aria-sort={key === column.key ? (down ? 'descending' : 'ascending') : 'none'}
              >
                <button
                  type="button"
                  className="sort-button"
                  aria-pressed={key === column.key}
                  title={column.help}
                  onClick={() => {
                    setDown(key === column.key ? !down : column.key !== 'className');
                    setKey(column.key);
                  }}
                >
                  {column.label}
                  {key === column.key ? (down ? ' ↓' : ' ↑') : ''}
                </button>
              </th>
            ))}
            <th aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {first.rows.map((row) => (
            <Fragment key={row.classId}>
              <tr
                data-testid={testIds.classRow}
                data-class-name={row.className}
                data-mean={row.mean}
                data-count={row.count}
              >
                <td>
                  <button
                    type="button"
                    className="sort-button row"
                    aria-expanded={open === row.classId}
                    onClick={() => setOpen(open === row.classId ? null : row.classId)}
                  >
                    <span
                      style={{
                        transform: open === row.classId ? 'rotate(90deg)' : undefined,
                        display: 'flex',
                      }}
                    >
                      <Icon name="right" size={12} />
                    </span>
                    {row.className}
                  </button>
                </td>
                <td className="right">{count(row.count)}</td>
                <td className="right">
                  <DifficultyChip value={row.mean} />
                </td>
                <td className="right">{row.median.toFixed(2)}</td>
                <td className="right">{percent(row.accuracy)}</td>
                <td style={{ width: '30%' }}>
                  <BucketBar buckets={row.buckets} />
                </td>
                <td className="right">
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    onClick={() => browse({ classIds: [row.classId], origin: 'real' }, 'difficulty-desc')}
                  >
                    Browse
                  </Button>
                </td>
              </tr>
              {open === row.classId && (
                <tr>
                  <td colSpan={columns.length + 1}>
                    <div className="strips" style={{ padding: '4px 0 8px' }}>
                      <div>
                        <h3 style={{ marginBottom: 4 }}>Easiest</h3>
                        <ImageStrip ids={row.easiest} label={`Easiest images of ${row.className}`} />
                      </div>
                      <div>
                        <h3 style={{ marginBottom: 4 }}>Hardest</h3>
                        <ImageStrip ids={row.hardest} label={`Hardest images of ${row.className}`} />
                      </div>
                    </div>
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
          <MoreRows {...first} columns={columns.length + 1} />
        </tbody>
      </table>
    </div>
  );
}
