// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ReviewScreen } from '../../../src/renderer/review/review-screen.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

const press = (key: string) => fireEvent.keyDown(document.body, { key });
const shown = () => Number(screen.getByTestId(testIds.reviewImage).dataset.imageId);
const reviewed = () => Number(screen.getByTestId(testIds.reviewProgress).dataset.reviewed);

/** Four synthetic images, none reviewed; newest first, so 4 is on top. */
async function open() {
  const view = mount(<ReviewScreen />, { real: 0, synthetic: 4 });
  for (const image of view.images) image.decision = null;
  await waitFor(() => expect(shown()).toBe(4));
  await waitFor(() => expect(screen.getByTestId(testIds.reviewDecision).dataset.decision).toBe(''));
  return view;
}

test('A accepts, R rejects, and the next image comes; the pile keeps its order', async () => {
  const { images } = await open();
  press('a');
  await waitFor(() => expect(shown()).toBe(3));
  press('r');
  await waitFor(() => expect(shown()).toBe(2));
  expect(images.map(({ decision }) => decision)).toEqual([null, null, 'reject', 'accept']);
  await waitFor(() => expect(reviewed()).toBe(2));
  press('ArrowLeft');
  await waitFor(() => expect(screen.getByTestId(testIds.reviewDecision).dataset.decision).toBe('reject'));
  expect(shown()).toBe(3);
});

test('two keys in a row decide two images', async () => {
  const { images } = await open();
  press('a');
  press('a');
  await waitFor(() => expect(images.filter(({ decision }) => decision === 'accept')).toHaveLength(2));
});

test('Z takes the last decision back and returns to its image', async () => {
  const { images } = await open();
  press('a');
  await waitFor(() => expect(shown()).toBe(3));
  press('r');
  await waitFor(() => expect(shown()).toBe(2));
  press('z');
  await waitFor(() => expect(shown()).toBe(3));
  expect(images[2].decision).toBeNull();
  expect(images[3].decision).toBe('accept');
  await waitFor(() => expect(reviewed()).toBe(1));
});

test('digits relabel without deciding: 1 is the first class, 0 the tenth', async () => {
  const { images, asked } = await open();
  press('1');
  await waitFor(() => expect(images[3].className).toBe('dress'));
  await waitFor(() => expect(screen.getByTestId(testIds.reviewClass).dataset.value).toBe('dress'));
  press('0');
  await waitFor(() => expect(images[3].className).toBe('t-shirt'));
  expect(images[3].decision).toBeNull();
  expect(shown()).toBe(4);
  expect(asked('review.decide')).toEqual([
    { ids: [4], decision: null, classId: 1 },
    { ids: [4], decision: null, classId: 10 },
  ]);
});

test('a refused decision stays on the image and says why', async () => {
  mount(<ReviewScreen />, {
    real: 0,
    synthetic: 2,
    handlers: {
      'review.decide': () => {
        throw new Error('The catalog is locked by another program. Close it and try again.');
      },
    },
  });
  await screen.findByTestId(testIds.reviewImage);
  const before = shown();
  // The key counts once the queue behind the picture has arrived.
  await waitFor(() => {
    press('a');
    expect(screen.getAllByTestId(testIds.toast)[0].textContent).toContain('The catalog is locked');
  });
  expect(shown()).toBe(before);
});

test('keys typed into a field decide nothing', async () => {
  const { asked } = await open();
  const field = document.body.appendChild(document.createElement('input'));
  fireEvent.keyDown(field, { key: 'a' });
  field.remove();
  expect(asked('review.decide')).toEqual([]);
});

test('in the grid the keys act on the selection', async () => {
  const { images } = await open();
  fireEvent.click(screen.getByText('Grid'));
  const grid = await screen.findByTestId(testIds.grid);
  press('a'); // nothing is selected: nothing is decided
  fireEvent.keyDown(grid, { key: 'a', ctrlKey: true });
  press('r');
  await waitFor(() => expect(images.map(({ decision }) => decision)).toEqual(Array(4).fill('reject')));
});
