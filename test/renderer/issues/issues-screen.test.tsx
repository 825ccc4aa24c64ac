// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { datasetOf, makeImages } from '../../../src/renderer/dev/fake-data.ts';
import { issuesOf } from '../../../src/renderer/dev/fake-issues.ts';
import { suggestedKeeper } from '../../../src/renderer/issues/duplicates.tsx';
import { times } from '../../../src/renderer/issues/issue-words.ts';
import { IssuesScreen } from '../../../src/renderer/issues/issues-screen.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { confirmedLabelTag, labelsLeftOut } from '../../../src/shared/issues.ts';
import { mount } from '../mount.tsx';

const press = (key: string) => fireEvent.keyDown(document.body, { key });
const shown = () => Number(screen.getByTestId(testIds.issueImage).dataset.imageId);
const done = () => Number(screen.getByTestId(testIds.issuesProgress).dataset.done);

/** Five suspected labels: images 4, 15, 26, 37, 48. */
async function open() {
  const view = mount(<IssuesScreen />, { real: 60, synthetic: 0 });
  for (const image of view.images) image.decision = null;
  await waitFor(() => expect(shown()).toBe(4));
  return { ...view, image: (id: number) => view.images.find((one) => one.id === id)! };
}

test('K keeps, C changes to the suggested class, X excludes, and the next image comes', async () => {
  const { image } = await open();
  const suggested = (image(15).classId! % 10) + 1;
  press('k');
  await waitFor(() => expect(shown()).toBe(15));
  press('c');
  await waitFor(() => expect(shown()).toBe(26));
  press('x');
  await waitFor(() => expect(shown()).toBe(37));
  await waitFor(() => expect(done()).toBe(3));
  expect(image(4).tags).toContain(confirmedLabelTag);
  expect(image(15).classId).toBe(suggested);
  expect(image(26).decision).toBe('reject');
  press('ArrowUp');
  await waitFor(() => expect(screen.getByTestId(testIds.issueState).dataset.state).toBe('excluded'));
});

test('Z takes the last decision back and returns to its image', async () => {
  const { image } = await open();
  const before = image(4).classId;
  press('c');
  await waitFor(() => expect(done()).toBe(1));
  expect(image(4).classId).not.toBe(before);
  press('z');
  await waitFor(() => expect(shown()).toBe(4));
  expect(image(4).classId).toBe(before);
  await waitFor(() => expect(done()).toBe(0));
});

test('a digit changes to that class', async () => {
  const { asked } = await open();
  press('0');
  await waitFor(() => expect(asked('images.setClass')).toEqual([{ ids: [4], classId: 10 }]));
});

test('what is checked leaves the pile only when it is dealt again', async () => {
  await open();
  press('k');
  await waitFor(() => expect(done()).toBe(1));
  fireEvent.click(screen.getByText('Checked'));
  await waitFor(() => expect(shown()).toBe(4));
  fireEvent.click(screen.getByText('To check'));
  await waitFor(() => expect(shown()).toBe(15));
});

test('a refused change stays on the image and says why', async () => {
  mount(<IssuesScreen />, {
    real: 60,
    synthetic: 0,
    handlers: {
      'images.setClass': () => {
        throw new Error('The catalog is locked by another program. Close it and try again.');
      },
    },
  });
  await screen.findByTestId(testIds.issueImage);
  const before = shown();
  press('c');
  await waitFor(() =>
    expect(screen.getAllByTestId(testIds.toast)[0].textContent).toContain('The catalog is locked'),
  );
  await waitFor(() => expect(shown()).toBe(before));
});

test('before anything is scored it says so, and one click does both', async () => {
  const { asked } = mount(<IssuesScreen />, { fresh: true });
  await screen.findByText('Score this dataset first');
  fireEvent.click(screen.getByTestId(testIds.issuesSearch));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      { request: { kind: 'score', params: { datasetId: 1 } } },
      { request: { kind: 'issues', params: { datasetId: 1 } } },
    ]),
  );
});

test('what is not scored can be searched for duplicates alone', async () => {
  const { asked } = mount(<IssuesScreen />, { fresh: true });
  fireEvent.click(await screen.findByTestId(testIds.issuesDuplicates));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([{ request: { kind: 'issues', params: { datasetId: 1 } } }]),
  );
});

