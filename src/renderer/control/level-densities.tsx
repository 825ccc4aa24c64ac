/** Owns the densities of measured difficulty at each level beside the real images' (the paper's Fig. 6). */
import { SegmentedControl } from '@mantine/core';
import * as Plot from '@observablehq/plot';
import { useCallback, useState } from 'react';
import type { ControlReport, ScorerRole } from '../../shared/control.ts';
import { Term } from '../ui/fields.tsx';
import { Chart } from '../ui/plot.tsx';
import { difficultyColour, originColour } from '../ui/scale.ts';

const levelName = (requested: number) => `asked ${requested.toFixed(2)}`;

export function LevelDensitiesChart({ report }: { report: ControlReport }) {
  const [role, setRole] = useState<ScorerRole>('trainingScorer');
  const densities = (role === 'heldOutScorer' && report.heldOutDensities) || report.densities;
  const { x, levels, real } = densities;
  const options = useCallback((): Plot.PlotOptions => {
    // Each curve to its own height: a level that all images agree on would flatten every other.
    const scaled = (y: readonly number[]) => {
      const top = Math.max(...y);
      return y.map((value) => (top > 0 ? value / top : 0));
    };
    const points = levels.flatMap(({ requested, y }) =>
      scaled(y).map((value, i) => ({ x: x[i], y: value, requested, level: levelName(requested) })),
    );
    const ground = levels.flatMap(({ requested }) =>
      scaled(real).map((value, i) => ({ x: x[i], y: value, level: levelName(requested) })),
    );
    return {
      marginLeft: 68,
      marginRight: 12,
      marginTop: 4,
      marginBottom: 34,
      x: { domain: [0, 1], label: 'measured difficulty', ticks: 6, tickSize: 3, labelArrow: 'none' },
      y: { domain: [0, 1.05], axis: null },
      fy: {
        domain: levels.map(({ requested }) => levelName(requested)),
        axis: 'left',
        label: null,
        padding: 0.12,
      },
      marks: [
        Plot.areaY(ground, { x: 'x', y: 'y', fy: 'level', fill: originColour.real, fillOpacity: 0.28 }),
        Plot.areaY(points, {
          x: 'x',
          y: 'y',
          fy: 'level',
          fill: ({ requested }) => difficultyColour(requested),
          z: 'level',
          fillOpacity: 0.35,
        }),
        Plot.lineY(points, {
          x: 'x',
          y: 'y',
          fy: 'level',
          z: 'level',
          stroke: ({ requested }) => difficultyColour(requested),
          strokeWidth: 1.75,
        }),
        Plot.ruleX(levels, {
          x: 'requested',
          fy: ({ requested }) => levelName(requested),
          stroke: 'currentColor',
          strokeOpacity: 0.6,
          strokeDasharray: '2,3',
        }),
        Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.25 }),
      ],
    };
  }, [x, levels, real]);
  return (
    <section className="panel">
      <div className="panel-head">
        <Term help="How the measured difficulties spread at each level: coloured the generated images, grey the real ones. Each curve is drawn to its own height; the dotted line is what was asked for.">
          Spread at each level
        </Term>
        <span className="spacer" />
        {report.heldOutDensities && (
          <SegmentedControl
            aria-label="Scorer of the densities"
            data={[
              { value: 'trainingScorer', label: 'Learned from' },
              { value: 'heldOutScorer', label: 'Never saw' },
            ]}
            value={role}
            onChange={(value) => setRole(value as ScorerRole)}
          />
        )}
      </div>
      <div className="panel-body">
        <Chart
          options={options}
          height={Math.max(300, 52 * levels.length + 40)}
          label={`Densities of measured difficulty at ${levels.map(({ requested }) => requested).join(', ')}, and of the real images`}
        />
      </div>
    </section>
  );
}
