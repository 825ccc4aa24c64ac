/** Owns the comparison of two scorers: scatter, figures, classes, and the images on which they disagree most. */
import { Checkbox, SegmentedControl, Select } from '@mantine/core';
import * as Plot from '@observablehq/plot';
import { useCallback, useMemo, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { Scorer } from '../../shared/domain/scorer.ts';
import type { ScorerComparison } from '../../shared/scorers.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { EmptyState, ErrorPanel } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count, percent } from '../ui/format.ts';
import { MoreRows, useFirstRows } from '../ui/many.tsx';
import { classColour, difficultyColour } from '../ui/scale.ts';
import { scorerChoices } from '../ui/scorer-choices.ts';
import { comparisonSentence, correlationText, lessonsSentence } from './compare-words.ts';
import { Disagreements } from './disagreements.tsx';
import { PointPlot } from './point-plot.tsx';
import { Stat } from './stat.tsx';

const largest = 60;

type ColourBy = 'class' | 'difference';

export function CompareView({ dataset }: { dataset: Dataset }) {
  const [a, setA] = useState<number | null>(null);
  const [b, setB] = useState<number | null>(null);
  const { scorers } = dataset;
  if (scorers.length < 2)
    return (
      <EmptyState icon="difficulty" title="There is only one scorer to look at">
        Another scorer shows how much of the difficulty is in the images, and how much in the eye that looks
        at them. Score again with another method, another encoder, or a classifier that was fitted on this
        dataset.
      </EmptyState>
    );
  const first = scorers.find(({ id }) => id === (a ?? dataset.currentScorerId)) ?? scorers[0];
  const second = scorers.find(({ id }) => id === b && id !== first.id) ?? mirrorOf(first, scorers);
  return (
    <>
      <div className="row wrap" style={{ gap: 10 }}>
        <ScorerSelect label="A" scorers={scorers} value={first} onChange={setA} />
        <ScorerSelect
          label="B"
          scorers={scorers.filter(({ id }) => id !== first.id)}
          value={second}
          onChange={setB}
        />
      </div>
      <Comparison key={`${first.id} ${second.id}`} dataset={dataset} a={first} b={second} />
    </>
  );
}

/** Whom to compare with at first: one that had not seen the images, of another model where there is one. */
function mirrorOf(scorer: Scorer, scorers: Scorer[]): Scorer {
  const others = scorers.filter(({ id }) => id !== scorer.id);
  const foreign = others.filter(({ modelHash }) => modelHash !== scorer.modelHash);
  const among = foreign.length > 0 ? foreign : others;
  return among.find(({ method }) => method === 'out-of-fold') ?? among[0];
}

function ScorerSelect({
  label,
  scorers,
  value,
  onChange,
}: {
  label: 'A' | 'B';
  scorers: Scorer[];
  value: Scorer;
  onChange: (id: number) => void;
}) {
  return (
    <div className="row" style={{ gap: 6 }}>
      <b>{label}</b>
      <Select
        w={380}
        aria-label={`Scorer ${label}`}
        data-testid={testIds.compareScorer(label)}
        data={scorerChoices(scorers)}
        value={String(value.id)}
        onChange={(id) => id && onChange(Number(id))}
      />
    </div>
  );
}

function Comparison({ dataset, a, b }: { dataset: Dataset; a: Scorer; b: Scorer }) {
  const [onlyUnseen, setOnlyUnseen] = useState(false);
  const { data, error, refetch } = useRequest(
    'scorers.compare',
    { datasetId: dataset.id, a: a.id, b: b.id, largest, onlyUnseen },
    { keep: true },
  );
  if (error)
    return <ErrorPanel what="The two cannot be compared" error={error} retry={() => void refetch()} />;
  if (!data) return <div className="muted">Comparing…</div>;
  const lessons = lessonsSentence(data);
  return (
    <>
      <div className="row wrap" style={{ gap: 28, alignItems: 'flex-end' }}>
        <Stat label="Spearman" help={definitions.spearman}>
          <b
            className="num"
            data-testid={testIds.compareSpearman}
            data-value={data.overall.spearman.value ?? ''}
          >
            {correlationText(data.overall.spearman, false)}
          </b>
        </Stat>
        <Stat label="Kendall" help={definitions.kendall}>
          <b className="num">{correlationText(data.overall.kendall, false)}</b>
        </Stat>
        <Stat label="in the same bucket" help={`${definitions.buckets} ${definitions.kappa}`}>
          <b className="num">{percent(data.overall.sameBucket)}</b>
        </Stat>
        <Stat label="images by both" help="Real images that both have scored and that nobody has excluded.">
          <b className="num">{count(data.overall.images)}</b>
        </Stat>
        <p className="scorer-sentence" style={{ flex: 1 }}>
          {comparisonSentence(data)}
        </p>
      </div>
      {lessons && (
        <div className="row wrap muted" style={{ gap: 16 }}>
          <span style={{ maxWidth: 900 }}>{lessons}</span>
          {data.unseen > 0 && (
            <Checkbox
              size="xs"
              data-testid={testIds.compareUnseen}
              label={`Only the ${count(data.unseen)} that neither is known to have learned from`}
              checked={onlyUnseen}
              onChange={(event) => setOnlyUnseen(event.currentTarget.checked)}
            />
          )}
        </div>
      )}
      <div className="compare-columns">
        <ScatterPanel dataset={dataset} data={data} />
        <ClassPanel data={data} />
      </div>
      <Disagreements data={data} />
    </>
  );
}

/** The diagonal, on which both agree, and the borders of the buckets. */
const agreementMarks: Plot.Markish[] = [
  Plot.ruleX([0.33, 0.66], { stroke: 'currentColor', strokeOpacity: 0.25, strokeDasharray: '2,3' }),
  Plot.ruleY([0.33, 0.66], { stroke: 'currentColor', strokeOpacity: 0.25, strokeDasharray: '2,3' }),
  Plot.line(
    [
      [0, 0],
      [1, 1],
    ],
    { stroke: 'currentColor', strokeOpacity: 0.5 },
  ),
];

function ScatterPanel({ dataset, data }: { dataset: Dataset; data: ScorerComparison }) {
  const [by, setBy] = useState<ColourBy>('class');
  const { ids, a, b, classIndex } = data.points;
  const colours = useMemo(
    () =>
      Array.from(ids, (_, i) =>
        by === 'class' ? classColour(classIndex[i]) : difficultyColour(Math.abs(a[i] - b[i])),
      ),
    [ids, a, b, classIndex, by],
  );
  const describe = useCallback(
    (i: number) => (
      <>
        {dataset.classes[classIndex[i]]?.name}
        <div className="num muted">
          A {a[i].toFixed(2)} · B {b[i].toFixed(2)}
        </div>
      </>
    ),
    [dataset.classes, classIndex, a, b],
  );
  return (
    <div className="panel">
      <div className="panel-head">
        <Term help="Each point is an image. On the line both give it the same difficulty; far from it they disagree. Click a point to look at the image.">
          Difficulty by A and by B
        </Term>
        <span className="spacer" />
        <SegmentedControl
          size="xs"
          aria-label="Colour by"
          data={[
            { value: 'class', label: 'Class' },
            { value: 'difference', label: 'Difference' },
          ]}
          value={by}
          onChange={(value) => setBy(value as ColourBy)}
        />
      </div>
      <div className="panel-body">
        <PointPlot
          ids={ids}
          x={a}
          y={b}
          xMax={1}
          yMax={1}
          xLabel="difficulty by A"
          yLabel="difficulty by B"
          colours={colours}
          under={agreementMarks}
          describe={describe}
          height={420}
          label={`Difficulty of ${ids.length} images by ${data.a.name} against ${data.b.name}`}
          testId={testIds.compareScatter}
        />
        {by === 'class' && (
          <div className="legend" style={{ marginTop: 6 }}>
            {dataset.classes.slice(0, 20).map(({ name }, at) => (
              <span key={name} className="legend-item">
                <span className="swatch" style={{ background: classColour(at) }} />
                {name}
              </span>
            ))}
            {dataset.classes.length > 20 && (
              <span className="muted">and {dataset.classes.length - 20} more</span>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

function ClassPanel({ data }: { data: ScorerComparison }) {
  const first = useFirstRows([{ className: 'all', classId: 0, ...data.overall }, ...data.classes]);
  return (
    <div className="panel" style={{ minWidth: 0 }}>
      <div className="panel-head">By class</div>
      <div className="compare-classes">
        <table className="data num" data-testid={testIds.compareClasses} aria-label="Agreement by class">
          <thead>
            <tr>
              <th>Class</th>
              <th className="right">Images</th>
              <th className="right">
                <Term help={definitions.spearman}>Spearman, 95 %</Term>
              </th>
              <th className="right">
                <Term help={definitions.kendall}>Kendall</Term>
              </th>
              <th className="right">Same bucket</th>
            </tr>
          </thead>
          <tbody>
            {first.rows.map((row) => (
              <tr key={row.classId}>
                <td>{row.classId === 0 ? <b>all classes</b> : row.className}</td>
                <td className="right">{count(row.images)}</td>
                <td className="right">{correlationText(row.spearman)}</td>
                <td className="right">{correlationText(row.kendall, false)}</td>
                <td className="right">{percent(row.sameBucket)}</td>
              </tr>
            ))}
            <MoreRows {...first} columns={5} />
          </tbody>
        </table>
      </div>
    </div>
  );
}
