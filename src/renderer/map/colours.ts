/** Owns the colours of the points, for each way of colouring the map. */
import type { ProjectionData } from '../../shared/domain/difficulty.ts';
import type { MapColour } from '../state.ts';
import { classRgb, difficultyRgb, originRgb, type Rgb, unscoredRgb } from '../ui/scale.ts';

/** The alpha of a point, by how many there are: many points overlap. */
const alphaFor = (n: number) => (n > 50_000 ? 150 : n > 5_000 ? 190 : 225);
const fadedAlpha = 40;

/** -> u8[n,4]; points outside `selected` fade, when there is a selection. */
export function pointColours(
  projection: ProjectionData,
  by: MapColour,
  selected: ReadonlySet<number> | null,
): Uint8Array {
  const n = projection.ids.length;
  const colours = new Uint8Array(4 * n);
  const alpha = alphaFor(n);
  const rgbOf = (i: number): Rgb => {
    if (by === 'class') return classRgb(projection.classIndex[i]);
    if (by === 'origin') return originRgb[projection.synthetic[i] ? 'synthetic' : 'real'];
    return Number.isNaN(projection.difficulty[i]) ? unscoredRgb : difficultyRgb(projection.difficulty[i]);
  };
  for (let i = 0; i < n; i++) {
    const [r, g, b] = rgbOf(i);
    colours[4 * i] = r;
    colours[4 * i + 1] = g;
    colours[4 * i + 2] = b;
    colours[4 * i + 3] = selected && !selected.has(i) ? fadedAlpha : alpha;
  }
  return colours;
}

/** Diameter in CSS px. */
export const pointSize = (n: number): number => Math.min(8, Math.max(2, 28 / Math.max(1, n) ** 0.22));
