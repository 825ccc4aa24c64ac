// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { makeJob } from '../../../src/renderer/dev/fake-data.ts';
import { Acceptance } from '../../../src/renderer/generate/acceptance.tsx';
import { GenerateScreen } from '../../../src/renderer/generate/generate-screen.tsx';
import { roughly, secondsPerCandidate } from '../../../src/renderer/generate/plan-words.ts';
import { toRgba } from '../../../src/renderer/generate/preview.tsx';
import { agreementOf } from '../../../src/renderer/generate/results.tsx';
import { useStore } from '../../../src/renderer/state.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { fieldsOf } from '../../../src/shared/field.ts';
import { generateParams } from '../../../src/shared/jobs/generate.ts';
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

test('syntax that is not read is told beside the prompt until its syntax is chosen, and reaches the job', async () => {
  const { asked } = mount(<GenerateScreen />);
  await screen.findByTestId(testIds.generateStart);
  expect(screen.queryByTestId(testIds.promptUnread)).toBeNull();
  type(testIds.generatePrompt, 'a (photo:1.3) of a [CLS]');
  expect(screen.getByTestId(testIds.promptUnread).textContent).toMatch(
    /^\(photo:1\.3\): the prompt syntax Plain/,
  );
  fireEvent.click(screen.getByTestId(testIds.promptSyntax));
  fireEvent.click(await screen.findByText('A1111 (web UI)'));
  await waitFor(() => expect(screen.queryByTestId(testIds.promptUnread)).toBeNull());
  fireEvent.click(screen.getByTestId(testIds.longPrompts));
  fireEvent.click(await screen.findByText('Read in chunks'));
  type(testIds.clipSkip, '2');
  type(testIds.generateSeed, '9007199254740991');
  fireEvent.click(screen.getByTestId(testIds.generateStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      params: { promptSyntax: 'a1111', longPrompts: 'chunks', clipSkip: 2, seed: 9007199254740991 },
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
    request: { params: { loras: [{ path: 'token of lora', weight: 0.5 }] } },
  });
});

test('what will be made is told in words, and follows the settings', async () => {
  mount(<GenerateScreen />);
  const told = async (text: string) =>
    await waitFor(() => expect(screen.getByTestId(testIds.generatePlan).textContent).toContain(text));
  await told('80 images (8 of each of 10 classes), difficulty around 0.50 ± 0.10');
  type(testIds.generateCount, '12');
  await told('120 images');
  fireEvent.click(screen.getByText('% of real'));
  type(testIds.generateRatio, '50');
  await told('470 images (47 of each of 10 classes)');
  fireEvent.click(screen.getByTestId(testIds.generateDistribution));
  fireEvent.click(await screen.findByText('Evenly over a range'));
  type(testIds.generateLow, '0.3');
  type(testIds.generateHigh, '0.7');
  await told('difficulty 0.30 to 0.70 evenly');
  fireEvent.click(screen.getByTestId(testIds.generateKeep));
  await told('at most 2,350 candidates');
});

test('difficulties, prompts and what is kept reach the job', async () => {
  const { asked } = mount(<GenerateScreen />);
  await screen.findByTestId(testIds.generateStart);
  fireEvent.click(screen.getByTestId(testIds.generateDistribution));
  fireEvent.click(await screen.findByText('As a histogram of your own'));
  type(testIds.generateBins, '0, 2,1');
  fireEvent.click(screen.getByText('A list'));
  type(testIds.generatePrompts, 'a [CLS] {here|there}\n# not this\nthe [CLS]');
  type(testIds.generateNegative, 'blurry');
  fireEvent.click(screen.getByTestId(testIds.generateKeep));
  type(testIds.generateKeepWithin, '0.2');
  type(testIds.generateAttempts, '7');
  fireEvent.click(screen.getByLabelText('Scorer sees the class'));
  const start = screen.getByTestId(testIds.generateStart);
  await waitFor(() => expect(start).toHaveProperty('disabled', false));
  fireEvent.click(start);
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      params: {
        distribution: 'bins',
        bins: [0, 2, 1],
        promptSource: 'list',
        prompts: ['a [CLS] {here|there}', '# not this', 'the [CLS]'],
        negativePrompt: 'blurry',
        keepWithin: 0.2,
        keepAgreeing: true,
        attempts: 7,
        atLimit: 'best',
      },
    },
  });
});

