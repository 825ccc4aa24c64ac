/** Owns the reliability curve: how often a scorer is right against how sure it is, and how many images say so. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import type { CalibrationFigures, ReliabilityBin } from '../../shared/scorers.ts';
import { testIds } from '../test-ids.ts';
import { counted, percent } from '../ui/format.ts';
import { Chart } from '../ui/plot.tsx';
import { originColour } from '../ui/scale.ts';

const margins = { marginLeft: 58, marginRight: 14 };
const binWidth = 1 / 15;

const titleOf = (bin: ReliabilityBin) =>
  `Says ${percent(bin.confidence)}, is right in ${percent(bin.accuracy)} (${percent(bin.low)} to ${percent(bin.high)}) of ${counted(bin.images, 'image')}`;

const percentTick = (share: number) => `${Math.round(100 * share)} %`;

export function ReliabilityChart({
  as,
  tempered,
}: {
  as: CalibrationFigures;
  tempered: CalibrationFigures | null;
}) {
  const curve = useCallback(
    (): Plot.PlotOptions => ({
      ...margins,
      marginTop: 10,
      marginBottom: 20,
      x: { domain: [0, 1], label: null, ticks: 5, tickFormat: percentTick, tickSize: 3, grid: true },
      y: {
        domain: [0, 1],
        label: 'is right in',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: 5,
        tickFormat: percentTick,
        tickSize: 3,
        grid: true,
      },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '4,3' },
        ),
        ...(tempered
          ? [
              Plot.line(tempered.bins, {
                x: 'confidence',
                y: 'accuracy',
                stroke: originColour.synthetic,
                strokeWidth: 1.25,
                strokeDasharray: '5,3',
              }),
            ]
          : []),
        Plot.line(as.bins, {
          x: 'confidence',
          y: 'accuracy',
          stroke: 'var(--accent)',
          strokeWidth: 1.75,
        }),
        Plot.ruleX(as.bins, {
          x: 'confidence',
          y1: 'low',
          y2: 'high',
          stroke: 'var(--accent)',
          strokeOpacity: 0.6,
          strokeWidth: 1.5,
        }),
        Plot.dot(as.bins, { x: 'confidence', y: 'accuracy', fill: 'var(--accent)', r: 3.5, title: titleOf }),
      ],
    }),
    [as, tempered],
  );
  const counts = useCallback(
    (): Plot.PlotOptions => ({
      ...margins,
      marginTop: 4,
      marginBottom: 36,
      x: {
        domain: [0, 1],
        label: 'says (probability of its first choice)',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: 5,
        tickFormat: percentTick,
        tickSize: 3,
      },
      y: { label: 'images', labelAnchor: 'center', labelArrow: 'none', ticks: 2, tickSize: 3, grid: true },
      marks: [
        Plot.rectY(
          as.bins.map((bin) => ({ ...bin, from: Math.min(14, Math.floor(bin.confidence * 15)) * binWidth })),
          {
            x1: 'from',
            x2: ({ from }: { from: number }) => from + binWidth,
            y: 'images',
            fill: originColour.real,
            insetLeft: 1,
            insetRight: 1,
            title: titleOf,
          },
        ),
      ],
    }),
    [as],
  );
  return (
    <div>
      <div className="legend" style={{ marginBottom: 4 }}>
        <span className="legend-item">
          <span className="swatch" style={{ background: 'var(--accent)' }} />
          as it is, with its 95 % interval
        </span>
        {tempered && (
          <span className="legend-item">
            <span className="swatch" style={{ background: originColour.synthetic }} />
            with the fitted temperature
          </span>
        )}
        <span className="legend-item muted">
          on the dashed diagonal: as sure as it is right; below: too sure
        </span>
      </div>
      <Chart
        options={curve}
        height={300}
        label={`Reliability: ${as.bins.map(titleOf).join('; ')}`}
        testId={testIds.reliabilityChart}
        data={{ 'data-bins': as.bins.length }}
      />
      <Chart options={counts} height={104} label="Images by how sure the scorer is of its first choice" />
    </div>
  );
}
