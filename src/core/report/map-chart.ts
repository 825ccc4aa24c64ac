/** Owns the scatter of a projection, twice: coloured by class and by difficulty. */
import type { ReportMap } from './data.ts';
import { classColour, difficultyColour, escapeHtml, px } from './html.ts';

const width = 520;
const margin = 14;
/** A map wider than this (width over height) is drawn as if it were so wide. */
const widest = 2;
/** More dots than this cannot be told apart in a report and make the file heavy. */
export const maxDots = 8000;

/** The two maps and their legends. Beyond `maxDots` every k-th image is shown, and said so. */
export function mapCharts(map: ReportMap): string {
  const n = map.positions.length / 2;
  const stride = Math.max(1, Math.ceil(n / maxDots));
  const { at, height } = placed(map.positions, width);
  const byClass = new Map<string, string[]>();
  const byDifficulty = new Map<string, string[]>();
  const rings: string[] = [];
  const add = (groups: Map<string, string[]>, colour: string, dot: string) => {
    const list = groups.get(colour);
    if (list) list.push(dot);
    else groups.set(colour, [dot]);
  };
  for (let i = 0; i < n; i++) {
    // Synthetic images are few and the point of the map: all of them are shown.
    const synthetic = map.synthetic[i] === 1;
    if (!synthetic && i % stride !== 0) continue;
    const [x, y] = at(i);
    const dot = `M${x} ${y}h0`;
    add(byClass, classColour(map.classIndex[i]), dot);
    const s = map.difficulty[i];
    add(byDifficulty, Number.isNaN(s) ? 'none' : difficultyColour(Math.round(s * 12) / 12), dot);
    if (synthetic) rings.push(`<circle cx="${x}" cy="${y}" r="4.6"/>`);
  }
  const svg = (groups: Map<string, string[]>, label: string) =>
    `<svg viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${label}">` +
    [...groups]
      .map(([colour, dots]) =>
        colour === 'none'
          ? `<path class="dot unscored" d="${dots.join('')}"/>`
          : `<path class="dot" stroke="${colour}" d="${dots.join('')}"/>`,
      )
      .join('') +
    `<g class="ring">${rings.join('')}</g></svg>`;
  const classes = map.classNames
    .map(
      (name, i) =>
        `<span class="key"><i class="swatch" style="background:${classColour(i)}"></i>${escapeHtml(name)}</span>`,
    )
    .join('');
  const ring = rings.length > 0 ? '<span class="key"><i class="swatch hollow"></i>synthetic</span>' : '';
  const shown = stride > 1 ? `<p class="faint">One in ${stride} of the real images is drawn.</p>` : '';
  return (
    `<div class="pair"><figure class="chart">${svg(byClass, 'map by class')}<figcaption>${classes}${ring}</figcaption></figure>` +
    `<figure class="chart">${svg(byDifficulty, 'map by difficulty')}<figcaption>${rampLegend()}${ring}</figcaption></figure></div>${shown}`
  );
}

export function rampLegend(): string {
  const stops = Array.from({ length: 9 }, (_, i) => difficultyColour(i / 8)).join(',');
  return `<span class="key">easy 0 <i class="ramp" style="background:linear-gradient(90deg,${stops})"></i> 1 hard</span>`;
}

/** Positions into a box of that width and fitting height, one scale for both axes. */
export function placed(
  positions: Float32Array,
  width: number,
): { at: (i: number) => [string, string]; height: number } {
  let minX = Infinity;
  let maxX = -Infinity;
  let minY = Infinity;
  let maxY = -Infinity;
  for (let i = 0; i < positions.length; i += 2) {
    minX = Math.min(minX, positions[i]);
    maxX = Math.max(maxX, positions[i]);
    minY = Math.min(minY, positions[i + 1]);
    maxY = Math.max(maxY, positions[i + 1]);
  }
  const spanX = Math.max(maxX - minX, 1e-9);
  const spanY = Math.max(maxY - minY, 1e-9);
  const inner = width - 2 * margin;
  const height = 2 * margin + Math.min(inner, Math.max(inner / widest, (inner * spanY) / spanX));
  const scale = Math.min(inner / spanX, (height - 2 * margin) / spanY);
  const dx = (width - scale * spanX) / 2;
  const dy = (height - scale * spanY) / 2;
  return {
    at: (i) => [px(dx + scale * (positions[2 * i] - minX)), px(dy + scale * (positions[2 * i + 1] - minY))],
    height,
  };
}
