/** Owns the list of datasets and the way in: import, live progress, what was skipped, removal. */
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { Job } from '../../shared/jobs/job.ts';
import type { ChosenPath } from '../../shared/paths.ts';
import { request } from '../api.ts';
import { choosePath } from '../chosen-paths.ts';
import { useDatasets, useJobs } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, useAct } from '../ui/feedback.tsx';
import { Icon } from '../ui/icons.tsx';
import { isActive, JobLine } from '../ui/job-progress.tsx';
import { DatasetTable } from './dataset-table.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { ImportEnd } from './import-end.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { SkippedDialog } from './skipped-dialog.tsx';

export function DatasetsScreen() {
  const { data: datasets, error, refetch } = useDatasets();
  const { data: jobs = [] } = useJobs();
  const [source, setSource] = useState<ChosenPath | null>(null);
  const [skipped, setSkipped] = useState<Dataset | null>(null);
  const [removing, setRemoving] = useState<Dataset | null>(null);
  const importRequested = useStore((state) => state.importRequested);
  const requestImport = useStore((state) => state.requestImport);
  const act = useAct();

  const choose = async (kind: 'folder' | 'manifest') => {
    const chosen = await act('Opening the dialog', () =>
      choosePath(kind === 'folder' ? 'dataset-folder' : 'manifest'),
    );
    if (chosen) setSource(chosen);
  };

  // runs once for each request from the menu
  useEffect(() => {
    if (!importRequested) return;
    requestImport(false);
    void choose('folder');
  }, [importRequested]);

  const imports = jobs.filter((job) => (job.kind === 'import' || job.kind === 'relink') && isActive(job));
  const actions = (
    <>
      <Button
        variant="filled"
        data-testid={testIds.importFolder}
        leftSection={<Icon name="folder" />}
        onClick={() => void choose('folder')}
      >
        Import a folder…
      </Button>
      <Button
        data-testid={testIds.importManifest}
        leftSection={<Icon name="file" />}
        onClick={() => void choose('manifest')}
      >
        Import a manifest…
      </Button>
    </>
  );
  const isEmpty = datasets?.length === 0 && imports.length === 0;

  return (
    <div className="screen">
      {!isEmpty && (
        <div className="toolbar">
          <span className="toolbar-title">Datasets</span>
          <div className="spacer" />
          {actions}
        </div>
      )}
      <div className="screen page">
        {error && (
          <ErrorPanel what="The datasets cannot be listed" error={error} retry={() => void refetch()} />
        )}
        {imports.map((job) => (
          <ImportProgress key={job.id} job={job} />
        ))}
        {datasets && <ImportEnd jobs={jobs} datasets={datasets} />}
        {isEmpty && (
          <EmptyState icon="datasets" title="Start with a folder of labelled images" actions={actions}>
            One folder per class, for example <span className="mono">pets/cat/001.jpg</span>; folders named
            train, val or test above the classes become splits. A manifest is a CSV, JSON or Parquet file with
            the columns path and label, and if you have them split, caption and probabilities. Crux only reads
            your files: it never changes, moves or uploads them.
          </EmptyState>
        )}
        {datasets && datasets.length > 0 && (
          <DatasetTable datasets={datasets} onSkipped={setSkipped} onRemove={setRemoving} />
        )}
      </div>
      <ImportDialog source={source} onClose={() => setSource(null)} />
      <SkippedDialog dataset={skipped} onClose={() => setSkipped(null)} />
      <RemoveDialog dataset={removing} onClose={() => setRemoving(null)} />
    </div>
  );
}

function ImportProgress({ job }: { job: Job }) {
  const act = useAct();
  return (
    <div className="notice" data-testid={testIds.importProgress} data-job-id={job.id}>
      <Icon name="folder" />
      <div className="stack" style={{ gap: 4 }}>
        <strong>{job.title}</strong>
        <JobLine job={job} />
      </div>
      <Button onClick={() => void act('Cancelling', () => request('jobs.cancel', { jobId: job.id }))}>
        Cancel
      </Button>
    </div>
  );
}
