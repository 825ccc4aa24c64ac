/**
 * Owns the rules of selecting in a grid, without any DOM: click, Shift, Ctrl, arrows, all.
 * Anchor and cursor are image ids, not positions, so that a new sort order keeps their meaning.
 */
export interface Selection {
  ids: ReadonlySet<number>;
  /** Where a Shift range starts. */
  anchor: number | null;
  /** Where the keyboard is. */
  cursor: number | null;
}

export interface Modifiers {
  shift: boolean;
  ctrl: boolean;
}

export const emptySelection: Selection = { ids: new Set(), anchor: null, cursor: null };

const range = (order: ArrayLike<number>, from: number, to: number): number[] => {
  const ids: number[] = [];
  for (let i = Math.min(from, to); i <= Math.max(from, to); i++) ids.push(order[i]);
  return ids;
};

const indexOf = (order: Uint32Array, id: number | null): number => (id === null ? -1 : order.indexOf(id));

/** A click on the tile at `index`: plain replaces, Ctrl toggles, Shift selects from the anchor (Ctrl+Shift adds). */
export function clickAt(
  selection: Selection,
  order: Uint32Array,
  index: number,
  { shift, ctrl }: Modifiers,
): Selection {
  if (index < 0 || index >= order.length) return selection;
  const id = order[index];
  const anchorIndex = indexOf(order, selection.anchor);
  if (shift && anchorIndex >= 0) {
    const span = range(order, anchorIndex, index);
    return { ids: new Set(ctrl ? [...selection.ids, ...span] : span), anchor: selection.anchor, cursor: id };
  }
  if (ctrl) {
    const ids = new Set(selection.ids);
    if (!ids.delete(id)) ids.add(id);
    return { ids, anchor: id, cursor: id };
  }
  return { ids: new Set([id]), anchor: id, cursor: id };
}

/** An arrow key: moves the cursor by `delta` places (clamped); with Shift the range follows, with Ctrl only the cursor. */
export function moveBy(
  selection: Selection,
  order: Uint32Array,
  delta: number,
  modifiers: Modifiers,
): Selection {
  if (order.length === 0) return selection;
  const from = indexOf(order, selection.cursor);
  const to = from < 0 ? 0 : Math.min(order.length - 1, Math.max(0, from + delta));
  if (modifiers.ctrl && !modifiers.shift) return { ...selection, cursor: order[to] };
  return clickAt(selection, order, to, { shift: modifiers.shift, ctrl: false });
}

export function selectAll(selection: Selection, order: Uint32Array): Selection {
  return { ids: new Set(order), anchor: order[0] ?? null, cursor: selection.cursor ?? order[0] ?? null };
}

/** Keeps what is still shown: edits must never reach images that the filter has hidden. */
export function keepVisible(selection: Selection, order: Uint32Array): Selection {
  if (selection.ids.size === 0) return selection;
  const shown = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => shown.has(id)));
  return ids.size === selection.ids.size ? selection : { ...selection, ids };
}
