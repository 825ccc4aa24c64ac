// @vitest-environment jsdom
/** The engine's state in the top bar: why it stopped, and the way to try again. */
import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { App } from '../../src/renderer/app.tsx';
import { testIds } from '../../src/renderer/test-ids.ts';
import { mount } from './mount.tsx';

const sentence = 'disk is full: 0.0 MB free at /home/ada/crux, about 1.0 MB needed';

test('a stopped engine says why, and is started again by a person', async () => {
  const { asked, emit } = mount(<App />);
  await waitFor(() => expect(screen.getByTestId(testIds.engineState).dataset.state).toBe('ready'));
  expect(screen.queryByTestId(testIds.engineRetry)).toBeNull();
  act(() => emit('engine.state', { state: 'stopped', message: sentence }));
  expect(screen.getByTestId(testIds.engineState).textContent).toContain(sentence);
  fireEvent.click(screen.getByTestId(testIds.engineRetry));
  await waitFor(() => expect(asked('engine.retry')).toHaveLength(1));
  act(() => emit('engine.state', { state: 'starting', message: 'the engine is starting' }));
  expect(screen.queryByTestId(testIds.engineRetry)).toBeNull();
});
