/** Owns the density curves: real against synthetic, on the difficulty ramp. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import type { DensityCurve } from '../../shared/domain/difficulty.ts';
import { testIds } from '../test-ids.ts';
import { count } from '../ui/format.ts';
import { Chart } from '../ui/plot.tsx';
import { classColour, originColour, rampGradient } from '../ui/scale.ts';

const colourOf = (label: string, i: number): string => {
  if (/synthetic/i.test(label)) return originColour.synthetic;
  return /real/i.test(label) ? originColour.real : classColour(i);
};

export function DensityChart({ curves, height = 190 }: { curves: DensityCurve[]; height?: number }) {
  const options = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 34,
      marginRight: 8,
      marginTop: 8,
      marginBottom: 22,
      x: { domain: [0, 1], label: null, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], tickSize: 3 },
      y: { label: null, ticks: 4, grid: true, tickSize: 0, zero: true },
      marks: [
        Plot.ruleX([0.33, 0.66], { stroke: 'currentColor', strokeOpacity: 0.25, strokeDasharray: '2,3' }),
        ...curves.flatMap((curve, i) => {
          const points = curve.x.map((x, k) => ({ x, y: curve.y[k] }));
          const colour = colourOf(curve.label, i);
          return [
            Plot.areaY(points, { x: 'x', y: 'y', fill: colour, fillOpacity: 0.13 }),
            Plot.lineY(points, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.75 }),
          ];
        }),
      ],
    }),
    [curves],
  );
  const label = `Density of difficulty: ${curves.map((curve) => `${curve.label}, ${curve.count} images`).join('; ')}`;
  return (
    <div>
      <div className="legend" style={{ marginBottom: 4 }}>
        {curves.map((curve, i) => (
          <span key={curve.label} className="legend-item">
            <span className="swatch" style={{ background: colourOf(curve.label, i) }} />
            {curve.label} <span className="muted num">{count(curve.count)}</span>
          </span>
        ))}
      </div>
      <Chart
        options={options}
        height={height}
        label={label}
        testId={testIds.densityChart}
        data={{ 'data-curves': curves.length }}
      />
      <div style={{ height: 4, borderRadius: 2, background: rampGradient, margin: '0 8px 0 34px' }} />
    </div>
  );
}
