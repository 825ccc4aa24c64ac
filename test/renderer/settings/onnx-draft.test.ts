import { expect, test } from 'vitest';
import { checkDraft, draftOf } from '../../../src/renderer/settings/onnx-draft.ts';

const known = { input: 'data', layout: 'NCHW', width: 224, height: 224, channels: 3, logits: 'out' } as const;

test('what the file does not say is asked, never filled in', () => {
  const draft = draftOf(known);
  expect([draft.mean, draft.std, draft.resize, draft.labels]).toEqual(['', '', '', '']);
  const { spec, errors } = checkDraft(draft);
  expect(spec).toBeNull();
  expect(Object.keys(errors).sort()).toEqual(['labels', 'mean', 'resize', 'std']);
});

test('a complete draft becomes the spec', () => {
  const draft = {
    ...draftOf(known),
    mean: '0.485, 0.456 0.406',
    std: '0.229,0.224,0.225',
    resize: 'crop',
    labels: 'cat\n dog \n\n',
  };
  expect(checkDraft(draft)).toEqual({
    errors: {},
    spec: {
      ...known,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      resize: 'crop',
      features: null,
      labels: ['cat', 'dog'],
    },
  });
});

test('means for another number of channels, words for numbers and a zero deviation are refused', () => {
  const base = { ...draftOf(known), resize: 'crop', labels: 'a', mean: '0 0 0', std: '1 1 1' };
  expect(checkDraft(base).spec).not.toBeNull();
  expect(checkDraft({ ...base, mean: '0.5' }).errors.mean).toBeTruthy();
  expect(checkDraft({ ...base, std: '1 0 1' }).errors.std).toBeTruthy();
  expect(checkDraft({ ...base, mean: 'a b c' }).spec).toBeNull();
  expect(checkDraft({ ...base, logits: '' }).errors.logits).toBeTruthy();
});

test('without labels a model with features is an encoder; one with class scores alone needs them', () => {
  const base = { ...draftOf(known), resize: 'crop', mean: '0 0 0', std: '1 1 1' };
  expect(checkDraft({ ...base, features: 'pooled' }).spec).toMatchObject({
    labels: null,
    features: 'pooled',
  });
  expect(checkDraft(base).errors.labels).toBeTruthy();
});
