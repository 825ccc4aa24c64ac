/** Owns the button that writes the chosen scorer's scores into a file for other tools. */
import { Button, Menu } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ScoreFormat } from '../../shared/jobs/export.ts';
import { choosePath } from '../chosen-paths.ts';
import { testIds } from '../test-ids.ts';
import { useAct, useEnqueue } from '../ui/feedback.tsx';

const formats: { value: ScoreFormat; label: string }[] = [
  { value: 'csv', label: 'CSV' },
  { value: 'jsonl', label: 'JSON Lines' },
  { value: 'npz', label: 'NumPy (.npz)' },
];

export function ExportScores({ dataset }: { dataset: Dataset }) {
  const act = useAct();
  const enqueue = useEnqueue();
  const start = async (format: ScoreFormat) => {
    const out = await act('Opening the dialog', () =>
      choosePath('export-folder', `${dataset.name}-scores.${format}`),
    );
    if (!out) return;
    // The dialog has asked before it names a file that exists.
    const params = { datasetId: dataset.id, out: out.token, format, overwrite: true };
    await enqueue('The export of scores', { kind: 'export', params });
  };
  return (
    <Menu>
      <Menu.Target>
        <Button data-testid={testIds.exportScores}>Export scores…</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(({ value, label }) => (
          <Menu.Item key={value} onClick={() => void start(value)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
