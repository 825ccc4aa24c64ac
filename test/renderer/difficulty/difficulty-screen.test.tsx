// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, onTestFinished, test, vi } from 'vitest';
import { datasetOf, makeImages, scorer as probe } from '../../../src/renderer/dev/fake-data.ts';
import { classifierScorer, fakeComparison } from '../../../src/renderer/dev/fake-scorers.ts';
import { DifficultyScreen } from '../../../src/renderer/difficulty/difficulty-screen.tsx';
import { useStore } from '../../../src/renderer/state.ts';
import { testIds } from '../../../src/renderer/test-ids.ts';
import type { Dataset } from '../../../src/shared/domain/dataset.ts';
import { mount } from '../mount.tsx';

HTMLCanvasElement.prototype.getContext = (() => null) as never; // jsdom draws nothing

const size = { real: 60, synthetic: 10 };

async function open(view: 'Compare' | 'Calibration' | 'Training', options = {}) {
  const mounted = mount(<DifficultyScreen />, { ...size, ...options });
  await screen.findByTestId(testIds.difficultyMean);
  fireEvent.click(within(screen.getByTestId(testIds.difficultyView)).getByText(view));
  return mounted;
}

/** The dataset with one scorer: the probe, or the fitted classifier. */
function oneScorer(fitted = false): Dataset {
  const scorer = fitted ? classifierScorer : probe;
  return {
    ...datasetOf(makeImages(size.real, size.synthetic)),
    scorers: [scorer],
    currentScorerId: scorer.id,
  };
}

test('compare: the current scorer against another, of the real images; a disagreement opens in the inspector', async () => {
  const { asked } = await open('Compare');
  await screen.findByTestId(testIds.compareSpearman);
  expect(asked('scorers.compare')).toEqual([{ datasetId: 1, a: 1, b: 2, largest: 60, onlyUnseen: false }]);
  expect(Number(screen.getByTestId(testIds.compareSpearman).dataset.value)).toBeGreaterThan(0.5);
  await waitFor(() => expect(screen.getByTestId(testIds.compareScatter).dataset.points).toBe('60'));
  expect(within(screen.getByTestId(testIds.compareClasses)).getAllByRole('row')).toHaveLength(12);
  expect(screen.getByText(/bucket by both/).textContent).toMatch(/^They .*; .* on average; \d+\.\d % are/);
  const [first] = screen.getAllByTestId(testIds.disagreement);
  expect(first.textContent).toMatch(/A.*B.*says /);
  fireEvent.click(first);
  expect(useStore.getState().inspectId).toBe(Number(first.dataset.imageId));
  await screen.findByTestId(testIds.inspector);
});

test('compare: what one had learned from is said, and can be left out', async () => {
  const { asked } = await open('Compare');
  await screen.findByText(/they had learned from: A: none; B: 48\./);
  fireEvent.click(screen.getByLabelText('Only the 12 that neither is known to have learned from'));
  await waitFor(() => expect(screen.getByTestId(testIds.compareScatter).dataset.points).toBe('12'));
  expect(asked('scorers.compare').at(-1)).toMatchObject({ onlyUnseen: true });
});

test('compare: a click into the plot opens the image under the pointer', async () => {
  // The plot is measured in a frame of the browser's; until then it is on the page with nothing in it.
  const frames: FrameRequestCallback[] = [];
  const hold = vi.spyOn(window, 'requestAnimationFrame').mockImplementation((draw) => frames.push(draw));
  onTestFinished(() => hold.mockRestore());
  await open('Compare');
  const plot = await screen.findByTestId(testIds.compareScatter);
  const canvas = plot.querySelector('canvas')!;
  canvas.getBoundingClientRect = () => ({ left: 0, top: 0 }) as DOMRect;
  const { points } = fakeComparison(makeImages(size.real, size.synthetic), 1, 2, { largest: 0 });
  // The axes leave 46, 10, 10 and 36 px of a plot of 420 px height, and of what width it has.
  const place = (width: number) => ({
    clientX: 46 + points.a[7] * (width - 56),
    clientY: 384 - points.b[7] * 374,
  });
  fireEvent.click(canvas, place(0));
  expect(useStore.getState().inspectId).toBeNull();

  hold.mockRestore();
  act(() => {
    for (const draw of frames.splice(0)) draw(0);
  });
  await waitFor(() => expect(plot.dataset.points).toBe('60'));
  fireEvent.click(canvas, { clientX: 2, clientY: 2 });
  expect(useStore.getState().inspectId).toBeNull();
  const at = place(800); // what mount.tsx says of everything
  fireEvent.pointerMove(canvas, at);
  fireEvent.click(canvas, at);
  expect(useStore.getState().inspectId).toBe(points.ids[7]);
});

