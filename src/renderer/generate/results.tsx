/** Owns what has been generated: each image with the difficulty asked for and measured, and how they agree. */
import { Button, Select } from '@mantine/core';
import * as Plot from '@observablehq/plot';
import { useCallback, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ImageSummary } from '../../shared/domain/image.ts';
import { isOfKind, type Job } from '../../shared/jobs/job.ts';
import { useJobs, useRequest, useSummaries } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { EmptyState, useEnqueue } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count, score } from '../ui/format.ts';
import { altOf, DifficultyChip, Thumb } from '../ui/picture.tsx';
import { Chart } from '../ui/plot.tsx';
import { difficultyColour } from '../ui/scale.ts';
import { Acceptance } from './acceptance.tsx';

const shown = 200;
const everything = 'all';
const none = new Uint32Array(0);

export function Results({ dataset, running }: { dataset: Dataset; running: Job | undefined }) {
  const { data: jobs = [] } = useJobs();
  const mine = jobs.filter(isOfKind('generate')).filter(({ datasetId }) => datasetId === dataset.id);
  const [choice, setChoice] = useState<string | null>(null);
  const jobId = choice === everything ? undefined : choice ? Number(choice) : running?.id;
  // Of the generation that is shown; of all of them, the newest.
  const judged = jobId ? mine.find(({ id }) => id === jobId) : mine.find(({ state }) => state === 'done');
  const { data: order = none, isPending } = useRequest(
    'images.ids',
    { datasetId: dataset.id, filter: { origin: 'synthetic', ...(jobId ? { jobId } : {}) }, sort: 'newest' },
    { keep: true },
  );
  const newest = order.subarray(0, shown);
  const summaries = useSummaries(newest, 0, newest.length);
  const images = Array.from(newest, (id) => summaries.get(id)).filter((image) => image !== undefined);
  const { browse, inspect, show } = useStore();
  const enqueue = useEnqueue();
  if (!isPending && order.length === 0 && mine.length === 0) {
    return (
      <EmptyState icon="generate" title="Nothing has been generated for this dataset">
        Images appear here as they are made, each with the difficulty you asked for and the one it turned out
        to have.
      </EmptyState>
    );
  }
  const unmeasured = images.filter(({ difficulty }) => difficulty === null).length;
  return (
    <div
      className="panel"
      style={{ flex: 'none' }}
      data-testid={testIds.generateResults}
      data-count={order.length}
    >
      <div className="panel-head num">
        {count(order.length)} generated
        <Select
          w={240}
          aria-label="Which generation"
          data={[
            { value: everything, label: 'All generations' },
            ...mine.map(({ id, title }) => ({ value: String(id), label: `${id}: ${title}` })),
          ]}
          value={jobId ? String(jobId) : everything}
          onChange={setChoice}
        />
        <span className="spacer" />
        {unmeasured > 0 && !running && (
          <Button
            onClick={() =>
              void enqueue('The measuring of difficulty', {
                kind: 'rescore',
                params: { datasetId: dataset.id },
              })
            }
          >
            Measure {count(unmeasured)} images
          </Button>
        )}
        <Button onClick={() => browse({ origin: 'synthetic', ...(jobId ? { jobId } : {}) }, 'newest')}>
          Open in Browse
        </Button>
        <Button onClick={() => show('review')}>Review</Button>
      </div>
      <div className="panel-body stack">
        {judged && <Acceptance job={judged} />}
        <Agreement images={images} />
        <div className="result-grid">
          {images.map((image) => (
            <button
              key={image.id}
              type="button"
              className="result"
              data-image-id={image.id}
              title={altOf(image)}
              onClick={() => inspect(image.id)}
            >
              <Thumb id={image.id} alt={altOf(image)} />
              <div className="result-foot">
                <DifficultyChip value={image.requestedDifficulty} title="Difficulty asked for" />
                <span className="muted">→</span>
                <DifficultyChip value={image.difficulty} title="Difficulty measured" />
              </div>
            </button>
          ))}
        </div>
        {order.length === 0 && <div className="muted">Images appear here as they are made.</div>}
        {order.length > shown && <div className="muted">The newest {shown} are shown; Browse has all.</div>}
      </div>
    </div>
  );
}

export function agreementOf(images: ImageSummary[]) {
  const pairs = images.flatMap(({ requestedDifficulty: asked, difficulty: measured }) =>
    asked !== null && measured !== null ? [{ asked, measured }] : [],
  );
  const mean = (values: number[]) =>
    values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
  return {
    pairs,
    asked: mean(pairs.map((pair) => pair.asked)),
    measured: mean(pairs.map((pair) => pair.measured)),
    error: mean(pairs.map((pair) => Math.abs(pair.asked - pair.measured))),
  };
}

function Agreement({ images }: { images: ImageSummary[] }) {
  const { pairs, asked, measured, error } = agreementOf(images);
  const key = JSON.stringify(pairs);
  // the pairs, by value
  const options = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 38,
      marginBottom: 30,
      marginTop: 24,
      marginRight: 10,
      x: {
        domain: [0, 1],
        label: 'asked for',
        labelArrow: 'none',
        labelAnchor: 'center',
        ticks: 3,
        tickSize: 3,
      },
      y: { domain: [0, 1], label: 'measured', labelArrow: 'none', ticks: 3, tickSize: 3 },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'var(--muted)', strokeDasharray: '2,3' },
        ),
        Plot.dot(pairs, {
          x: 'asked',
          y: 'measured',
          r: 2.6,
          fill: (d) => difficultyColour(d.measured),
          fillOpacity: 0.85,
        }),
      ],
    }),
    [key],
  );
  if (pairs.length === 0) return null;
  return (
    <div className="row" style={{ gap: 24, alignItems: 'center' }}>
      <div style={{ width: 230, flex: 'none' }}>
        <Chart
          options={options}
          height={204}
          label="Measured against requested difficulty, one dot per image"
        />
      </div>
      <dl className="facts-list num">
        <dt>
          <Term help={definitions.requested}>asked for, mean</Term>
        </dt>
        <dd>{score(asked)}</dd>
        <dt>
          <Term help={definitions.measured}>measured, mean</Term>
        </dt>
        <dd>{score(measured)}</dd>
        <dt>mean distance</dt>
        <dd>{score(error)}</dd>
        <dt>measured</dt>
        <dd>
          {count(pairs.length)} of {count(images.length)} shown
        </dd>
      </dl>
    </div>
  );
}
