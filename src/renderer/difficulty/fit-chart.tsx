/** Owns the curves of a classifier's training, a point an epoch: losses, and what it gets right of the images held out. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import type { TrainingPoint } from '../../shared/jobs/job.ts';
import { testIds } from '../test-ids.ts';
import { lossText, percent } from '../ui/format.ts';
import { Chart } from '../ui/plot.tsx';

/** The epoch whose loss on the images held out is the lowest: the one that is kept. */
export const bestPoint = (points: readonly TrainingPoint[]): TrainingPoint | undefined =>
  points.reduce<TrainingPoint | undefined>(
    (best, point) => (best && lossOf(best) <= lossOf(point) ? best : point),
    undefined,
  );

/** What came out as no number is the worst. */
const lossOf = ({ smoothedLoss }: TrainingPoint) => smoothedLoss ?? Number.POSITIVE_INFINITY;

const frame: Plot.PlotOptions = {
  marginLeft: 44,
  marginRight: 8,
  marginTop: 8,
  marginBottom: 32,
};
const epochs = (points: readonly TrainingPoint[]): Plot.ScaleOptions => ({
  label: 'epoch',
  labelArrow: 'none',
  labelAnchor: 'center',
  tickSize: 3,
  // A single epoch would otherwise have ticks at fractions of it.
  domain: [1, Math.max(2, points.at(-1)?.step ?? 2)],
  ticks: Math.min(8, Math.max(1, points.length - 1)),
  tickFormat: 'd',
});

export function FitChart({ points }: { points: TrainingPoint[] }) {
  const best = bestPoint(points);
  const losses = useCallback(
    (): Plot.PlotOptions => ({
      ...frame,
      x: epochs(points),
      y: { label: null, grid: true, ticks: 4, tickSize: 0, nice: true },
      marks: [
        Plot.ruleX(best ? [best.step] : [], { stroke: 'var(--accent)', strokeOpacity: 0.35 }),
        Plot.lineY(points, { x: 'step', y: 'loss', stroke: 'var(--muted)', marker: 'dot' }),
        Plot.lineY(points, {
          x: 'step',
          y: 'smoothedLoss',
          stroke: 'var(--accent)',
          strokeWidth: 1.75,
          marker: 'dot',
        }),
      ],
    }),
    [points, best],
  );
  const right = useCallback(
    (): Plot.PlotOptions => ({
      ...frame,
      x: epochs(points),
      y: { label: null, grid: true, ticks: 4, tickSize: 0, domain: [0, 1], tickFormat: '.0%' },
      marks: [
        Plot.ruleX(best ? [best.step] : [], { stroke: 'var(--accent)', strokeOpacity: 0.35 }),
        Plot.lineY(points, {
          x: 'step',
          y: 'accuracy',
          stroke: 'var(--accent)',
          strokeWidth: 1.75,
          marker: 'dot',
        }),
      ],
    }),
    [points, best],
  );
  if (!best) {
    return (
      <div className="fit-nothing muted small" data-testid={testIds.fitChart} data-points={0}>
        The curves begin when the first epoch is done.
      </div>
    );
  }
  const last = points[points.length - 1];
  return (
    <div className="fit-charts">
      <div>
        <div className="legend num">
          <span className="legend-item">
            <span className="swatch" style={{ background: 'var(--accent)' }} /> loss, held out{' '}
            {lossText(last.smoothedLoss, 3)}
          </span>
          <span className="legend-item muted">
            <span className="swatch" style={{ background: 'var(--muted)' }} /> loss, learned from{' '}
            {lossText(last.loss, 3)}
          </span>
        </div>
        <Chart
          options={losses}
          height={180}
          label="Losses by epoch"
          testId={testIds.fitChart}
          data={{ 'data-points': points.length }}
        />
      </div>
      <div>
        <div className="legend num">
          <span className="legend-item">
            <span className="swatch" style={{ background: 'var(--accent)' }} /> right of the images held out{' '}
            {percent(last.accuracy ?? null)}
          </span>
          <span className="legend-item muted">
            best: epoch {best.step}, {percent(best.accuracy ?? null)}
          </span>
        </div>
        <Chart options={right} height={180} label="Share right of the images held out, by epoch" />
      </div>
    </div>
  );
}
