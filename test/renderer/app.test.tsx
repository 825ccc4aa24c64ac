// @vitest-environment jsdom
import { act, createEvent, fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { App } from '../../src/renderer/app.tsx';
import { makeJob } from '../../src/renderer/dev/fake-data.ts';
import { screens } from '../../src/renderer/state.ts';
import { testIds } from '../../src/renderer/test-ids.ts';
import { mount } from './mount.tsx';

/** All keys are pressed at one moment: G waits for its letter on the clock of the events, not of the machine. */
function press(key: string, more: object = {}) {
  const event = createEvent.keyDown(document.body, { key, ...more });
  Object.defineProperty(event, 'timeStamp', { value: 0 });
  fireEvent(document.body, event);
}
const on = (name: string) => screen.findByTestId(testIds.screen(name));

test('every screen opens from the rail, by number and by G and a letter', async () => {
  mount(<App />, { real: 12, synthetic: 4 });
  for (const name of screens.filter((one) => one !== 'map')) {
    fireEvent.click(screen.getByTestId(testIds.nav(name)));
    await on(name);
    expect(screen.getByTestId(testIds.nav(name)).getAttribute('aria-current')).toBe('page');
  }
  press('2', { ctrlKey: true });
  await on('browse');
  press('g');
  press('e');
  await on('export');
});

test('G R opens Review and rejects nothing', async () => {
  const { asked } = mount(<App />, { real: 0, synthetic: 3 });
  fireEvent.click(screen.getByTestId(testIds.nav('review')));
  await screen.findByTestId(testIds.reviewImage);
  press('g');
  press('r');
  press('a'); // a round trip later, this is the only decision
  await waitFor(() => expect(asked('review.decide')).toHaveLength(1));
  expect(asked('review.decide')).toMatchObject([{ decision: 'accept' }]);
});

test('Ctrl Z undoes the last edit, but not while a text is being typed', async () => {
  const { asked } = mount(<App />, { real: 5, synthetic: 0 });
  fireEvent.click(screen.getByTestId(testIds.nav('browse')));
  const search = await screen.findByTestId(testIds.filterText);
  fireEvent.keyDown(search, { key: 'z', ctrlKey: true });
  expect(asked('edits.undo')).toEqual([]);
  press('z', { ctrlKey: true });
  await waitFor(() => expect(asked('edits.undo')).toEqual([{}]));
  press('Z', { ctrlKey: true, shiftKey: true });
  await waitFor(() => expect(asked('edits.redo')).toEqual([{}]));
});

test('? lists the shortcuts', async () => {
  mount(<App />);
  press('?');
  expect((await screen.findByRole('dialog')).textContent).toContain('Undo the last edit');
});

test('a change in the catalog is asked for again, and a running job is on the bar', async () => {
  const { asked, emit } = mount(<App />);
  await waitFor(() => expect(asked('datasets.list')).toHaveLength(1));
  act(() => emit('catalog.changed', { datasetId: 1 }));
  await waitFor(() => expect(asked('datasets.list').length).toBeGreaterThan(1));
  const bar = screen.getByTestId(testIds.jobBar);
  await waitFor(() => expect(bar.dataset.running).toBe('1'));
  act(() =>
    emit(
      'job.updated',
      makeJob({
        id: 7,
        kind: 'generate',
        title: 'Generate 60 images',
        state: 'failed',
        error: 'The disk is full.',
      }),
    ),
  );
  await waitFor(() => expect(bar.dataset.running).toBe('0'));
  const [toast] = await screen.findAllByTestId(testIds.toast); // the window's own, and the test's
  expect(toast.textContent).toContain('Generate 60 images failed');
  expect(toast.textContent).toContain('The disk is full.');
});

test('with no dataset every screen that needs one says where to go', async () => {
  mount(<App />, { empty: true });
  fireEvent.click(screen.getByTestId(testIds.nav('difficulty')));
  fireEvent.click(await screen.findByText('Go to datasets'));
  await on('datasets');
});

test('a screen that breaks leaves the window standing', async () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
  mount(<App />, { handlers: { 'models.list': () => [null] as never } });
  fireEvent.click(screen.getByTestId(testIds.nav('settings')));
  expect((await screen.findByRole('alert')).textContent).toContain('This screen broke');
  fireEvent.click(screen.getByTestId(testIds.nav('browse')));
  await screen.findByTestId(testIds.grid);
  expect(screen.queryByRole('alert')).toBeNull();
  quiet.mockRestore();
});