test('a dataset of one class is searched for duplicates, and never asked to be scored', async () => {
  const one = { ...datasetOf(makeImages(60, 0)), scorers: [], currentScorerId: null };
  one.classes = one.classes.slice(0, 1);
  mount(<IssuesScreen />, { fresh: true, handlers: { 'datasets.list': () => [one] } });
  await screen.findByTestId(testIds.issuesDuplicates);
  expect(screen.queryByTestId(testIds.issuesSearch)).toBeNull();
});

test('a search without a scorer shows duplicates, and says under Labels why they were not checked', async () => {
  const images = makeImages(60, 0);
  const view = { ...issuesOf(images), scorer: null, issues: [], pairs: [] };
  const { asked } = mount(<IssuesScreen />, {
    real: 60,
    synthetic: 0,
    fresh: true,
    handlers: { 'issues.get': () => view },
  });
  expect(await screen.findAllByTestId(testIds.cluster)).toHaveLength(2);
  fireEvent.click(screen.getByText('Search again'));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([{ request: { kind: 'issues', params: { datasetId: 1 } } }]),
  );
  fireEvent.click(screen.getByText('Labels · not checked'));
  expect(await screen.findByText(labelsLeftOut)).toBeTruthy();
});

test('with scores but no search, it offers the search alone', async () => {
  const { asked } = mount(<IssuesScreen />, { handlers: { 'issues.get': () => null } });
  await screen.findByText('Nobody has looked for wrong labels yet');
  fireEvent.click(screen.getByTestId(testIds.issuesSearch));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([{ request: { kind: 'issues', params: { datasetId: 1 } } }]),
  );
});

test('of duplicates across splits K keeps the test image; keeping another is a click; Z takes back', async () => {
  const { images, asked } = await open();
  fireEvent.click(screen.getByText(/^Duplicates/));
  const clusters = await screen.findAllByTestId(testIds.cluster);
  expect(clusters.map((cluster) => cluster.dataset.left)).toEqual(['2', '2']);
  expect(clusters[0].textContent).toContain('across splits');
  press('k');
  await waitFor(() => expect(asked('review.decide')).toEqual([{ ids: [images[5].id], decision: 'reject' }]));
  await waitFor(() => expect(screen.getAllByTestId(testIds.cluster)[0].dataset.left).toBe('1'));
  press('z');
  await waitFor(() => expect(screen.getAllByTestId(testIds.cluster)[0].dataset.left).toBe('2'));
  fireEvent.click(screen.getAllByTestId(testIds.clusterKeep)[0]);
  await waitFor(() =>
    expect(asked('review.decide').at(-1)).toEqual({ ids: [images[15].id], decision: 'reject' }),
  );
});

test('the keeper is of test, else of val, else the first', () => {
  const cluster = (...splits: ('train' | 'val' | 'test' | null)[]) => ({
    kind: 'near' as const,
    leaks: false,
    labelsDiffer: false,
    images: splits.map((split, i) => ({
      imageId: i + 1,
      path: '',
      className: null,
      split,
      similarity: 1,
      excluded: false,
    })),
  });
  expect(suggestedKeeper(cluster('train', 'val', 'test'))).toBe(3);
  expect(suggestedKeeper(cluster('train', 'val'))).toBe(2);
  expect(suggestedKeeper(cluster(null, null))).toBe(1);
});

test('odds read as times', () => {
  expect([Math.log(1.5), Math.log(42), 20].map(times)).toEqual(['1.5 ×', '42 ×', 'over 1,000 ×']);
});

test('what is searched for is set in words, and searched', async () => {
  const { asked } = await open();
  fireEvent.click(screen.getByTestId(testIds.issuesSettings));
  expect(await screen.findByText('Suspected are')).toBeTruthy();
  fireEvent.click(screen.getByTestId('issues-more'));
  fireEvent.change(screen.getByTestId('issues-similarity'), { target: { value: '0.2' } });
  expect((await screen.findByRole('alert')).textContent).toBe('A number from 0.5 to 1, or empty.');
  fireEvent.change(screen.getByTestId('issues-similarity'), { target: { value: '0.97' } });
  await waitFor(() => expect(screen.getByTestId('issues-start').hasAttribute('disabled')).toBe(false));
  fireEvent.click(screen.getByTestId('issues-start'));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toMatchObject([
      { request: { kind: 'issues', params: { similarity: 0.97, rule: 'class', scorerId: null } } },
    ]),
  );
});
