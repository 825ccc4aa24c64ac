// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { DatasetsScreen } from '../../../src/renderer/datasets/datasets-screen.tsx';
import { nameFromPath } from '../../../src/renderer/datasets/import-dialog.tsx';
import { makeJob } from '../../../src/renderer/dev/fake-data.ts';
import { useCatalogEvents } from '../../../src/renderer/queries.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

/** The screen as the app mounts it: it hears of jobs. */
function Followed() {
  useCatalogEvents();
  return <DatasetsScreen />;
}

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
      {
        request: {
          kind: 'import',
          params: {
            source: 'token of dataset-folder',
            name: 'My birds',
            root: null,
            columns: {},
            followLinks: false,
            probabilities: 'ask',
            classOrder: [],
          },
        },
      },
    ]),
  );
  expect(await screen.findByTestId(testIds.importProgress)).toBeTruthy();
});

test('numbers that come along can be said to be logits, in a stated order', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.importFolder));
  fireEvent.click(await screen.findByTestId(testIds.importProbabilities));
  fireEvent.click(await screen.findByText('They are logits: apply softmax'));
  fireEvent.change(screen.getByTestId(testIds.importClassOrder), { target: { value: 'wren, owl,' } });
  fireEvent.click(screen.getByTestId(testIds.importStart));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      {
        request: {
          kind: 'import',
          params: {
            source: 'token of dataset-folder',
            name: 'birds',
            root: null,
            columns: {},
            followLinks: false,
            probabilities: 'logits',
            classOrder: ['wren', 'owl'],
          },
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

test('a manifest takes a root, columns and links; a folder takes links alone', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.importFolder));
  await screen.findByTestId(testIds.importFollowLinks);
  expect(screen.queryByTestId(testIds.importColumn)).toBeNull();
  fireEvent.click(screen.getByText('Cancel'));

  fireEvent.click(await screen.findByTestId(testIds.importManifest));
  const [path] = await screen.findAllByTestId<HTMLInputElement>(testIds.importColumn);
  fireEvent.change(path, { target: { value: 'filepath' } });
  fireEvent.click(screen.getByTestId(testIds.importFollowLinks));
  fireEvent.click(screen.getByText('Choose…'));
  await screen.findByText(/birds$/, { selector: '.mono.ellipsis' });
  fireEvent.change(screen.getByTestId(testIds.importName), { target: { value: 'listed' } });
  fireEvent.click(screen.getByTestId(testIds.importStart));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      {
        request: {
          kind: 'import',
          params: {
            source: 'token of manifest',
            name: 'listed',
            root: 'token of dataset-folder',
            columns: { path: 'filepath' },
            followLinks: true,
            probabilities: 'ask',
            classOrder: [],
          },
        },
      },
    ]),
  );
});

test('moved files are looked for in the folder that a person chooses', async () => {
  const { asked } = mount(<DatasetsScreen />);
  fireEvent.click(await screen.findByTestId(testIds.datasetRelink));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      { request: { kind: 'relink', params: { datasetId: 1, root: 'token of dataset-folder' } } },
    ]),
  );
});

test('the newest import tells what it used and what it did not, until that is closed', async () => {
  mount(<DatasetsScreen />);
  const end = await screen.findByTestId(testIds.importEnd);
  expect(end.textContent).toContain('Imported: clothing-1k');
  expect([...end.querySelectorAll('li')].map(({ textContent }) => textContent)).toEqual([
    'Labels from folder names: 1,000',
    'System files and folders (macOS): 2 (.DS_Store, __MACOSX)',
    'Left out, each listed with its reason: 3 (shirt/7.jpg: truncated, ...)',
  ]);
  fireEvent.click(screen.getByTestId(testIds.importEndClose));
  expect(screen.queryByTestId(testIds.importEnd)).toBeNull();
});

test('a failed import tells its reasons, and a later one is told though an earlier was closed', async () => {
  const error = 'import: no usable image in /pictures\nVideos: 2 (a.mp4, b.mp4)';
  const failed = makeJob({ id: 9, kind: 'import', title: 'Import pictures', state: 'failed', error });
  const { emit } = mount(<Followed />, { empty: true, handlers: { 'jobs.list': () => [failed] } });
  const end = await screen.findByTestId(testIds.importEnd);
  expect(end.dataset.kind).toBe('error');
  expect(end.textContent).toContain(error);
  fireEvent.click(screen.getByTestId(testIds.importEndClose));
  expect(screen.queryByTestId(testIds.importEnd)).toBeNull();
  emit('job.updated', { ...failed, id: 10, error: 'import: the folder is empty' });
  expect((await screen.findByTestId(testIds.importEnd)).textContent).toContain('the folder is empty');
});
