/** Owns the dataset map of a fitted classifier: how its training went for each image (Swayamdipta et al. 2020). */
import { SegmentedControl } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { DatasetMap } from '../../shared/scorers.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { EmptyState, ErrorPanel } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { counted } from '../ui/format.ts';
import { ImageStrip } from '../ui/picture.tsx';
import { classColour, difficultyColour, originColour } from '../ui/scale.ts';
import { PointPlot } from './point-plot.tsx';
import { mapRegions } from './training-regions.ts';

export function TrainingView({ dataset }: { dataset: Dataset }) {
  const scorerId = dataset.currentScorerId!;
  const { data, error, refetch, isPending } = useRequest('scorers.dynamics', {
    datasetId: dataset.id,
    scorerId,
  });
  if (error)
    return <ErrorPanel what="The training cannot be shown" error={error} retry={() => void refetch()} />;
  if (isPending) return <div className="muted">Reading…</div>;
  if (!data)
    return (
      <EmptyState icon="difficulty" title="This scorer keeps no record of a training">
        A classifier that is trained here on this dataset records after every epoch what it says of each
        image. Train one, score with it and choose it above: this page then shows which images it learned at
        once, which it kept changing its mind about, and which it never learned.
      </EmptyState>
    );
  return <TrainingMap dataset={dataset} map={data} />;
}

type ColourBy = 'correctness' | 'class' | 'held-out';

function TrainingMap({ dataset, map }: { dataset: Dataset; map: DatasetMap }) {
  const [by, setBy] = useState<ColourBy>('correctness');
  const regions = useMemo(() => mapRegions(map, 12), [map]);
  const colours = useMemo(
    () =>
      Array.from(map.ids, (_, i) => {
        if (by === 'class') return classColour(map.classIndex[i]);
        if (by === 'held-out') return originColour[map.heldOut[i] ? 'synthetic' : 'real'];
        return difficultyColour(1 - map.correctness[i]);
      }),
    [map, by],
  );
  const describe = useCallback(
    (i: number) => (
      <>
        {dataset.classes[map.classIndex[i]]?.name ?? 'no class'}
        {map.heldOut[i] === 1 && <span className="muted"> · held out</span>}
        <div className="num muted">
          right in {Math.round(100 * map.correctness[i])} % of epochs, forgotten {map.forgetting[i]} ×
        </div>
      </>
    ),
    [dataset.classes, map],
  );
  return (
    <>
      <p className="muted" style={{ maxWidth: 900 }}>
        {map.modelName} was asked about {counted(map.ids.length, 'image')} after every epoch of its training.
        Top left: learned at once and kept. Right: it kept changing its mind, and these teach a model most.
        Bottom left: it never came to believe the label, which is then often wrong.
      </p>
      <div className="panel">
        <div className="panel-head">
          <Term help={definitions.datasetMap}>Dataset map</Term>
          <span className="spacer" />
          <SegmentedControl
            size="xs"
            aria-label="Colour by"
            data={[
              { value: 'correctness', label: 'Right in epochs' },
              { value: 'class', label: 'Class' },
              { value: 'held-out', label: 'Held out' },
            ]}
            value={by}
            onChange={(value) => setBy(value as ColourBy)}
          />
        </div>
        <div className="panel-body">
          <PointPlot
            ids={map.ids}
            x={map.variability}
            y={map.confidence}
            xMax={0.5}
            yMax={1}
            xLabel="variability: how much that changed from epoch to epoch"
            yLabel="confidence: mean p(label)"
            colours={colours}
            under={[]}
            describe={describe}
            height={400}
            label={`Confidence against variability of ${map.ids.length} images in the training of ${map.modelName}`}
            testId={testIds.datasetMap}
          />
          <Legend by={by} />
        </div>
      </div>
      <div className="strips">
        {regions.map(({ title, help, ids }) => (
          <div key={title} className="panel">
            <div className="panel-head">
              <Term help={help}>{title}</Term>
            </div>
            <div className="panel-body">
              <ImageStrip ids={ids} label={title} />
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

function Legend({ by }: { by: ColourBy }) {
  const items: [string, string][] =
    by === 'held-out'
      ? [
          ['trained on', originColour.real],
          ['held out: only asked about', originColour.synthetic],
        ]
      : by === 'correctness'
        ? [
            ['right in every epoch', difficultyColour(0)],
            ['in half of them', difficultyColour(0.5)],
            ['in none', difficultyColour(1)],
          ]
        : [];
  return (
    <div className="legend" style={{ marginTop: 6 }}>
      {items.map(([name, colour]) => (
        <span key={name} className="legend-item">
          <span className="swatch" style={{ background: colour }} />
          {name}
        </span>
      ))}
    </div>
  );
}