test('what the job would fail at is said at its field, and nothing starts', async () => {
  mount(<GenerateScreen />, {
    handlers: {
      'generation.outline': () => ({
        classes: [],
        real: null,
        examples: [],
        problems: { difficulty: 'nothing is scored yet' },
      }),
    },
  });
  expect((await screen.findByRole('alert')).textContent).toBe('nothing is scored yet');
  expect(screen.getByTestId(testIds.generateStart)).toHaveProperty('disabled', true);
});

test('after a generation that chose, its acceptance is shown by class', () => {
  const job = makeJob({
    id: 9,
    kind: 'generate',
    title: 'x',
    state: 'done',
    params: { atLimit: 'leave-out' },
    result: {
      scorer: 'probe',
      candidates: 40,
      acceptanceRate: 0.3,
      acceptance: [
        { className: 'hat', candidates: 10, accepted: 8, atLimit: 0 },
        { className: 'shoes', candidates: 30, accepted: 4, atLimit: 4 },
      ],
    },
  });
  mount(<Acceptance job={job} />);
  const { textContent } = screen.getByTestId(testIds.generateAcceptance);
  expect(textContent).toContain('30.0 % of 40 candidates were as wanted, judged by probe');
  expect(textContent).toContain('In shoes some images had no candidate as wanted: they were left out');
  expect(screen.getAllByRole('row')[1].textContent).toBe('hat10880.0 %');
});

test('how long it takes is learned from the newest generation of the same model', () => {
  const params = generateParams.parse({ datasetId: 1, steps: 30, guidanceMode: 'null-token' });
  const done = (id: number, change: object, result: object) =>
    makeJob({
      id,
      kind: 'generate',
      title: 'x',
      state: 'done',
      datasetId: 1,
      startedAt: 0,
      finishedAt: 60_000,
      params: { ...params, ...change },
      result: { ...result },
    });
  expect(secondsPerCandidate([], params)).toBeNull();
  expect(secondsPerCandidate([done(1, { size: 64 }, { generated: 6 })], params)).toBeNull();
  // 60 s for 12 candidates of 15 steps: 10 s at 30; without guidance half of that.
  const jobs = [done(2, { steps: 15 }, { generated: 6, candidates: 12 }), done(1, {}, { generated: 1 })];
  expect(secondsPerCandidate(jobs, params)).toBeCloseTo(10, 10);
  expect(secondsPerCandidate(jobs, { ...params, guidanceScale: 1 })).toBeCloseTo(5, 10);
  expect([3, 44, 200, 7000].map(roughly)).toEqual([
    'a few seconds',
    'about 40 s',
    'about 3 min',
    'about 2 h',
  ]);
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

test('every declared parameter has a control, some where others give it a meaning', async () => {
  const { asked } = mount(<GenerateScreen />);
  await screen.findByTestId(testIds.generateStart);
  const always = fieldsOf(generateParams).filter(({ only }) => !only);
  for (const { flag } of always) expect(screen.getAllByTestId(`generate-${flag}`), flag).toHaveLength(1);
  type('generate-eta', '0.4');
  type(testIds.generateSigma, '0.8'); // as far as its schema goes
  fireEvent.click(screen.getByTestId('generate-embedding'));
  await screen.findByText('resnet50.onnx'); // what the made-up dialog answers
  fireEvent.click(screen.getByTestId(testIds.generateStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: { params: { eta: 0.4, sigma: 0.8, embeddings: ['token of embedding'] } },
  });
});
