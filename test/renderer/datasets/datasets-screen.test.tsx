// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { DatasetsScreen } from '../../../src/renderer/datasets/datasets-screen.tsx';
import { nameFromPath } from '../../../src/renderer/datasets/import-dialog.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

test('the first import: folder, prefilled name, job', async () => {
  const { asked } = mount(<DatasetsScreen />, { empty: true });
  expect(await screen.findByText('Start with a folder of labelled images')).toBeTruthy();
  fireEvent.click(screen.getByTestId(testIds.importFolder));
  const name = await screen.findByTestId<HTMLInputElement>(testIds.importName);
  expect(name.value).toBe('birds');
  fireEvent.change(name, { target: { value: 'My birds' } });
  fireEvent.click(screen.getByTestId(testIds.importStart));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      { request: { kind: 'import', params: { source: 'token of dataset-folder', name: 'My birds' } } },
    ]),
  );
  expect(await screen.findByTestId(testIds.importProgress)).toBeTruthy();
});

test('numbers that come along can be said to be logits', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.importFolder));
  fireEvent.click(await screen.findByTestId(testIds.importProbabilities));
  fireEvent.click(await screen.findByText('They are logits: apply softmax'));
  fireEvent.click(screen.getByTestId(testIds.importStart));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      {
        request: {
          kind: 'import',
          params: { source: 'token of dataset-folder', name: 'birds', probabilities: 'logits' },
        },
      },
    ]),
  );
});

test('skipped files are listed with their reasons', async () => {
  mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.skippedOpen));
  await waitFor(() => expect(screen.getAllByTestId(testIds.skippedRow)).toHaveLength(3));
  expect(screen.getByTestId(testIds.skippedList).textContent).toContain('the file ends in the middle');
});

test('removing asks first', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.datasetRemove));
  expect(asked('datasets.remove')).toEqual([]);
  fireEvent.click(await screen.findByTestId(testIds.datasetRemoveConfirm));
  await waitFor(() => expect(asked('datasets.remove')).toEqual([{ datasetId: 1 }]));
});

test('the name comes from the folder or the manifest, on either kind of path', () => {
  expect(nameFromPath('/data/pets/')).toBe('pets');
  expect(nameFromPath('C:\\data\\pets.csv')).toBe('pets');
  expect(nameFromPath('/data/v1.2')).toBe('v1.2');
});

test('importing again names the dataset, and main knows where it came from', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByText('Re-import'));
  await waitFor(() => expect(asked('datasets.importAgain')).toEqual([{ datasetId: 1 }]));
  expect(await screen.findByTestId(testIds.importProgress)).toBeTruthy();
});

test('a name that belongs to another folder is refused before the import starts', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.importFolder));
  fireEvent.change(await screen.findByTestId(testIds.importName), { target: { value: 'clothing-1k' } });
  expect((await screen.findByRole('alert')).textContent).toContain('Choose another name');
  expect(screen.getByTestId(testIds.importStart)).toHaveProperty('disabled', true);
  expect(asked('jobs.enqueue')).toEqual([]);
});
