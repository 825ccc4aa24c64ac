// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { FakeOptions } from '../../../src/renderer/dev/fake-bridge.ts';
import * as data from '../../../src/renderer/dev/fake-data.ts';
import { bestPoint } from '../../../src/renderer/difficulty/fit-chart.tsx';
import { FitSection } from '../../../src/renderer/difficulty/fit-section.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { fitParams } from '../../../src/shared/jobs/fit.ts';
import type { Job, TrainingPoint } from '../../../src/shared/jobs/job.ts';
import { mount } from '../mount.tsx';

const dataset = data.datasetOf(data.makeImages(20, 0));
const points: TrainingPoint[] = [
  { step: 1, loss: 2, smoothedLoss: 1.9, accuracy: 0.4 },
  { step: 2, loss: 1.2, smoothedLoss: 1.1, accuracy: 0.7 },
  { step: 3, loss: 0.8, smoothedLoss: 1.3, accuracy: 0.72 },
];
const fit = (change: Partial<Job> & Pick<Job, 'state'>): Job =>
  data.makeJob({
    id: 9,
    kind: 'fit',
    title: 'Train a classifier',
    datasetId: dataset.id,
    total: 30,
    params: fitParams.parse({ datasetId: dataset.id }),
    ...change,
  });
const withJobs = (...jobs: Job[]): FakeOptions => ({
  handlers: {
    'jobs.list': () => jobs,
    'jobs.training': () => points,
    'jobs.finish': () => null,
  },
});
const section = <FitSection dataset={dataset} onClose={() => {}} />;

test('what is set is what is trained; a ResNet or ViT may be trained in part', async () => {
  const { asked } = mount(section, withJobs());
  fireEvent.change(await screen.findByTestId(testIds.fitEpochs), { target: { value: '12' } });
  expect(screen.queryByTestId(testIds.fitTrain)).toBeNull();
  fireEvent.click(screen.getByTestId(testIds.fitModel));
  fireEvent.click(await screen.findByText('Small encoder'));
  fireEvent.click(await screen.findByText('Last layer'));
  fireEvent.click(screen.getByTestId(testIds.fitStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: { kind: 'fit', params: { modelId: 'builtin:encoder', train: 'head', epochs: 12 } },
  });
});

test('a setting that does not fit is named and nothing starts', async () => {
  const { asked } = mount(section, withJobs());
  fireEvent.change(await screen.findByTestId(testIds.fitEpochs), { target: { value: '0' } });
  expect((await screen.findByRole('alert')).textContent).toContain('from 1 to 10,000');
  expect(screen.getByTestId(testIds.fitStart).hasAttribute('disabled')).toBe(true);
  expect(asked('jobs.enqueue')).toHaveLength(0);
});

test('a training shows its curves and can be ended with the best epoch', async () => {
  const { asked } = mount(
    section,
    withJobs(fit({ state: 'running', stage: 'epoch 4 of at most 30', done: 3.2 })),
  );
  await waitFor(() => expect(screen.getByTestId(testIds.fitChart).dataset.points).toBe('3'));
  expect(screen.getByText(/best: epoch 2, 70/)).toBeTruthy();
  fireEvent.click(screen.getByTestId(testIds.fitKeep));
  await waitFor(() => expect(asked('jobs.finish')).toEqual([{ jobId: 9 }]));
});

test('an epoch whose loss is no number is never the best', async () => {
  const last = { step: 4, loss: null, smoothedLoss: null, accuracy: 0.1 };
  const { handlers } = withJobs(fit({ state: 'running', stage: 'epoch 5 of at most 30', done: 4 }));
  mount(section, { handlers: { ...handlers, 'jobs.training': () => [...points, last] } });
  await waitFor(() => expect(screen.getByTestId(testIds.fitChart).dataset.points).toBe('4'));
  expect(screen.getByText(/best: epoch 2, 70/)).toBeTruthy();
  expect(screen.getByText('loss, held out not a number')).toBeTruthy();
});

test('a finished one is scored with in one more step', async () => {
  const model = data.models.find(({ kind }) => kind === 'classifier' || kind === 'encoder')!;
  const result = { modelId: model.id, bestEpoch: 2, epochs: 3, validationAccuracy: 0.7, heldOut: 240 };
  const { asked } = mount(section, withJobs(fit({ state: 'done', result })));
  fireEvent.click(await screen.findByTestId(testIds.fitScore));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: { kind: 'score', params: { method: 'classifier', modelId: model.id } },
  });
});

test('the best epoch is the one with the lowest loss on the images held out, not the most accurate', () => {
  expect(bestPoint(points)?.step).toBe(2);
  expect(bestPoint([])).toBeUndefined();
});
