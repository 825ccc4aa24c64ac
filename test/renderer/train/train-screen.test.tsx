// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { FakeOptions } from '../../../src/renderer/dev/fake-bridge.ts';
import * as data from '../../../src/renderer/dev/fake-data.ts';
import { classifierScorer } from '../../../src/renderer/dev/fake-scorers.ts';
import { useCatalogEvents } from '../../../src/renderer/queries.ts';
import { useStore } from '../../../src/renderer/state.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { TrainScreen } from '../../../src/renderer/train/train-screen.tsx';
import { encoderWords, stepsOf, trainedModels } from '../../../src/renderer/train/trained.ts';
import { addPoint } from '../../../src/renderer/train/training-points.ts';
import type { Job } from '../../../src/shared/jobs/job.ts';
import { trainParams } from '../../../src/shared/jobs/train.ts';
import { mount } from '../mount.tsx';

const type = (testId: string, value: string) =>
  fireEvent.change(screen.getByTestId(testId), { target: { value } });
const params = trainParams.parse({ datasetId: 1 });
const training = (change: Partial<Job> & Pick<Job, 'state'>): Job =>
  data.makeJob({ id: 7, kind: 'train', title: 'Train', total: 300, params, ...change });
const withJobs = (...jobs: Job[]): FakeOptions => ({
  handlers: {
    'jobs.list': () => jobs,
    'jobs.finish': () => null,
    'jobs.cancel': () => null,
    'jobs.resume': () => null,
  },
});

/** As the app mounts it: told of every change of a job. */
function Connected() {
  useCatalogEvents();
  return <TrainScreen />;
}

test('what is set is what is trained, empty numbers as the program’s own choice', async () => {
  const { asked } = mount(<TrainScreen />, withJobs());
  await screen.findByTestId(testIds.trainStart);
  type(testIds.trainSteps, '900');
  type(testIds.trainRank, '8');
  fireEvent.click(screen.getByTestId(testIds.trainMore));
  type(testIds.trainPreviewEvery, '50');
  fireEvent.change(screen.getByLabelText('Waves'), { target: { value: '4' } });
  fireEvent.change(screen.getByLabelText('Min-SNR gamma'), { target: { value: '5' } });
  fireEvent.change(screen.getByLabelText('Min-SNR gamma'), { target: { value: '' } });
  fireEvent.click(screen.getByTestId(testIds.trainStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      kind: 'train',
      params: { datasetId: 1, steps: 900, rank: 8, previewEvery: 50, frequencies: 4, minSnrGamma: null },
    },
  });
});

test('a setting that does not fit is named and nothing starts', async () => {
  const { asked } = mount(<TrainScreen />, withJobs());
  const start = await screen.findByTestId(testIds.trainStart);
  type(testIds.trainSteps, '0');
  expect((await screen.findByRole('alert')).textContent).toContain('from 1 to 1,000,000');
  expect(start).toHaveProperty('disabled', true);
  fireEvent.submit(screen.getByRole('form', { name: 'Train a model' }));
  expect(asked('jobs.enqueue')).toEqual([]);
});

test('a scorer that learned from the images it judges is pointed out, another is not', async () => {
  mount(<TrainScreen />, withJobs());
  await screen.findByTestId(testIds.trainStart);
  const choose = async (name: string) => {
    fireEvent.click(screen.getAllByLabelText('Difficulty by').find(({ tagName }) => tagName === 'INPUT')!);
    fireEvent.click(await screen.findByRole('option', { name, hidden: true }));
  };
  await choose(classifierScorer.name);
  await screen.findByText(/learned from \d+ of the images/);
  await choose(data.scorer.name);
  await waitFor(() => expect(screen.queryByText(/learned from/)).toBeNull());
});

test('a running training can be stopped, or stopped and kept once it has taken a step', async () => {
  const running = training({ state: 'running', stage: 'training', done: 0 });
  const { asked, emit } = mount(<Connected />, withJobs(running));
  const keep = await screen.findByTestId(testIds.trainKeep);
  expect(keep).toHaveProperty('disabled', true);
  expect(screen.queryByTestId(testIds.trainStart)).toBeNull();
  act(() => emit('job.updated', { ...running, done: 12 }));
  await waitFor(() => expect(screen.getByTestId(testIds.trainKeep)).toHaveProperty('disabled', false));
  fireEvent.click(screen.getByTestId(testIds.trainKeep));
  await waitFor(() => expect(asked('jobs.finish')).toEqual([{ jobId: 7 }]));
  fireEvent.click(screen.getByTestId(testIds.trainStop));
  await waitFor(() => expect(asked('jobs.cancel')).toEqual([{ jobId: 7 }]));
});

