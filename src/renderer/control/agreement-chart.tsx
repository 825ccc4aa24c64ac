/** Owns the chart of how often the class asked for is recognised, against the difficulty asked for. */
import * as Plot from '@observablehq/plot';
import { useCallback } from 'react';
import type { ControlReport } from '../../shared/control.ts';
import { Term } from '../ui/fields.tsx';
import { Chart } from '../ui/plot.tsx';
import { ScorerLegend } from './requested-chart.tsx';
import { scorersOf } from './scorer-style.ts';

export function AgreementChart({ report }: { report: ControlReport }) {
  const options = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: 44,
      marginRight: 12,
      marginTop: 24,
      marginBottom: 34,
      x: { domain: [0, 1], label: 'asked for', ticks: 6, tickSize: 3, labelArrow: 'none' },
      y: {
        domain: [0, 100],
        label: '% recognised',
        ticks: 5,
        grid: true,
        tickSize: 0,
        labelArrow: 'none',
      },
      marks: scorersOf(report).flatMap(({ figures, colour, dash }) => [
        Plot.areaY(figures.levels, {
          x: 'requested',
          y1: ({ agreement, agreementInterval }) => 100 * (agreementInterval?.low ?? agreement),
          y2: ({ agreement, agreementInterval }) => 100 * (agreementInterval?.high ?? agreement),
          fill: colour,
          fillOpacity: 0.14,
        }),
        Plot.lineY(figures.levels, {
          x: 'requested',
          y: ({ agreement }) => 100 * agreement,
          stroke: colour,
          strokeWidth: 2,
          strokeDasharray: dash,
        }),
        Plot.dot(figures.levels, {
          x: 'requested',
          y: ({ agreement }) => 100 * agreement,
          fill: colour,
          r: 3,
        }),
      ]),
    }),
    [report],
  );
  const words = scorersOf(report).map(
    ({ words, figures }) =>
      `${words}: ${figures.levels.map((l) => `${Math.round(100 * l.agreement)} % at ${l.requested}`).join(', ')}`,
  );
  return (
    <section className="panel">
      <div className="panel-head">
        <Term help="Share of the images whose most probable class is the one asked for, with its 95 % interval. It falls as images get harder, that is what hard means; low at the easy end means that the model does not show its classes.">
          Is the class still recognised?
        </Term>
      </div>
      <div className="panel-body">
        <ScorerLegend report={report} />
        <Chart options={options} height={220} label={words.join('; ')} />
      </div>
    </section>
  );
}
