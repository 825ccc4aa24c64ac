import { expect, test } from 'vitest';
import {
  clickAt,
  emptySelection,
  keepVisible,
  moveBy,
  type Selection,
  selectAll,
} from '../../../src/renderer/browse/selection.ts';

const order = Uint32Array.from([10, 20, 30, 40, 50, 60]);
const plain = { shift: false, ctrl: false };
const shift = { shift: true, ctrl: false };
const ctrl = { shift: false, ctrl: true };
const ids = (selection: Selection) => [...selection.ids].sort((a, b) => a - b);

test('a click replaces, Ctrl toggles, Shift spans from the anchor', () => {
  let selection = clickAt(emptySelection, order, 1, plain);
  expect(ids(selection)).toEqual([20]);
  selection = clickAt(selection, order, 4, ctrl);
  expect(ids(selection)).toEqual([20, 50]);
  selection = clickAt(selection, order, 4, ctrl);
  expect(ids(selection)).toEqual([20]);
  selection = clickAt(clickAt(selection, order, 2, plain), order, 4, shift);
  expect(ids(selection)).toEqual([30, 40, 50]);
  // the anchor stays: a second Shift click spans from the same place, also backwards
  expect(ids(clickAt(selection, order, 0, shift))).toEqual([10, 20, 30]);
});

test('Ctrl+Shift adds the span to what is selected', () => {
  const first = clickAt(clickAt(emptySelection, order, 0, plain), order, 3, ctrl);
  expect(ids(clickAt(first, order, 5, { shift: true, ctrl: true }))).toEqual([10, 40, 50, 60]);
});

test('arrows move and stop at the ends; with Shift they span, with Ctrl they only move', () => {
  let selection = moveBy(emptySelection, order, 1, plain);
  expect(selection.cursor).toBe(10); // the first key only enters the grid
  selection = moveBy(selection, order, 2, plain);
  expect(ids(selection)).toEqual([30]);
  selection = moveBy(selection, order, 1, shift);
  expect(ids(selection)).toEqual([30, 40]);
  selection = moveBy(selection, order, -2, shift);
  expect(ids(selection)).toEqual([20, 30]);
  selection = moveBy(selection, order, 100, ctrl);
  expect(selection.cursor).toBe(60);
  expect(ids(selection)).toEqual([20, 30]);
});

test('the anchor is an image, so a new order keeps its meaning', () => {
  const selection = clickAt(emptySelection, order, 1, plain); // 20
  const reversed = Uint32Array.from([...order].reverse());
  expect(ids(clickAt(selection, reversed, 2, shift))).toEqual([20, 30, 40]);
});

test('what a filter hides is no longer selected', () => {
  const all = selectAll(emptySelection, order);
  expect(all.ids.size).toBe(6);
  expect(ids(keepVisible(all, Uint32Array.from([20, 60, 70])))).toEqual([20, 60]);
  expect(keepVisible(all, order)).toBe(all);
});

test('an empty order and an index outside of it change nothing', () => {
  expect(moveBy(emptySelection, new Uint32Array(0), 1, plain)).toBe(emptySelection);
  expect(clickAt(emptySelection, order, 6, plain)).toBe(emptySelection);
});