test('a stopped training can be resumed or kept as it is', async () => {
  const { asked } = mount(<TrainScreen />, withJobs(training({ state: 'cancelled', done: 110 })));
  expect(await screen.findByText('It was stopped at step 120 of 300.')).toBeTruthy(); // as the curve says
  fireEvent.click(screen.getByTestId(testIds.trainResume));
  fireEvent.click(screen.getByTestId(testIds.trainKeep));
  await waitFor(() => expect(asked('jobs.finish')).toEqual([{ jobId: 7 }]));
  expect(asked('jobs.resume')).toEqual([{ jobId: 7 }]);
});

test('a training that was stopped before its first step has nothing to keep', async () => {
  const preparing = training({ state: 'cancelled', done: 77, total: 600 }); // of the images
  const { handlers } = withJobs(preparing);
  mount(<TrainScreen />, { handlers: { ...handlers, 'jobs.training': () => [] } });
  expect(await screen.findByText('It was stopped before its first step.')).toBeTruthy();
  expect(screen.queryByTestId(testIds.trainKeep)).toBeNull();
  expect(screen.getByTestId(testIds.lossChart).dataset.points).toBe('0');
});

test('a step whose loss is no number is told, and the curve goes on', async () => {
  const { handlers } = withJobs(training({ state: 'running', stage: 'training', done: 5 }));
  const at = (step: number, loss: number | null) => ({ step, loss, smoothedLoss: loss });
  const points = [at(1, 0.9), at(2, 0.8), at(3, null), at(4, 0.7), at(5, null)];
  mount(<TrainScreen />, { handlers: { ...handlers, 'jobs.training': () => points } });
  await waitFor(() => expect(screen.getByTestId(testIds.lossChart).dataset.points).toBe('5'));
  expect(screen.getByText('smoothed loss not a number')).toBeTruthy();
});

test('pictures are shown by step, class and difficulty, new ones as they are told', async () => {
  const steps = [50];
  const { emit } = mount(<TrainScreen />, {
    handlers: {
      'jobs.list': () => [training({ state: 'running', stage: 'training', done: 60 })],
      'jobs.previews': () => ({ classes: ['hat', 'skirt'], difficulties: [0.1, 0.9], steps: [...steps] }),
    },
  });
  const first = await screen.findByAltText('skirt at difficulty 0.9 after 50 steps');
  expect(first.getAttribute('src')).toBe('crux://job/7/step-50-class-1-level-1.png');
  steps.push(100);
  act(() => emit('training.preview', { jobId: 7, step: 100 }));
  expect(await screen.findByAltText('hat at difficulty 0.1 after 100 steps')).toBeTruthy();
  expect(screen.getByTestId(testIds.trainPreviews).dataset.steps).toBe('2');
});

test('a trained model is listed with its settings, and its curve can be looked at again', async () => {
  const done = training({
    state: 'done',
    done: 300,
    result: { modelId: 'model:2', steps: 200, loss: 0.1181, images: 940 },
  });
  mount(<TrainScreen />, withJobs(training({ id: 9, state: 'cancelled', done: 5 }), done));
  const row = await screen.findByTestId(testIds.trainModelRow);
  expect(row.textContent).toContain('200 of 300');
  expect(row.textContent).toContain('0.1181');
  expect(row.textContent).toContain('one-hot class, score with 1 wave, 2 × 128, 4 normed tokens appended');
  expect(screen.getByTestId(testIds.trainRun).dataset.jobId).toBe('9');
  fireEvent.click(screen.getByText('Difficulty of clothing-1k'));
  expect(screen.getByTestId(testIds.trainRun).dataset.jobId).toBe('7');
});

test.each([
  [{ fresh: true }, 'Score the images first', 'Go to Difficulty', 'difficulty'],
  [{ handlers: { 'models.list': () => [] } }, 'No diffusion model is usable', 'Go to Settings', 'settings'],
] as [FakeOptions, string, string, string][])(
  'what is missing is said with the way to it: %#',
  async (options, title, button, there) => {
    mount(<TrainScreen />, options);
    expect(await screen.findByText(title)).toBeTruthy();
    expect(screen.queryByTestId(testIds.trainStart)).toBeNull();
    fireEvent.click(screen.getByText(button));
    expect(useStore.getState().screen).toBe(there);
  },
);

test('models of other datasets and kinds are not listed, and one without its job says less', () => {
  const models = data.models.map((m) => ({ ...m }));
  const [only] = trainedModels(models, [], 1);
  expect(only).toMatchObject({ model: { id: 'model:2' }, job: null, params: null });
  expect(stepsOf(only)).toBe('–');
  expect(trainedModels(models, [], 2)).toEqual([]);
  expect(encoderWords({ ...params, kind: 'plain' })).toContain('not learned');
});

test('a resumed training replaces the points since its checkpoint', () => {
  const point = (step: number, loss: number) => ({ step, loss, smoothedLoss: loss });
  const points = [point(1, 5), point(2, 4), point(3, 3)];
  expect(addPoint(points, point(4, 2))).toHaveLength(4);
  expect(addPoint(points, point(2, 9))).toEqual([point(1, 5), point(2, 9)]);
});
