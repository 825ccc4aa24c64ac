/** Owns the live loss curve of a training job. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import { testIds } from '../test-ids.ts';
import { lossText } from '../ui/format.ts';
import { Chart } from '../ui/plot.tsx';
import { useTrainingPoints } from './training-points.ts';

export function LossChart({ jobId }: { jobId: number }) {
  const points = useTrainingPoints(jobId);
  const options = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 44,
      marginRight: 8,
      marginTop: 8,
      marginBottom: 32,
      x: { label: 'step', labelArrow: 'none', labelAnchor: 'center', tickSize: 3, ticks: 6 },
      y: { label: null, grid: true, ticks: 4, tickSize: 0, nice: true },
      marks: [
        Plot.lineY(points, {
          x: 'step',
          y: 'loss',
          stroke: 'var(--muted)',
          strokeOpacity: 0.45,
          strokeWidth: 1,
        }),
        Plot.lineY(points, { x: 'step', y: 'smoothedLoss', stroke: 'var(--accent)', strokeWidth: 1.75 }),
      ],
    }),
    [points],
  );
  const last = points.at(-1);
  return (
    <div>
      <div className="legend num">
        <span className="legend-item">
          <span className="swatch" style={{ background: 'var(--accent)' }} /> smoothed loss{' '}
          {last ? lossText(last.smoothedLoss, 4) : ''}
        </span>
        <span className="legend-item muted">
          <span className="swatch" style={{ background: 'var(--muted)' }} /> each step
        </span>
      </div>
      {points.length === 0 ? (
        <div className="train-nothing muted small" data-testid={testIds.lossChart} data-points={0}>
          The curve begins with the first step. Lower means that it tells the noise better.
        </div>
      ) : (
        <Chart
          options={options}
          height={190}
          label="Training loss by step"
          testId={testIds.lossChart}
          data={{ 'data-points': points.length }}
        />
      )}
    </div>
  );
}
