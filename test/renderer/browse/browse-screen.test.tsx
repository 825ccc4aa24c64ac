// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { BrowseScreen } from '../../../src/renderer/browse/browse-screen.tsx';
import { columnsFor } from '../../../src/renderer/browse/image-grid.tsx';
import { useStore } from '../../../src/renderer/state.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

const count = () => Number(screen.getByTestId(testIds.gridCount).dataset.count);
const tiles = () => screen.getAllByTestId(testIds.tile);

test('only the visible part of three thousand images is in the document', async () => {
  mount(<BrowseScreen />, { real: 3000, synthetic: 0 });
  await waitFor(() => expect(count()).toBe(3000));
  await waitFor(() => expect(tiles().length).toBeGreaterThan(20));
  expect(tiles().length).toBeLessThan(120);
  await waitFor(() => expect(tiles()[0].dataset.difficulty).toMatch(/^\d\.\d{6}$/));
});

test('a filter narrows the grid, and what it hides leaves the selection', async () => {
  mount(<BrowseScreen />, { real: 40, synthetic: 10 });
  await waitFor(() => expect(count()).toBe(50));
  const grid = screen.getByTestId(testIds.grid);
  fireEvent.keyDown(grid, { key: 'a', ctrlKey: true });
  expect(screen.getByTestId(testIds.selectionCount).dataset.count).toBe('50');
  useStore.getState().setFilter({ origin: 'synthetic' });
  await waitFor(() => expect(count()).toBe(10));
  await waitFor(() => expect(screen.getByTestId(testIds.selectionCount).dataset.count).toBe('10'));
});

test('a click inspects, and Shift with an arrow extends the selection', async () => {
  mount(<BrowseScreen />, { real: 30, synthetic: 0 });
  await waitFor(() => expect(tiles().length).toBeGreaterThan(5));
  fireEvent.click(tiles()[2]);
  const id = tiles()[2].dataset.imageId;
  await waitFor(() => expect(screen.getByTestId(testIds.inspector).dataset.imageId).toBe(id));
  fireEvent.keyDown(screen.getByTestId(testIds.grid), { key: 'ArrowRight', shiftKey: true });
  expect(tiles().map((tile) => tile.dataset.selected)).toEqual(
    tiles().map((_, i) => String(i === 2 || i === 3)),
  );
});

test('accepting in bulk sends exactly the selected ids', async () => {
  const { asked } = mount(<BrowseScreen />, { real: 5, synthetic: 0 });
  await waitFor(() => expect(tiles()).toHaveLength(5));
  fireEvent.click(tiles()[0]);
  fireEvent.click(tiles()[3], { ctrlKey: true });
  fireEvent.click(screen.getByTestId(testIds.bulkAccept));
  const expected = [0, 3].map((i) => Number(tiles()[i].dataset.imageId));
  await waitFor(() => expect(asked('review.decide')).toEqual([{ ids: expected, decision: 'accept' }]));
});

test('a lasso from the map restricts the grid, and clearing the filters lifts it', async () => {
  mount(<BrowseScreen />, { real: 30, synthetic: 0 });
  useStore.getState().browse({}, undefined, Uint32Array.from([3, 5, 7, 4000]));
  await waitFor(() => expect(count()).toBe(3));
  fireEvent.click(screen.getByTestId(testIds.filterReset));
  await waitFor(() => expect(count()).toBe(30));
});

test('an error of main takes the place of the grid', async () => {
  mount(<BrowseScreen />, {
    handlers: {
      'images.ids': () => {
        throw new Error('The catalog file cannot be read. Check the drive.');
      },
    },
  });
  expect((await screen.findByRole('alert')).textContent).toContain('The catalog file cannot be read.');
});

test('a million images keep their last row within what Chromium can scroll to', () => {
  expect(columnsFor(5000, 1200, 256)).toBe(5);
  expect(columnsFor(3, 90, 256)).toBe(1);
  const columns = columnsFor(1_000_000, 1200, 256);
  expect(columns).toBeLessThan(8);
  expect(Math.ceil(1_000_000 / columns) * (1200 / columns)).toBeLessThan(33_500_000);
});

test('a text orders the images that pass the filters, the nearest first, until a sort is chosen', async () => {
  const { asked } = mount(<BrowseScreen />, {
    real: 6,
    synthetic: 0,
    handlers: { 'images.like': () => ({ ids: [5, 2, 4], cosines: [0.4, 0.3, 0.2], missing: 0 }) },
  });
  await waitFor(() => expect(tiles()).toHaveLength(6));
  const field = screen.getByTestId(testIds.likeText);
  fireEvent.change(field, { target: { value: ' a red car ' } });
  expect(asked('images.like')).toEqual([]); // not before Enter: each search opens the model
  fireEvent.keyDown(field, { key: 'Enter' });
  const shown = () => tiles().map((tile) => Number(tile.dataset.imageId));
  await waitFor(() => expect(shown()).toEqual([5, 2, 4]));
  expect(asked('images.like')).toEqual([
    { datasetId: 1, text: 'a red car', modelId: 'builtin:clip', count: 100_000 },
  ]);
  expect(screen.queryByTestId(testIds.likeMissing)).toBeNull();
  useStore.getState().setSort('newest');
  await waitFor(() => expect(tiles()).toHaveLength(6));
});

test('what has no features yet is told, with the job that computes them', async () => {
  const { asked } = mount(<BrowseScreen />, {
    real: 6,
    synthetic: 0,
    handlers: { 'images.like': () => ({ ids: [], cosines: [], missing: 6 }) },
  });
  await waitFor(() => expect(tiles()).toHaveLength(6));
  useStore.getState().setLike({ text: 'a cat', modelId: 'model:7' });
  const notice = await screen.findByTestId(testIds.likeMissing);
  expect(notice.textContent).toContain('6 images have no features of this model yet');
  fireEvent.click(screen.getByText('Compute features'));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      { request: { kind: 'embed', params: { datasetId: 1, modelId: 'model:7' } } },
    ]),
  );
  fireEvent.click(screen.getByText('Search again'));
  await waitFor(() => expect(asked('images.like')).toHaveLength(2));
});

test('a model that reads no texts is told in its own words', async () => {
  mount(<BrowseScreen />, {
    real: 6,
    synthetic: 0,
    handlers: {
      'images.like': () => {
        throw new Error('model mine: an ONNX file reads images alone. Text search needs a CLIP');
      },
    },
  });
  await waitFor(() => expect(tiles()).toHaveLength(6));
  useStore.getState().setLike({ text: 'a cat', modelId: 'model:7' });
  expect(await screen.findByText(/Text search needs a CLIP/)).toBeTruthy();
});
