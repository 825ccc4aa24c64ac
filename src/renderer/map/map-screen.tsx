/** Owns the map screen: the projection, how it is coloured, what is hovered and chosen. */
import './map.css';
import { Button, SegmentedControl, Tooltip } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ProjectionData } from '../../shared/domain/difficulty.ts';
import { Inspector } from '../browse/inspector.tsx';
import { useDataset, useRequest } from '../queries.ts';
import { type MapColour, useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, NoDataset } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { JobLine, useActiveJob } from '../ui/job-progress.tsx';
import { DifficultyChip, SyntheticMark, Thumb } from '../ui/picture.tsx';
import { pointColours } from './colours.ts';
import { Legend } from './legend.tsx';
import { ProjectForm } from './project-form.tsx';
import { type Hover, Scatter } from './scatter.tsx';

const methodName = new Map([
  ['tsne', 't-SNE'],
  ['pca', 'PCA'],
]);

export function MapScreen() {
  const dataset = useDataset();
  return dataset ? <MapOf key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

function MapOf({ dataset }: { dataset: Dataset }) {
  const { data, error, isPending, refetch } = useRequest('projection.get', { datasetId: dataset.id });
  const job = useActiveJob('project', dataset.id);
  const [again, setAgain] = useState(false);
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);
  return (
    <>
      <div className="screen">
        {error && <ErrorPanel what="The map cannot be shown" error={error} retry={() => void refetch()} />}
        {job && (
          <div className="notice">
            <div>
              <JobLine job={job} />
            </div>
          </div>
        )}
        {data && again && !job && (
          <div className="notice">
            <div>
              <ProjectForm dataset={dataset} onStarted={() => setAgain(false)} />
            </div>
          </div>
        )}
        {data && <ProjectionMap projection={data} dataset={dataset} onAgain={() => setAgain(!again)} />}
        {!isPending && !error && !data && !job && (
          <EmptyState icon="map" title="This dataset has no map yet">
            The map lays images out by the likeness of their features: neighbours look alike to the encoder.
            Confusable classes touch, mislabelled images sit in the wrong island.
            <div style={{ marginTop: 16, textAlign: 'left' }}>
              <ProjectForm dataset={dataset} />
            </div>
          </EmptyState>
        )}
      </div>
      {inspectId !== null && <Inspector id={inspectId} dataset={dataset} onClose={() => inspect(null)} />}
    </>
  );
}

interface Props {
  projection: ProjectionData;
  dataset: Dataset;
  onAgain: () => void;
}

function ProjectionMap({ projection, dataset, onAgain }: Props) {
  const { mapColour, setMapColour, inspectId, inspect, browse } = useStore();
  const [lasso, setLasso] = useState(false);
  const [hover, setHover] = useState<Hover | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<number> | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const colours = useMemo(() => pointColours(projection, mapColour, chosen), [projection, mapColour, chosen]);
  const marked = inspectId === null ? -1 : projection.ids.indexOf(inspectId);
  const missing = dataset.images + dataset.synthetic - projection.ids.length;
  const openInBrowse = () => {
    if (chosen)
      browse(
        {},
        undefined,
        Uint32Array.from(chosen, (i) => projection.ids[i]),
      );
  };
  return (
    <>
      <div className="toolbar">
        <span className="toolbar-title num" data-testid={testIds.mapCount} data-count={projection.ids.length}>
          {count(projection.ids.length)}
        </span>
        <span className="muted ellipsis">
          images · {methodName.get(projection.method) ?? projection.method} of {projection.modelName}
        </span>
        {missing > 0 && (
          <span className="muted ellipsis num" title="Compute the map again to place them">
            · {count(missing)} newer not on it
          </span>
        )}
        <div className="spacer" />
        <SegmentedControl
          aria-label="Colour by"
          data-testid={testIds.mapColour}
          data={[
            { value: 'class', label: 'Class' },
            { value: 'difficulty', label: 'Difficulty' },
            { value: 'origin', label: 'Real / synthetic' },
          ]}
          value={mapColour}
          onChange={(value) => setMapColour(value as MapColour)}
        />
        <Tooltip label="Draw around points to choose them. Holding Shift while dragging does the same.">
          <Button
            aria-pressed={lasso}
            variant={lasso ? 'filled' : 'default'}
            leftSection={<Icon name="lasso" size={15} />}
            data-testid={testIds.mapLasso}
            onClick={() => setLasso(!lasso)}
          >
            Lasso
          </Button>
        </Tooltip>
        <Button onClick={onAgain}>Compute again…</Button>
      </div>
      <div className="map-area">
        {failure ? (
          <ErrorPanel what="The map cannot be drawn" error={failure} />
        ) : (
          <Scatter
            positions={projection.positions}
            colours={colours}
            marked={marked >= 0 ? marked : null}
            fitKey={`${projection.projectionId}:${projection.ids.length}`}
            lasso={lasso}
            label={`Map of ${projection.ids.length} images of ${dataset.name}, coloured by ${mapColour}`}
            onHover={setHover}
            onClick={(i) => inspect(projection.ids[i])}
            onLasso={(indices) => setChosen(indices.length ? new Set(indices) : null)}
            onFailure={setFailure}
          />
        )}
        <Legend dataset={dataset} projection={projection} by={mapColour} />
        {chosen && (
          <div className="bulk">
            <strong className="num" data-testid={testIds.mapSelected} data-count={chosen.size}>
              {count(chosen.size)} chosen
            </strong>
            <Button variant="filled" data-testid={testIds.mapOpenInBrowse} onClick={openInBrowse}>
              Open in Browse
            </Button>
            <Button variant="subtle" onClick={() => setChosen(null)}>
              Clear
            </Button>
          </div>
        )}
        {hover && <HoverCard hover={hover} projection={projection} dataset={dataset} />}
      </div>
    </>
  );
}

function HoverCard({
  hover,
  projection,
  dataset,
}: {
  hover: Hover;
  projection: ProjectionData;
  dataset: Dataset;
}) {
  const id = projection.ids[hover.index];
  const difficulty = projection.difficulty[hover.index];
  const name = dataset.classes.find(({ index }) => index === projection.classIndex[hover.index])?.name;
  return (
    <div
      className="map-hover"
      data-testid={testIds.mapHover}
      data-image-id={id}
      style={{
        left: `clamp(4px, ${hover.x + 12}px, calc(100% - 138px))`,
        top: `clamp(4px, ${hover.y + 12}px, calc(100% - 152px))`,
      }}
    >
      <Thumb id={id} alt={name ?? 'Image'} />
      <div className="row small" style={{ marginTop: 4 }}>
        <DifficultyChip value={Number.isNaN(difficulty) ? null : difficulty} />
        <span className="ellipsis">{name ?? 'no class'}</span>
        {projection.synthetic[hover.index] === 1 && <SyntheticMark />}
      </div>
    </div>
  );
}
