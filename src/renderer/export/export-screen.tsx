/** Owns the export: which images, how many, where to, and what came of it. */
import { Button, Checkbox, MultiSelect, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ImageFilter } from '../../shared/domain/image.ts';
import { isOfKind } from '../../shared/jobs/job.ts';
import type { ChosenPath } from '../../shared/paths.ts';
import { request } from '../api.ts';
import { DifficultyRange } from '../browse/filters.tsx';
import { choosePath } from '../chosen-paths.ts';
import { leftOutText } from '../jobs/result-text.ts';
import { useDataset, useJobs, useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel, NoDataset, useAct, useEnqueue } from '../ui/feedback.tsx';
import { Field } from '../ui/fields.tsx';
import { count, counted, when } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { isActive, JobLine } from '../ui/job-progress.tsx';
import { manyOptions } from '../ui/many.tsx';

type Which = 'real' | 'synthetic' | 'both';

export function ExportScreen() {
  const dataset = useDataset();
  return dataset ? <Export key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

function Export({ dataset }: { dataset: Dataset }) {
  const [which, setWhich] = useState<Which>('both');
  const [classIds, setClassIds] = useState<number[]>([]);
  const [range, setRange] = useState<{ min: number; max: number } | null>(null);
  const [accepted, setAccepted] = useState(false);
  const [out, setOut] = useState<ChosenPath | null>(null);
  const act = useAct();
  const enqueue = useEnqueue();
  const filter: ImageFilter = {
    withoutRejected: true,
    ...(which === 'both' ? {} : { origin: which }),
    ...(classIds.length ? { classIds } : {}),
    ...(range ? { difficulty: range } : {}),
    ...(accepted ? { acceptedOnly: true } : {}),
  };
  const { data: ids, error } = useRequest(
    'images.ids',
    { datasetId: dataset.id, filter, sort: 'path' },
    { keep: true },
  );
  const choose = async () => {
    const chosen = await act('Opening the dialog', () =>
      choosePath('export-folder', `${dataset.name}-export`),
    );
    if (chosen) setOut(chosen);
  };
  const start = async () => {
    if (!out || !ids?.length) return;
    const job = await enqueue('The export', {
      kind: 'export',
      params: { datasetId: dataset.id, out: out.token, filter },
    });
    if (job) setOut(null);
  };
  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Export</span>
        <span className="muted">one folder per class, and metadata.jsonl beside them</span>
      </div>
      <div className="screen page">
        <form
          className="panel page-narrow"
          style={{ flex: 'none' }}
          aria-label="Export images"
          onSubmit={(event) => {
            event.preventDefault();
            void start();
          }}
        >
          <div className="panel-body export-columns">
            <div className="stack">
              <Field
                label="Images"
                help="Real images are copied from your files, synthetic ones from the catalog."
              >
                <SegmentedControl
                  aria-label="Images"
                  data-testid={testIds.exportOrigin}
                  data={[
                    { value: 'both', label: 'Real and synthetic' },
                    { value: 'real', label: 'Real' },
                    { value: 'synthetic', label: 'Synthetic' },
                  ]}
                  value={which}
                  onChange={(value) => setWhich(value as Which)}
                />
              </Field>
              <Field label="Classes" help="No choice means all classes.">
                <MultiSelect
                  aria-label="Classes"
                  data-testid={testIds.exportClasses}
                  placeholder={classIds.length ? undefined : 'All classes'}
                  {...manyOptions}
                  clearable
                  hidePickedOptions
                  data={dataset.classes.map(({ id, name }) => ({ value: String(id), label: name }))}
                  value={classIds.map(String)}
                  onChange={(values) => setClassIds(values.map(Number))}
                />
              </Field>
            </div>
            <div className="stack">
              <Field label="Difficulty" help="The whole range also takes images that are not scored.">
                <DifficultyRange value={range} onChange={setRange} testId={testIds.exportDifficulty} />
              </Field>
              <Checkbox
                label="Synthetic images only if accepted in review"
                data-testid={testIds.exportAccepted}
                checked={accepted}
                onChange={(event) => setAccepted(event.currentTarget.checked)}
              />
            </div>
          </div>
          <div className="panel-body row wrap" style={{ borderTop: '1px solid var(--line)' }}>
            <strong
              className="num"
              style={{ fontSize: 18 }}
              data-testid={testIds.exportCount}
              data-count={ids?.length ?? ''}
            >
              {ids ? count(ids.length) : '…'}
            </strong>
            <span className="muted">{ids?.length === 1 ? 'image' : 'images'} to</span>
            <Button
              data-testid={testIds.exportChoose}
              leftSection={<Icon name="folder" size={14} />}
              onClick={() => void choose()}
            >
              {out ? 'Change…' : 'Choose a folder…'}
            </Button>
            <span
              className="mono ellipsis selectable"
              data-testid={testIds.exportDestination}
              title={out?.path}
            >
              {out?.path}
            </span>
            <div className="spacer" />
            <Button
              type="submit"
              variant="filled"
              size="sm"
              disabled={!out || !ids?.length}
              data-testid={testIds.exportStart}
              title={!out ? 'Choose a folder first' : undefined}
            >
              Export
            </Button>
          </div>
        </form>
        {error && <ErrorPanel what="The images cannot be counted" error={error} />}
        {ids?.length === 0 && (
          <div className="muted">No image passes this choice. Widen it before exporting.</div>
        )}
        <div className="muted small page-narrow">
          The folder appears only when the export is complete: a stopped export leaves nothing half done.
          metadata.jsonl holds path, label, caption, real or synthetic, difficulty asked for and measured,
          seed and recipe of each image.
        </div>
        <Done dataset={dataset} />
      </div>
    </div>
  );
}

function Done({ dataset }: { dataset: Dataset }) {
  const { data: jobs = [] } = useJobs();
  const act = useAct();
  const mine = jobs
    .filter(isOfKind('export'))
    .filter(({ datasetId }) => datasetId === dataset.id)
    .slice(0, 10);
  if (mine.length === 0) return null;
  return (
    <div className="panel page-narrow" style={{ flex: 'none' }}>
      <div className="panel-head">Exports of this dataset</div>
      {mine.map((job) => (
        <div
          key={job.id}
          className="panel-body row"
          data-testid={testIds.exportResult}
          data-job-id={job.id}
          data-state={job.state}
        >
          <span className="dot" data-state={job.state} />
          {isActive(job) ? (
            <div style={{ flex: 1 }}>
              <JobLine job={job} />
            </div>
          ) : (
            <div style={{ flex: 1, minWidth: 0 }}>
              <div className="mono ellipsis selectable">{String(job.params.out ?? '')}</div>
              <div className="muted small num">
                {job.state === 'done'
                  ? `${counted(job.result?.images ?? job.done, 'image')}, ${when(job.finishedAt ?? job.createdAt)}${leftOut(job)}`
                  : (job.error ?? job.state)}
              </div>
            </div>
          )}
          {job.state === 'done' && (
            <Button
              data-testid={testIds.exportShow}
              onClick={() =>
                void act('Showing the folder', () => request('shell.showItem', { jobId: job.id }))
              }
            >
              Show folder
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}

const leftOut = (job: Parameters<typeof leftOutText>[0]) => {
  const text = leftOutText(job);
  return text ? `; ${text}` : '';
};
