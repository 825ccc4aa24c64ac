/**
 * Owns the difficulty screen: one scorer's figures, density, buckets, classes, easiest and hardest; and the ways to look
 * at the scorer itself.
 */
import './difficulty.css';
import { Button, SegmentedControl, Select } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { DifficultySummary } from '../../shared/domain/difficulty.ts';
import { type Bucket, bucket } from '../../shared/domain/parts.ts';
import { request } from '../api.ts';
import { Inspector } from '../browse/inspector.tsx';
import { useDataset, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { BucketBar } from '../ui/bucket-bar.tsx';
import { definitions } from '../ui/definitions.ts';
import { EmptyState, ErrorPanel, NoDataset, useAct } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count, percent } from '../ui/format.ts';
import { JobLine, useActiveJob } from '../ui/job-progress.tsx';
import { ImageStrip } from '../ui/picture.tsx';
import { bucketColour, bucketName } from '../ui/scale.ts';
import { scorerChoices } from '../ui/scorer-choices.ts';
import { CalibrationView } from './calibration-view.tsx';
import { ClassTable } from './class-table.tsx';
import { CompareView } from './compare-view.tsx';
import { DensityChart } from './density-chart.tsx';
import { ExportScores } from './export-scores.tsx';
import { FitSection } from './fit-section.tsx';
import { ScoreForm } from './score-form.tsx';
import { Stat } from './stat.tsx';
import { TrainingView } from './training-view.tsx';

const perClass = 10;

export function DifficultyScreen() {
  const dataset = useDataset();
  return dataset ? <Difficulty dataset={dataset} /> : <NoDataset />;
}

const views = [
  { value: 'summary', label: 'Summary' },
  { value: 'compare', label: 'Compare' },
  { value: 'calibration', label: 'Calibration' },
  { value: 'training', label: 'Training' },
] as const;
type View = (typeof views)[number]['value'];

function Difficulty({ dataset }: { dataset: Dataset }) {
  const {
    data: summary,
    error,
    refetch,
    isPending,
  } = useRequest('difficulty.summary', {
    datasetId: dataset.id,
    perClass,
  });
  const job = useActiveJob('score', dataset.id);
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);
  const [scoring, setScoring] = useState(false);
  const [fitting, setFitting] = useState(false);
  // A training that runs is shown to who comes back to it, and stays when it is done.
  const training = useActiveJob('fit', dataset.id) !== undefined;
  useEffect(() => {
    if (training) setFitting(true);
  }, [training]);
  const [view, setView] = useState<View>('summary');
  const act = useAct();

  return (
    <>
      <div className="screen">
        <div className="toolbar">
          <span className="toolbar-title">Difficulty</span>
          {dataset.scorers.length > 0 && (
            <Select
              w={360}
              aria-label="Scorer"
              data={scorerChoices(dataset.scorers).map(({ value, label }, i) => ({
                value,
                label: `${label} · accuracy ${percent(dataset.scorers[i].accuracy)}`,
              }))}
              value={dataset.currentScorerId === null ? null : String(dataset.currentScorerId)}
              onChange={(value) =>
                value &&
                void act('Choosing the scorer', () =>
                  request('datasets.setScorer', { datasetId: dataset.id, scorerId: Number(value) }),
                )
              }
            />
          )}
          {summary && (
            <SegmentedControl
              aria-label="What to look at"
              data-testid={testIds.difficultyView}
              data={[...views]}
              value={view}
              onChange={(value) => setView(value as View)}
            />
          )}
          <div className="spacer" />
          <Button
            data-testid={testIds.fitOpen}
            aria-expanded={fitting}
            onClick={() => setFitting((open) => !open)}
          >
            Train a classifier…
          </Button>
          {summary && <ExportScores dataset={dataset} />}
          {summary && <Button onClick={() => setScoring((open) => !open)}>Score again…</Button>}
        </div>
        <div className="screen page">
          {error && (
            <ErrorPanel what="The summary cannot be shown" error={error} retry={() => void refetch()} />
          )}
          {job && (
            <div className="notice">
              <div>
                <JobLine job={job} />
              </div>
            </div>
          )}
          {fitting && <FitSection dataset={dataset} onClose={() => setFitting(false)} />}
          {summary && scoring && !job && <ScoreForm dataset={dataset} />}
          {!isPending && !error && !summary && !job && (
            <EmptyState icon="difficulty" title="No image of this dataset is scored yet">
              Scoring trains a small probe on the features of a frozen encoder and asks how sure it is of each
              label. It takes seconds to minutes and changes none of your files.
              <div style={{ marginTop: 16, textAlign: 'left' }}>
                <ScoreForm dataset={dataset} />
              </div>
            </EmptyState>
          )}
          {summary && view === 'summary' && <Summary summary={summary} dataset={dataset} />}
          {summary && view === 'compare' && <CompareView dataset={dataset} />}
          {summary && view === 'calibration' && <CalibrationView dataset={dataset} />}
          {summary && view === 'training' && <TrainingView dataset={dataset} />}
        </div>
      </div>
      {inspectId !== null && <Inspector id={inspectId} dataset={dataset} onClose={() => inspect(null)} />}
    </>
  );
}

