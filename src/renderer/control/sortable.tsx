/** Owns the head of a sortable table: which column sorts, and which way. */
import { useState } from 'react';

export interface Column<Row> {
  key: string;
  label: string;
  help?: string;
  right?: boolean;
  /** Sorts by this; text from A, numbers from high to low, null last. */
  value: (row: Row) => string | number | null;
}

export interface Sorting<Row> {
  rows: Row[];
  key: string;
  down: boolean;
  by: (column: Column<Row>) => void;
}

export function useSorting<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  first: string,
): Sorting<Row> {
  const [key, setKey] = useState(first);
  const [down, setDown] = useState(true);
  const column = columns.find((one) => one.key === key)!;
  return {
    rows: sorted(rows, column, down),
    key,
    down,
    by: (next) => {
      setDown(next.key === key ? !down : typeof next.value(rows[0]) !== 'string');
      setKey(next.key);
    },
  };
}

export function sorted<Row>(rows: readonly Row[], { value }: Column<Row>, down: boolean): Row[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y));
  });
}

export function SortableHead<Row>({
  columns,
  sorting,
}: {
  columns: readonly Column<Row>[];
  sorting: Sorting<Row>;
}) {
  return (
    <tr>
      {columns.map((column) => {
        const current = sorting.key === column.key;
        return (
          <th
            key={column.key}
            className={column.right ? 'right' : undefined}
            aria-sort={current ? (sorting.down ? 'descending' : 'ascending') : 'none'}
          >
            <button
              type="button"
              className="sort-button"
              aria-pressed={current}
              title={column.help}
              onClick={() => sorting.by(column)}
            >
              {column.label}
              {current ? (sorting.down ? ' ↓' : ' ↑') : ''}
            </button>
          </th>
        );
      })}
    </tr>
  );
}
