/** Owns the legend of the map. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ProjectionData } from '../../shared/domain/difficulty.ts';
import type { MapColour } from '../state.ts';
import { count } from '../ui/format.ts';
import { classColour, originColour, rampGradient, unscoredColour } from '../ui/scale.ts';

const shownClasses = 40;

export function Legend({
  dataset,
  projection,
  by,
}: {
  dataset: Dataset;
  projection: ProjectionData;
  by: MapColour;
}) {
  if (by === 'difficulty') {
    return (
      <div className="legend map-legend" style={{ width: 190 }}>
        <div>Difficulty</div>
        <div style={{ height: 8, borderRadius: 2, background: rampGradient }} />
        <div className="row num small muted">
          0 easy <span className="spacer" /> hard 1
        </div>
        {projection.difficulty.some(Number.isNaN) && (
          <span className="legend-item">
            <span className="swatch" style={{ background: unscoredColour }} />
            not scored
          </span>
        )}
      </div>
    );
  }
  const synthetic = projection.synthetic.reduce((sum, one) => sum + one, 0);
  const perClass = new Map<number, number>();
  for (const index of projection.classIndex) perClass.set(index, (perClass.get(index) ?? 0) + 1);
  const items =
    by === 'origin'
      ? [
          { name: 'Real', colour: originColour.real, n: projection.ids.length - synthetic },
          { name: 'Synthetic', colour: originColour.synthetic, n: synthetic },
        ]
      : dataset.classes.slice(0, shownClasses).map(({ name, index }) => ({
          name,
          colour: classColour(index),
          n: perClass.get(index) ?? 0,
        }));
  return (
    <div className="legend map-legend">
      {items.map(({ name, colour, n }) => (
        <span key={name} className="legend-item">
          <span className="swatch" style={{ background: colour }} />
          <span className="ellipsis">{name}</span>
          <span className="spacer" />
          <span className="muted num">{count(n)}</span>
        </span>
      ))}
      {by === 'class' && dataset.classes.length > shownClasses && (
        <span className="muted">and {dataset.classes.length - shownClasses} more</span>
      )}
    </div>
  );
}
