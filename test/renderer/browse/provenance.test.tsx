// @vitest-environment jsdom
import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Provenance } from '../../../src/renderer/browse/provenance.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import type { Provenance as Facts } from '../../../src/shared/domain/provenance.ts';

const facts: Facts = {
  recipe: 'text-to-image',
  models: {},
  seed: 9007199254740991,
  prompt: '(a cat:1.3)',
  negativePrompt: '',
  className: 'cat',
  requestedDifficulty: null,
  scheduler: 'ddim',
  steps: 4,
  guidanceScale: 2,
  guidanceMode: 'separate',
  provider: 'cpu',
  createdBy: 'crux',
};

test('how prompts were read is told where it is not as plain text', () => {
  const text = () => screen.getByTestId(testIds.provenance).textContent;
  const { rerender } = render(<Provenance of={facts} />);
  expect(text()).toContain('9007199254740991');
  expect(text()).not.toMatch(/Prompt syntax|chunks|CLIP skip/);
  rerender(<Provenance of={{ ...facts, promptSyntax: 'a1111', promptChunks: 2, clipSkip: 2 }} />);
  expect(text()).toContain('Prompt syntaxA1111 (web UI)Prompt length2 chunksCLIP skip2');
});
