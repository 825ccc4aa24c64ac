// @vitest-environment jsdom
/** A parameter that is declared, and nothing else, is a control in its group, with its range, and a row of provenance. */
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Provenance } from '../../src/renderer/browse/provenance.tsx';
import { ControlScreen } from '../../src/renderer/control/control-screen.tsx';
import { GenerateScreen } from '../../src/renderer/generate/generate-screen.tsx';
import { testIds } from '../../src/renderer/test-ids.ts';
import { controlParams } from '../../src/shared/jobs/control.ts';
import { generateParams } from '../../src/shared/jobs/generate.ts';
import { generateGroups } from '../../src/shared/jobs/parts.ts';
import { declareThrowAway } from '../shared/throw-away.ts';
import { mount } from './mount.tsx';

declareThrowAway(generateParams, generateGroups.sampling);
declareThrowAway(controlParams);

test('the form of a generation has it in its group, refuses what does not fit, and asks with it', async () => {
  const { asked } = mount(<GenerateScreen />);
  const group = await screen.findByRole('group', { name: generateGroups.sampling });
  const control = within(group).getByLabelText('Throw-away (km)');
  fireEvent.change(control, { target: { value: '8' } });
  expect((await screen.findByRole('alert')).textContent).toBe('A number from 2 to 7.');
  expect(screen.getByTestId(testIds.generateStart)).toHaveProperty('disabled', true);
  fireEvent.change(control, { target: { value: '4' } });
  const throwAway = 4;
  await waitFor(() =>
    expect(asked('jobs.memory').at(-1)).toMatchObject({ request: { params: { throwAway } } }),
  );
  fireEvent.click(screen.getByTestId(testIds.generateStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(2));
  expect(asked('jobs.enqueue')[0]).toMatchObject({ request: { kind: 'generate', params: { throwAway } } });
});

test('the form of a control report has it as well', async () => {
  const { asked } = mount(<ControlScreen />);
  fireEvent.click(await screen.findByTestId(testIds.controlAgain));
  fireEvent.change(await screen.findByLabelText('Throw-away (km)'), { target: { value: '5' } });
  fireEvent.click(screen.getByTestId(testIds.controlStart));
  await waitFor(() => expect(asked('jobs.enqueue')).toHaveLength(1));
  expect(asked('jobs.enqueue')[0]).toMatchObject({ request: { kind: 'control', params: { throwAway: 5 } } });
});

test('the inspector tells it under its label', () => {
  const of = { prompt: 'a cat', models: {}, requestedDifficulty: null, settings: { throwAway: 4 } };
  mount(<Provenance of={of as unknown as Parameters<typeof Provenance>[0]['of']} />);
  expect(screen.getByTestId(testIds.provenance).textContent).toContain('Throw-away4 km');
});
