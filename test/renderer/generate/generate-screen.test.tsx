// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { GenerateScreen } from '../../../src/renderer/generate/generate-screen.tsx';
import { toRgba } from '../../../src/renderer/generate/preview.tsx';
import { agreementOf } from '../../../src/renderer/generate/results.tsx';
import { useStore } from '../../../src/renderer/state.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

const type = (testId: string, value: string) =>
  fireEvent.change(screen.getByTestId(testId), { target: { value } });

test('what is typed is what is enqueued, followed by the measuring', async () => {
  const { asked } = mount(<GenerateScreen />);
  await screen.findByTestId(testIds.generateStart);
  type(testIds.generateCount, '3');
  type(testIds.generateMu, '0.8');
  type(testIds.generateSigma, '0');
  type(testIds.generateSeed, '42');
  fireEvent.click(screen.getByTestId(testIds.generateStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      kind: 'generate',
      params: { datasetId: 1, classes: 'all', count: 3, mu: 0.8, sigma: 0, seed: 42 },
    },
  });
  expect(asked('jobs.enqueue')[1]).toMatchObject({ request: { kind: 'rescore', params: { datasetId: 1 } } });
});

test('advanced settings reach the job as they are', async () => {
  const { asked } = mount(<GenerateScreen />);
  await screen.findByTestId(testIds.generateStart);
  fireEvent.click(screen.getByText('More settings'));
  type(testIds.generateFirstPrompts, 'a [CLS] in the rain\n\na [CLS] at night\n');
  fireEvent.click(screen.getByTestId(testIds.generateInit));
  fireEvent.click(await screen.findByText('A real image of the class'));
  await screen.findByTestId(testIds.generateStrength);
  type(testIds.generateStrength, '0.4');
  fireEvent.click(screen.getByTestId(testIds.generateStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      params: {
        init: 'image',
        strengths: [0.4],
        firstPrompts: ['a [CLS] in the rain', 'a [CLS] at night'],
        modelId: null,
      },
    },
  });
});

test('a chosen LoRA reaches the job with its weight', async () => {
  const { asked } = mount(<GenerateScreen />);
  await screen.findByTestId(testIds.generateStart);
  fireEvent.click(screen.getByText('More settings'));
  fireEvent.click(screen.getByTestId(testIds.generateAddLora));
  const weight = await screen.findByLabelText('resnet50.onnx'); // what the made-up dialog answers
  fireEvent.change(weight, { target: { value: '0.5' } });
  fireEvent.click(screen.getByTestId(testIds.generateStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: { params: { loras: [{ path: '/home/ada/models/resnet50.onnx', weight: 0.5 }] } },
  });
});

test('what would not fit into memory is said before it starts, asked for only when it matters', async () => {
  const { asked } = mount(<GenerateScreen />, {
    handlers: { 'jobs.memory': () => 'This takes about 90 GB of memory.' },
  });
  expect((await screen.findAllByText('This takes about 90 GB of memory.')).length).toBeGreaterThan(0);
  const before = asked('jobs.memory').length;
  type(testIds.generateSeed, '43');
  type(testIds.generateCount, '5');
  expect(asked('jobs.memory')).toHaveLength(before);
});

test('a wrong field is named and nothing starts', async () => {
  const { asked } = mount(<GenerateScreen />);
  const start = await screen.findByTestId(testIds.generateStart);
  type(testIds.generatePrompt, 'a hat');
  expect((await screen.findByRole('alert')).textContent).toContain('[CLS]');
  expect(start).toHaveProperty('disabled', true);
  fireEvent.submit(screen.getByRole('form', { name: 'Generate images' }));
  expect(asked('jobs.enqueue')).toEqual([]);
});

test('without a model it leads to training', async () => {
  mount(<GenerateScreen />, { handlers: { 'models.list': () => [] } });
  fireEvent.click(await screen.findByText('Go to Train'));
  expect(useStore.getState().screen).toBe('train');
  expect(screen.queryByTestId(testIds.generateStart)).toBeNull();
});

test('a refused job is told with its reason', async () => {
  mount(<GenerateScreen />, {
    handlers: {
      'jobs.enqueue': () => {
        throw new Error('The adapter file is missing. Train again.');
      },
    },
  });
  fireEvent.click(await screen.findByTestId(testIds.generateStart));
  expect((await screen.findByTestId(testIds.toast)).textContent).toContain('The adapter file is missing.');
});

test('rgb bytes become opaque pixels in the same order', () => {
  expect(Array.from(toRgba(Uint8Array.from([1, 2, 3, 4, 5, 6]), 2, 1))).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
});

test('agreement counts only images with both difficulties', () => {
  const { images } = mount(null, { real: 0, synthetic: 6 });
  images[0].difficulty = null;
  const { pairs, error } = agreementOf(images);
  expect(pairs).toHaveLength(5);
  const expected = images.slice(1).map((i) => Math.abs(i.requestedDifficulty! - i.difficulty!));
  expect(error).toBeCloseTo(expected.reduce((a, b) => a + b) / 5, 12);
});
