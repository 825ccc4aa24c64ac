/** Owns the map of one class: where its real and its generated images lie (the paper's Fig. 7). */
import { Select } from '@mantine/core';
import * as Plot from '@observablehq/plot';
import { useCallback, useState } from 'react';
import type { ClassMap } from '../../shared/control.ts';
import { Term } from '../ui/fields.tsx';
import { count } from '../ui/format.ts';
import { manyOptions } from '../ui/many.tsx';
import { Chart } from '../ui/plot.tsx';
import { difficultyColour, originColour } from '../ui/scale.ts';

const [height, margin] = [400, 10];

/** Domains of both axes that show all points with one scale: distances on a map must be comparable. */
function sameScale(positions: readonly number[], width: number, height: number) {
  const extent = (axis: 0 | 1) => {
    const values = positions.filter((_, i) => i % 2 === axis);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { centre: (low + high) / 2, range: high - low };
  };
  const [x, y] = [extent(0), extent(1)];
  const perPixel = Math.max(x.range / width, y.range / height, 1e-9);
  const axis = (centre: number, pixels: number) => ({
    axis: null,
    domain: [centre - (perPixel * pixels) / 2, centre + (perPixel * pixels) / 2],
  });
  return { x: axis(x.centre, width), y: axis(y.centre, height) };
}

export function ClassMaps({ maps }: { maps: ClassMap[] }) {
  const [name, setName] = useState(maps[0].className);
  const map = maps.find(({ className }) => className === name) ?? maps[0];
  const levels = [...new Set(map.requested)].filter((level) => level !== null).sort((a, b) => a - b);
  const real = map.requested.filter((requested) => requested === null).length;
  const options = useCallback(
    (width: number): Plot.PlotOptions => {
      const points = map.requested.map((requested, i) => ({
        x: map.positions[2 * i],
        y: map.positions[2 * i + 1],
        requested,
      }));
      return {
        margin,
        ...sameScale(map.positions, width - 2 * margin, height - 2 * margin),
        marks: [
          Plot.dot(
            points.filter(({ requested }) => requested === null),
            { x: 'x', y: 'y', r: 3.5, stroke: originColour.real, strokeWidth: 1.5, symbol: 'times' },
          ),
          Plot.dot(
            points.filter(({ requested }) => requested !== null),
            { x: 'x', y: 'y', r: 3, fill: ({ requested }) => difficultyColour(requested), fillOpacity: 0.85 },
          ),
        ],
      };
    },
    [map],
  );
  return (
    <section className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        <Term help="t-SNE of the features of real and generated images: alike images lie together. Good control puts hard images where hard real images are, at the rim of the class, not away from it.">
          Where the images of a class lie
        </Term>
        <span className="spacer" />
        <Select
          w={180}
          aria-label="Class of the map"
          {...manyOptions}
          data={maps.map(({ className }) => className)}
          value={map.className}
          onChange={(value) => value && setName(value)}
        />
      </div>
      <div className="panel-body">
        <div className="legend" style={{ marginBottom: 6 }}>
          <span className="legend-item">
            <span style={{ color: originColour.real }}>✕</span> real{' '}
            <span className="muted num">{count(real)}</span>
          </span>
          {levels.map((level) => (
            <span key={level} className="legend-item">
              <span className="swatch" style={{ background: difficultyColour(level), borderRadius: '50%' }} />
              asked {level.toFixed(2)}
            </span>
          ))}
        </div>
        <Chart
          options={options}
          height={height}
          label={`Map of ${map.className}: ${real} real and ${map.requested.length - real} generated images`}
        />
      </div>
    </section>
  );
}