function Summary({ summary, dataset }: { summary: DifficultySummary; dataset: Dataset }) {
  const browse = useStore((state) => state.browse);
  const total = summary.buckets.easy + summary.buckets.medium + summary.buckets.hard;
  return (
    <>
      <div className="row wrap" style={{ gap: 28, alignItems: 'flex-end' }}>
        <Stat
          label="mean difficulty"
          help={`${definitions.difficulty} The figures here are those of the real images.`}
        >
          <b className="num" data-testid={testIds.difficultyMean} data-value={summary.mean}>
            {summary.mean.toFixed(3)}
          </b>
        </Stat>
        <Stat label="accuracy" help={definitions.accuracy}>
          <b className="num" data-testid={testIds.difficultyAccuracy} data-value={summary.accuracy}>
            {percent(summary.accuracy)}
          </b>
        </Stat>
        <Stat
          label="real images scored"
          help={`Images that this scorer has a difficulty for; ${count(summary.scorer.scored - total)} synthetic ones are scored too.`}
        >
          <b className="num" data-testid={testIds.difficultyScored} data-value={total}>
            {count(total)}
          </b>
        </Stat>
        <div style={{ flex: 1, minWidth: 320, maxWidth: 620 }}>
          <div className="row" style={{ marginBottom: 5 }}>
            {bucket.options.map((name: Bucket) => (
              <button
                key={name}
                type="button"
                className="bucket-chip"
                data-testid={testIds.bucketCount(name)}
                data-value={summary.buckets[name]}
                title={`Show these images in Browse. ${definitions.buckets}`}
                onClick={() => browse({ bucket: name, origin: 'real' }, 'difficulty-desc')}
              >
                <span className="swatch" style={{ background: bucketColour[name] }} />
                {bucketName[name]}
                <b className="num">{count(summary.buckets[name])}</b>
                <span className="muted num">{percent(total ? summary.buckets[name] / total : null)}</span>
              </button>
            ))}
          </div>
          <BucketBar buckets={summary.buckets} height={10} />
        </div>
      </div>

      <div className="panel">
        <div className="panel-head">
          <Term help={definitions.density}>Density of difficulty</Term>
          <span className="spacer" />
          <span className="muted small" style={{ fontWeight: 400 }}>
            {summary.scorer.name}
          </span>
        </div>
        <div className="panel-body">
          <DensityChart curves={summary.curves} />
        </div>
      </div>

      <div className="strips">
        <Strip
          title="Easiest"
          ids={summary.easiest}
          testId={testIds.stripEasiest}
          onAll={() => browse({ origin: 'real' }, 'difficulty-asc')}
        />
        <Strip
          title="Hardest"
          ids={summary.hardest}
          testId={testIds.stripHardest}
          onAll={() => browse({ origin: 'real' }, 'difficulty-desc')}
        />
      </div>

      <ClassTable classes={summary.classes} dataset={dataset} />
    </>
  );
}

function Strip({
  title,
  ids,
  testId,
  onAll,
}: {
  title: string;
  ids: number[];
  testId: string;
  onAll: () => void;
}) {
  return (
    <div className="panel">
      <div className="panel-head">
        {title}
        <span className="spacer" />
        <Button variant="subtle" size="compact-xs" onClick={onAll}>
          All in Browse
        </Button>
      </div>
      <div className="panel-body">
        <ImageStrip ids={ids} testId={testId} label={`${title} images`} />
      </div>
    </div>
  );
}
