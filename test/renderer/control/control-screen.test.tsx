// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ControlScreen } from '../../../src/renderer/control/control-screen.tsx';
import { controlViewOf } from '../../../src/renderer/dev/fake-control.ts';
import { hardFactorsViewOf } from '../../../src/renderer/dev/fake-hard-factors.ts';
import { useStore } from '../../../src/renderer/state.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { controlView, hardFactorsView } from '../../../src/shared/reports.ts';
import { mount } from '../mount.tsx';

const report = () => screen.findByTestId(testIds.controlReport);
const rows = (id: string) => screen.getAllByTestId(id);

test('the made-up reports have the form of real ones', () => {
  expect(() => controlView.parse(controlViewOf(10))).not.toThrow();
  expect(() => hardFactorsView.parse(hardFactorsViewOf(11, [1, 2, 3]))).not.toThrow();
});

test('the newest report is shown: a verdict, the models side by side, classes, pictures', async () => {
  mount(<ControlScreen />);
  expect((await report()).dataset.jobId).toBe('10');
  const verdict = screen.getByTestId(testIds.controlVerdict);
  expect(verdict.dataset.tone).toBe('good');
  const { figures } = controlViewOf(10).report;
  expect(verdict.textContent).toContain(figures.trainingScorer.spearman.value.toFixed(2));
  expect(verdict.textContent).toContain(figures.heldOutScorer!.spearman.value.toFixed(2));
  expect(rows(testIds.controlBaselineRow).map(({ dataset }) => dataset.variant)).toEqual([
    ...['real', 'base', 'plain', 'controlled'],
    ...Array(5).fill('level'),
  ]);
  expect(rows(testIds.controlPicture)).toHaveLength(10 * 2 * 5); // two seeds side by side
});

test('classes sort by any column, and a second click turns the order around', async () => {
  mount(<ControlScreen />);
  await report();
  const values = () => rows(testIds.controlClassRow).map(({ dataset }) => Number(dataset.spearman));
  expect(values()).toEqual([...values()].sort((a, b) => b - a));
  fireEvent.click(screen.getByText(/^Correlation, learned from/));
  expect(values()).toEqual([...values()].sort((a, b) => a - b));
  fireEvent.click(within(screen.getByLabelText('Control of each class')).getByText('Class'));
  const names = rows(testIds.controlClassRow).map(({ dataset }) => dataset.className!);
  expect(names).toEqual([...names].sort());
});

test('arrow keys lead through the pictures, and the one looked at is large', async () => {
  mount(<ControlScreen />);
  await report();
  const [first] = rows(testIds.controlPicture);
  first.focus();
  const large = () => screen.getByTestId(testIds.controlEnlarged).dataset.file;
  await waitFor(() => expect(large()).toBe('controlled-0-0-0.png'));
  fireEvent.keyDown(document.activeElement!, { key: 'ArrowRight' });
  fireEvent.keyDown(document.activeElement!, { key: 'ArrowDown' });
  await waitFor(() => expect(large()).toBe('controlled-1-0-1.png'));
  fireEvent.keyDown(document.activeElement!, { key: 'End' });
  await waitFor(() => expect(large()).toBe('controlled-1-1-4.png'));
  expect(document.activeElement).toBe(
    rows(testIds.controlPicture).find(({ dataset }) => dataset.file === 'controlled-1-1-4.png'),
  );
});

test('the form says how many images it makes and asks for what it shows', async () => {
  const { asked } = mount(<ControlScreen />);
  await report();
  fireEvent.click(screen.getByTestId(testIds.controlAgain));
  const count = await screen.findByTestId(testIds.controlCount);
  fireEvent.change(count, { target: { value: '3' } });
  fireEvent.change(screen.getByTestId(testIds.controlLevels), { target: { value: '0.9 0.1, 0.5' } });
  const images = () => Number(screen.getByTestId(testIds.controlEstimate).dataset.images);
  await waitFor(() => expect(images()).toBe(10 * 3 * 3 + 10 * 3));
  fireEvent.click(screen.getByTestId(testIds.controlBaseline));
  await waitFor(() => expect(images()).toBe(10 * 3 * 3));
  fireEvent.click(screen.getByTestId(testIds.controlStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      kind: 'control',
      params: {
        adapterId: 'model:2',
        scorerId: 1,
        count: 3,
        levels: [0.1, 0.5, 0.9],
        baseline: false,
      },
    },
  });
});

