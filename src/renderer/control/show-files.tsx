/** Owns the way to the files of a report. */
import { Button } from '@mantine/core';
import { request } from '../api.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';

/** @param help what a person finds there */
export function ShowFiles({ jobId, help }: { jobId: number; help: string }) {
  const act = useAct();
  return (
    <Button
      size="compact-xs"
      title={help}
      data-testid={testIds.reportFiles}
      onClick={() => void act('Showing the files', () => request('shell.showItem', { jobId }))}
    >
      Show the files
    </Button>
  );
}
