/** Owns the charts of what difficulty costs: how different the images are, and how near to the real ones. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import type { ControlQuality, LevelQuality, SetQuality } from '../../shared/control.ts';
import { Term } from '../ui/fields.tsx';
import { Chart } from '../ui/plot.tsx';
import { originColour } from '../ui/scale.ts';

type Figure = 'diversity' | 'nearestReal' | 'precision';

const charts: { figure: Figure; title: string; help: string }[] = [
  {
    figure: 'diversity',
    title: 'Diversity',
    help: 'Mean cosine distance of two images of a class: 0 when all are alike.',
  },
  {
    figure: 'nearestReal',
    title: 'Nearness to real images',
    help: 'Mean cosine similarity to the nearest real image of the class: 1 would be a copy.',
  },
  {
    figure: 'precision',
    title: 'Share among real images',
    help: 'Precision: share of the images that lie among the real ones of the class, in the features of the encoder.',
  },
];

export function QualityCharts({ quality }: { quality: ControlQuality }) {
  return (
    <section className="panel">
      <div className="panel-head">
        <Term
          help={`In the features of ${quality.encoder.name}, within each class, mean over classes. Where there are enough real images of about that difficulty, as many of each are compared; else all generated images.`}
        >
          What does it cost?
        </Term>
        <span className="spacer" />
        <span className="legend" style={{ fontWeight: 400 }}>
          <span className="legend-item">
            <span className="swatch" style={{ background: originColour.synthetic }} />
            generated
          </span>
          <span className="legend-item">
            <span className="swatch" style={{ background: originColour.real }} />
            real, as hard
          </span>
        </span>
      </div>
      <div className="panel-body control-quality">
        {charts.map(({ figure, title, help }) => (
          <div key={figure}>
            <h3>
              <Term help={help}>{title}</Term>
            </h3>
            <QualityChart quality={quality} figure={figure} title={title} />
          </div>
        ))}
      </div>
    </section>
  );
}

type Side = (level: LevelQuality) => SetQuality | null;
const generatedSide: Side = (level) => level.matched?.generated ?? level.generated;
const realSide: Side = (level) => level.matched?.real ?? null;

function QualityChart({
  quality,
  figure,
  title,
}: {
  quality: ControlQuality;
  figure: Figure;
  title: string;
}) {
  const options = useCallback((): Plot.PlotOptions => {
    const points = (side: Side) =>
      quality.levels.flatMap((level) => {
        const value = side(level)?.[figure] ?? null;
        return value === null ? [] : [{ requested: level.requested, value }];
      });
    const line = (side: Side, colour: string) => [
      Plot.lineY(points(side), { x: 'requested', y: 'value', stroke: colour, strokeWidth: 2 }),
      Plot.dot(points(side), { x: 'requested', y: 'value', fill: colour, r: 2.5 }),
    ];
    return {
      marginLeft: 34,
      marginRight: 8,
      marginTop: 10,
      marginBottom: 22,
      x: { domain: [0, 1], label: null, ticks: 3, tickSize: 3 },
      y: { label: null, ticks: 4, grid: true, tickSize: 0, zero: figure !== 'nearestReal' },
      marks: [...line(realSide, originColour.real), ...line(generatedSide, originColour.synthetic)],
    };
  }, [quality, figure]);
  const words = quality.levels.map(
    (level) => `${generatedSide(level)?.[figure]?.toFixed(2) ?? 'unknown'} at ${level.requested}`,
  );
  return <Chart options={options} height={200} label={`${title}: ${words.join(', ')}`} />;
}