test('what would not fit into memory is said; how many images there are does not matter for that', async () => {
  const { asked } = mount(<ControlScreen />, {
    handlers: { 'jobs.memory': () => 'This takes about 90 GB of memory.' },
  });
  await report();
  fireEvent.click(screen.getByTestId(testIds.controlAgain));
  await screen.findByText('This takes about 90 GB of memory.');
  expect(asked('jobs.memory')[0]).toMatchObject({
    request: { kind: 'control', params: { adapterId: 'model:2' } },
  });
  const before = asked('jobs.memory').length;
  fireEvent.change(screen.getByTestId(testIds.controlCount), { target: { value: '3' } });
  expect(asked('jobs.memory')).toHaveLength(before);
});

test('levels that do not fit are named, and nothing starts', async () => {
  const { asked } = mount(<ControlScreen />);
  await report();
  fireEvent.click(screen.getByTestId(testIds.controlAgain));
  fireEvent.change(await screen.findByTestId(testIds.controlLevels), { target: { value: '0.1, 1.5' } });
  await screen.findByText(/Between 2 and 20 numbers/);
  expect(screen.getByTestId(testIds.controlStart)).toHaveProperty('disabled', true);
  fireEvent.submit(screen.getByTestId(testIds.controlStart).closest('form')!);
  expect(asked('jobs.enqueue')).toEqual([]);
});

test('without scores, and without a model, it leads to where they are made', async () => {
  mount(<ControlScreen />, { fresh: true });
  fireEvent.click(await screen.findByText('Go to Difficulty'));
  expect(useStore.getState().screen).toBe('difficulty');
});

test('without a model it leads to training', async () => {
  mount(<ControlScreen />, { handlers: { 'models.list': () => [], 'control.list': () => [] } });
  fireEvent.click(await screen.findByText('Go to training'));
  expect(useStore.getState().screen).toBe('train');
});

test('a report that cannot be read is named with its reason, and the others stay', async () => {
  const { report: one, ...rest } = controlViewOf(9);
  mount(<ControlScreen />, {
    handlers: {
      'control.list': () => [
        { jobId: 12, finishedAt: 0, report: null, problem: 'the report of job 12 has another form' },
        {
          ...rest,
          problem: null,
          report: { ...one, images: 3, scorers: [] },
        },
      ],
    },
  });
  expect((await report()).dataset.jobId).toBe('9');
  expect(screen.getByText(/the report of job 12 has another form/)).toBeTruthy();
});

test('a stopped run can be resumed', async () => {
  const { asked } = mount(<ControlScreen />, {
    handlers: {
      'jobs.list': () => [
        {
          ...{ id: 20, kind: 'control', datasetId: 1, title: 'Check', state: 'cancelled', stage: '' },
          ...{ done: 3, total: 9, secondsLeft: null, error: null, result: null, device: 'cpu' },
          ...{ createdAt: 0, startedAt: 0, finishedAt: 1, params: {} },
        },
      ],
    },
  });
  fireEvent.click(await screen.findByTestId(testIds.reportResume));
  await waitFor(() => expect(asked('jobs.resume')).toEqual([{ jobId: 20 }]));
});

test('hard factors: the table leads to a class, whose generated and real pictures stand side by side', async () => {
  mount(<ControlScreen />);
  fireEvent.click(await screen.findByText('Hard factors'));
  const table = await screen.findByTestId(testIds.hardFactorsTable);
  expect(table.textContent).toContain('8 of 10 classes');
  fireEvent.click(within(table).getByText('hat'));
  const shown = rows(testIds.controlPicture);
  expect(shown).toHaveLength(4 * 3);
  expect(new Set(shown.map(({ dataset }) => dataset.className))).toEqual(new Set(['hat']));
  expect(shown[0].dataset.file).toBe('generated-1-0-0.png');
});
