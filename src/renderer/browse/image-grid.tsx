/** Owns the virtual grid: which rows exist in the document, and mouse and keyboard over them. */
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type MouseEvent, useEffect, useRef } from 'react';
import { useSummaries } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { clickAt, emptySelection, moveBy, type Selection, selectAll } from './selection.ts';
import { Tile, tileDomId } from './tile.tsx';

interface Props {
  order: Uint32Array;
  /** Side of a cell in px. */
  cell: number;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  label: string;
  onOpen?: (id: number) => void;
}

const overscanRows = 2;

/** Chromium cuts elements off at about 33.5 million px. */
const maxHeightPx = 30_000_000;
/** Room below the last row for the bar of bulk actions, which floats over the grid. */
const endPx = 60;

/**
 * How many cells stand side by side: as many as come nearest to the wanted size, and more where the last of so
 * many images could not be scrolled to otherwise. Cells then share the width evenly.
 */
export function columnsFor(images: number, width: number, wanted: number): number {
  let columns = Math.max(1, Math.round(width / wanted));
  while (Math.ceil(images / columns) * (width / columns) > maxHeightPx) columns++;
  return columns;
}

export function ImageGrid({ order, cell: wantedCell, selection, onSelection, label, onOpen }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const columns = columnsFor(order.length, width, wantedCell);
  const cell = Math.max(1, Math.floor(width / columns));
  const rows = Math.ceil(order.length / columns);
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => cell,
    overscan: overscanRows,
    paddingEnd: endPx,
  });
  // measures again when the cell changes
  useEffect(() => virtual.measure(), [cell, columns]);
  useEffect(() => {
    // Coming from the rail, the arrows belong to the grid at once.
    const { activeElement } = document;
    if (!activeElement || activeElement === document.body || activeElement.closest('.rail')) {
      scroller.current?.focus({ preventScroll: true });
    }
  }, []);
  const items = virtual.getVirtualItems();
  const first = (items[0]?.index ?? 0) * columns;
  const end = ((items.at(-1)?.index ?? -1) + 1) * columns;
  const summaries = useSummaries(order, first, end);

  const indexAt = (event: MouseEvent): number => {
    const tile = (event.target as HTMLElement).closest<HTMLElement>('[data-image-id]');
    return tile ? order.indexOf(Number(tile.dataset.imageId)) : -1;
  };
  const move = (next: Selection) => {
    onSelection(next);
    if (next.cursor !== null) virtual.scrollToIndex(Math.floor(order.indexOf(next.cursor) / columns));
  };
  const onClick = (event: MouseEvent) => {
    const index = indexAt(event);
    if (index < 0) return;
    // A tile that scrolls away leaves the document; the keyboard must not go with it.
    scroller.current?.focus({ preventScroll: true });
    onSelection(
      clickAt(selection, order, index, { shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey }),
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const ctrl = event.ctrlKey || event.metaKey;
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? cell) / cell));
    const step: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      PageUp: -columns * pageRows,
      PageDown: columns * pageRows,
      Home: -order.length,
      End: order.length,
    };
    if (event.key in step) move(moveBy(selection, order, step[event.key], { shift: event.shiftKey, ctrl }));
    else if (event.key === 'a' && ctrl) onSelection(selectAll(selection, order));
    else if (event.key === 'Escape') onSelection({ ...emptySelection, cursor: selection.cursor });
    else if (event.key === ' ' && selection.cursor !== null) {
      onSelection(clickAt(selection, order, order.indexOf(selection.cursor), { shift: false, ctrl: true }));
    } else if (event.key === 'Enter' && selection.cursor !== null) onOpen?.(selection.cursor);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual grid has only its visible rows; a table would promise all
    <div
      ref={scroller}
      className="grid"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-multiselectable="true"
      aria-rowcount={rows}
      aria-colcount={columns}
      aria-activedescendant={selection.cursor === null ? undefined : tileDomId(selection.cursor)}
      data-testid={testIds.grid}
      data-columns={columns}
      onClick={onClick}
      onDoubleClick={(event) => {
        const index = indexAt(event);
        if (index >= 0) onOpen?.(order[index]);
      }}
      onKeyDown={onKeyDown}
    >
      <div ref={sizeRef} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map((row) => (
          // biome-ignore lint/a11y/useSemanticElements: see above
          <div
            key={row.key}
            className="grid-row"
            role="row"
            tabIndex={-1}
            aria-rowindex={row.index + 1}
            style={{ transform: `translateY(${row.start}px)`, height: cell }}
          >
            {Array.from(order.subarray(row.index * columns, (row.index + 1) * columns), (id) => (
              <Tile
                key={id}
                id={id}
                image={summaries.get(id)}
                size={cell}
                selected={selection.ids.has(id)}
                cursor={selection.cursor === id}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}
