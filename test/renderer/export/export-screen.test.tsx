// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ExportScreen } from '../../../src/renderer/export/export-screen.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

const count = () => Number(screen.getByTestId(testIds.exportCount).dataset.count);

test('the count is of what will be exported, and the job gets the same filter', async () => {
  const { images, asked } = mount(<ExportScreen />, { real: 30, synthetic: 20 });
  const rejected = images.filter(({ decision }) => decision === 'reject').length;
  expect(rejected).toBeGreaterThan(0);
  await waitFor(() => expect(count()).toBe(50 - rejected));
  fireEvent.click(screen.getByTestId(testIds.exportAccepted));
  const accepted = images.filter(({ decision }) => decision === 'accept').length;
  expect(accepted).toBeGreaterThan(0);
  await waitFor(() => expect(count()).toBe(30 + accepted));
  fireEvent.click(screen.getByText('Synthetic'));
  await waitFor(() => expect(count()).toBe(accepted));

  expect(screen.getByTestId(testIds.exportStart)).toHaveProperty('disabled', true); // nowhere to go yet
  fireEvent.click(screen.getByTestId(testIds.exportChoose));
  await waitFor(() =>
    expect(screen.getByTestId(testIds.exportDestination).textContent).toBe(
      '/home/ada/exports/clothing-1k-export',
    ),
  );
  fireEvent.click(screen.getByTestId(testIds.exportStart));
  const filter = { withoutRejected: true, origin: 'synthetic', acceptedOnly: true };
  await waitFor(() =>
    expect(asked('jobs.enqueue')).toEqual([
      {
        request: {
          kind: 'export',
          params: { datasetId: 1, out: 'token of export-folder', filter },
        },
      },
    ]),
  );
  expect(asked('images.ids').at(-1)).toMatchObject({ filter });
});
