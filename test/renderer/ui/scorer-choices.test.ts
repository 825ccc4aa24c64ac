/** Scorers in selects: told apart, and a second opinion that is one. */
import { expect, it } from 'vitest';
import { scorer as probe } from '../../../src/renderer/dev/fake-data.ts';
import { scorerChoices, secondOpinion } from '../../../src/renderer/ui/scorer-choices.ts';

const scorer = (id: number, name: string, modelHash: string) => ({ ...probe, id, name, modelHash });
const again = scorer(4, 'probe', 'encoder');
const newest = scorer(3, 'probe', 'encoder');
const classifier = scorer(2, 'classifier', 'trained');
const first = scorer(1, 'probe, other', 'other');

it('a name that is there twice carries the number', () => {
  const labels = scorerChoices([again, newest, classifier]).map(({ label }) => label);
  expect(labels).toEqual(['probe (4)', 'probe (3)', 'classifier']);
});

it('prefers the newest scorer of another model', () => {
  expect(secondOpinion([again, newest, classifier, first], 4)).toBe(classifier);
  expect(secondOpinion([again, newest, classifier, first], 2)).toBe(again);
  expect(secondOpinion([again, newest], 4)).toBe(newest);
  expect(secondOpinion([again], 4)).toBeNull();
});
