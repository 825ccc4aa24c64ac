// @vitest-environment jsdom
import { fireEvent, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { JobsScreen } from '../../../src/renderer/jobs/jobs-screen.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

test('the log of an import begins with what it used and what it did not, and tells it once', async () => {
  mount(<JobsScreen />);
  const rows = await screen.findAllByTestId(testIds.jobRow);
  const row = rows.find((each) => each.dataset.kind === 'import')!;
  expect(screen.queryByTestId(testIds.importSummary)).toBeNull();
  fireEvent.click([...row.querySelectorAll('button')].find(({ textContent }) => textContent === 'Log')!);
  const summary = await screen.findByTestId(testIds.importSummary);
  await screen.findByText(/Started on cpu/);
  expect(screen.getAllByText(/Labels from folder names/)).toHaveLength(1); // the log has it too
  expect(summary.textContent).toContain('Layout: Class folders');
  expect([...summary.querySelectorAll('li')].map(({ textContent }) => textContent)).toEqual([
    'Labels from folder names: 1,000',
    'System files and folders (macOS): 2 (.DS_Store, __MACOSX)',
    'Left out, each listed with its reason: 3 (shirt/7.jpg: truncated, ...)',
  ]);
});
