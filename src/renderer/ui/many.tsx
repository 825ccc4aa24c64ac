/**
 * Owns lists that may be thousands long (classes, above all): how many of their entries are in the document at once, and
 * how the others are reached. Thousands of rows or options at once freeze the window for seconds.
 */
import { Button, type ComboboxItem, defaultOptionsFilter, type OptionsFilter } from '@mantine/core';
import { useState } from 'react';
import { testIds } from '../test-ids.ts';
import { count } from './format.ts';

const atOnce = 100;

/** The first rows, and more of them on request. */
export function useFirstRows<Row>(rows: readonly Row[]) {
  const [shown, setShown] = useState(atOnce);
  return {
    rows: rows.slice(0, shown),
    left: Math.max(0, rows.length - shown),
    more: () => setShown(shown + atOnce),
  };
}

/** The last row of such a table; nothing where every row is there. */
export function MoreRows({ left, more, columns }: { left: number; more: () => void; columns: number }) {
  if (left === 0) return null;
  return (
    <tr>
      <td colSpan={columns}>
        <Button data-testid={testIds.moreRows} onClick={more}>
          Show more ({count(left)} left)
        </Button>
      </td>
    </tr>
  );
}

const firstOptions: OptionsFilter = (input) => {
  const all = { ...input, limit: Number.POSITIVE_INFINITY };
  const found = defaultOptionsFilter(all) as ReturnType<OptionsFilter>; // of the options given, which are strings
  const left = found.length - atOnce;
  if (left <= 0) return found;
  const rest: ComboboxItem = { value: '', label: `${count(left)} more: type to find one`, disabled: true };
  return [...found.slice(0, atOnce), rest];
};

/** For a Select or MultiSelect of classes: `<Select {...manyOptions} data={...} />`. */
export const manyOptions = { searchable: true, filter: firstOptions } as const;
