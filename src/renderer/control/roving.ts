/** Owns moving through a grid of buttons with the arrow keys: one tab stop, the rest by arrows, Home and End. */
import type { KeyboardEvent } from 'react';

/** Where a key leads from a cell; null: it is none of ours. */
export function step(key: string, row: number, column: number, rows: number, columns: number) {
  const to = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [row, 0],
    End: [row, columns - 1],
  }[key];
  if (!to) return null;
  const within = (at: number, n: number) => Math.min(n - 1, Math.max(0, at));
  return { row: within(to[0], rows), column: within(to[1], columns) };
}

/** For the grid's element; its buttons carry data-row and data-column. */
export function onGridKeys(rows: number, columns: number) {
  return (event: KeyboardEvent<HTMLElement>) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
    if (!cell) return;
    const next = step(event.key, Number(cell.dataset.row), Number(cell.dataset.column), rows, columns);
    if (!next) return;
    event.preventDefault();
    event.currentTarget
      .querySelector<HTMLElement>(`[data-row="${next.row}"][data-column="${next.column}"]`)
      ?.focus();
  };
}
