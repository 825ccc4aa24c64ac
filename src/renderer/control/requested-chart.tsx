/** Owns the chart of asked against measured difficulty: mean and spread at each level, by both scorers. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import type { ControlReport } from '../../shared/control.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { Chart } from '../ui/plot.tsx';
import { scorersOf } from './scorer-style.ts';

export function RequestedChart({ report, beside }: { report: ControlReport; beside: ControlReport | null }) {
  const options = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 40,
      marginRight: 12,
      marginTop: 24,
      marginBottom: 34,
      x: { domain: [0, 1], label: 'asked for', ticks: 6, tickSize: 3, labelArrow: 'none' },
      y: { domain: [0, 1], label: 'measured', ticks: 5, grid: true, tickSize: 0, labelArrow: 'none' },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '2,3' },
        ),
        ...scorersOf(report).flatMap(({ figures, colour, dash }) => [
          Plot.areaY(figures.levels, {
            x: 'requested',
            y1: ({ measuredMean, measuredSd }) => Math.max(0, measuredMean - measuredSd),
            y2: ({ measuredMean, measuredSd }) => Math.min(1, measuredMean + measuredSd),
            fill: colour,
            fillOpacity: 0.1,
          }),
          Plot.lineY(figures.levels, {
            x: 'requested',
            y: 'measuredMean',
            stroke: colour,
            strokeWidth: 2,
            strokeDasharray: dash,
          }),
          Plot.ruleX(figures.levels, {
            x: 'requested',
            y1: ({ measuredMean, measuredInterval }) => measuredInterval?.low ?? measuredMean,
            y2: ({ measuredMean, measuredInterval }) => measuredInterval?.high ?? measuredMean,
            stroke: colour,
            strokeWidth: 2,
          }),
          Plot.dot(figures.levels, { x: 'requested', y: 'measuredMean', fill: colour, r: 3 }),
        ]),
        ...(beside ? scorersOf(beside) : []).map(({ figures, colour }) =>
          Plot.lineY(figures.levels, {
            x: 'requested',
            y: 'measuredMean',
            stroke: colour,
            strokeOpacity: 0.6,
            strokeDasharray: '1,3',
            strokeWidth: 2,
          }),
        ),
      ],
    }),
    [report, beside],
  );
  const words = scorersOf(report).map(
    ({ words, figures }) =>
      `${words}: ${figures.levels.map((l) => `${l.requested} asked, ${l.measuredMean.toFixed(2)} measured`).join(', ')}`,
  );
  return (
    <section className="panel">
      <div className="panel-head">
        <Term help="Mean measured difficulty at each level, with its 95 % interval as a bar; the band is one standard deviation of the images. On the diagonal, images are as hard as asked. What counts first is that the line rises.">
          Asked for and measured
        </Term>
      </div>
      <div className="panel-body">
        <ScorerLegend
          report={report}
          more={beside ? 'dotted: the check compared with' : 'dotted: as hard as asked'}
        />
        <Chart options={options} height={300} label={words.join('; ')} testId={testIds.controlChart} />
      </div>
    </section>
  );
}

/** Which line is whose. */
export function ScorerLegend({ report, more }: { report: ControlReport; more?: string }) {
  return (
    <div className="legend" style={{ marginBottom: 4 }}>
      {scorersOf(report).map(({ role, colour, dash, words, name }) => (
        <span key={role} className="legend-item" title={name}>
          <svg width="22" height="8" aria-hidden="true">
            <line x1="0" x2="22" y1="4" y2="4" stroke={colour} strokeWidth="2.5" strokeDasharray={dash} />
          </svg>
          {words}
        </span>
      ))}
      {more && <span className="muted">{more}</span>}
    </div>
  );
}