test('compare: with one scorer it says what another would be good for', async () => {
  await open('Compare', { handlers: { 'datasets.list': () => [oneScorer()] } });
  await screen.findByText('There is only one scorer to look at');
});

test('calibration: a sentence, the curve, figures, and what they were measured on', async () => {
  const { asked } = await open('Calibration');
  const sentence = await screen.findByTestId(testIds.calibrationSentence);
  expect(asked('scorers.calibration')).toEqual([{ datasetId: 1, scorerId: 1 }]);
  expect(sentence.textContent).toContain('can be read as a probability');
  expect(Number(screen.getByTestId(testIds.reliabilityChart).dataset.bins)).toBeGreaterThan(5);
  expect(screen.getByText(/each judged by a probe that had not seen it/)).toBeTruthy();
  expect(screen.getByText(/leave the scorer as it is/)).toBeTruthy();
});

test('calibration of a classifier: what it was trained on is left out, and a temperature is recommended', async () => {
  await open('Calibration', { handlers: { 'datasets.list': () => [oneScorer(true)] } });
  expect((await screen.findByTestId(testIds.calibrationSentence)).textContent).toContain('too sure');
  expect(screen.getByText(/that the classifier was not trained on; the 48 it was trained on/)).toBeTruthy();
  expect(screen.getByText(/temperature of 1\.62 would make it less sure.*score again/)).toBeTruthy();
});

test('calibration: where nothing can be measured it says why', async () => {
  await open('Calibration', {
    handlers: {
      'scorers.calibration': () => ({
        scorer: classifierScorer,
        basis: 'held-out',
        images: 1,
        learned: 59,
        of: 1,
        measured: null,
      }),
    },
  });
  await screen.findByText('Too few images to measure');
  expect(screen.getByText(/there is one, for it was trained on 59/)).toBeTruthy();
});

test('training: a map for a fitted classifier, and for others what would bring one', async () => {
  const { unmount } = await open('Training');
  await screen.findByText('This scorer keeps no record of a training');
  unmount();
  await open('Training', { handlers: { 'datasets.list': () => [oneScorer(true)] } });
  const map = await screen.findByTestId(testIds.datasetMap);
  await waitFor(() => expect(map.dataset.points).toBe('60'));
  expect(screen.getByText('Hard to learn')).toBeTruthy();
});

test('scoring with a fitted temperature; in-sample it is refused before it starts', async () => {
  const { asked } = mount(<DifficultyScreen />, size);
  fireEvent.click(await screen.findByText('Score again…'));
  const choose = async (label: string, option: string) => {
    fireEvent.click(screen.getAllByLabelText(label).find((element) => element.tagName === 'INPUT')!);
    fireEvent.click(await screen.findByRole('option', { name: option, hidden: true }));
  };
  await choose('Temperature', 'Fitted');
  await choose('Method', 'In-sample probe');
  expect(screen.getByText(/No temperature can be fitted in-sample/)).toBeTruthy();
  expect((screen.getByTestId(testIds.scoreStart) as HTMLButtonElement).disabled).toBe(true);
  await choose('Method', 'Out-of-fold probe');
  fireEvent.click(screen.getByTestId(testIds.scoreStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: { kind: 'score', params: { method: 'out-of-fold', temperature: 'auto' } },
  });
});

test('scoring by the names of the classes: the CLIP stands ready, and every prompt names the class', async () => {
  const { asked } = mount(<DifficultyScreen />, size);
  fireEvent.click(await screen.findByText('Score again…'));
  fireEvent.click(screen.getAllByLabelText('Method').find((element) => element.tagName === 'INPUT')!);
  fireEvent.click(await screen.findByRole('option', { name: 'Class names, by a CLIP', hidden: true }));
  const prompts = screen.getByTestId(testIds.scorePrompts);
  fireEvent.change(prompts, { target: { value: 'a photo' } });
  expect(screen.getByText(/each with \[CLS\]/)).toBeTruthy();
  expect((screen.getByTestId(testIds.scoreStart) as HTMLButtonElement).disabled).toBe(true);
  fireEvent.change(prompts, { target: { value: 'a photo of a [CLS]\n\na blurry [CLS]\n' } });
  fireEvent.click(screen.getByTestId(testIds.scoreStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({
    request: {
      params: {
        method: 'zero-shot',
        modelId: 'builtin:clip',
        prompts: ['a photo of a [CLS]', 'a blurry [CLS]'],
      },
    },
  });
});

test('scores are exported in the format that is chosen, to the file that the dialog gave', async () => {
  const { asked } = mount(<DifficultyScreen />, size);
  fireEvent.click(await screen.findByTestId(testIds.exportScores));
  fireEvent.click(await screen.findByText('JSON Lines'));
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      {
        request: {
          kind: 'export',
          params: { datasetId: 1, out: 'token of export-folder', format: 'jsonl', overwrite: true },
        },
      },
    ]),
  );
});
