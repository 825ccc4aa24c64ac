/** Owns the chart of how often each difficulty occurs, real beside synthetic. */
import type { DensityCurve } from '../../shared/domain/difficulty.ts';
import { escapeHtml, px } from './html.ts';

const size = { width: 1080, height: 290, left: 44, right: 14, top: 14, bottom: 40 };
/** Bounds of easy, medium and hard (domain.ts). */
const bands = [
  { label: 'easy', from: 0, to: 0.33 },
  { label: 'medium', from: 0.33, to: 0.66 },
  { label: 'hard', from: 0.66, to: 1 },
];

/** An SVG of all curves on one scale; styles curve-0, curve-1 ... colour them in their order. */
export function densityChart(curves: readonly DensityCurve[]): string {
  const { width, height, left, right, top, bottom } = size;
  const peak = Math.max(1e-9, ...curves.flatMap((c) => c.y));
  const x = (v: number) => left + v * (width - left - right);
  const y = (v: number) => height - bottom - (v / peak) * (height - top - bottom) * 0.94;
  const floor = px(height - bottom);
  const parts = bands.map(
    (b, i) =>
      `<rect class="band band-${i}" x="${px(x(b.from))}" y="${top}" width="${px(x(b.to) - x(b.from))}" height="${px(height - top - bottom)}"/>` +
      `<text class="faint" x="${px(x((b.from + b.to) / 2))}" y="${top + 13}" text-anchor="middle">${b.label}</text>`,
  );
  for (const tick of ticks(peak))
    parts.push(
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>` +
        `<text class="tick" x="${left - 7}" y="${px(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
    );
  for (let i = 0; i <= 10; i += 2)
    parts.push(
      `<text class="tick" x="${px(x(i / 10))}" y="${height - bottom + 16}" text-anchor="middle">${i / 10}</text>`,
    );
  curves.forEach((curve, i) => {
    if (curve.x.length === 0) return;
    const line = curve.x.map((v, k) => `${px(x(v))} ${px(y(curve.y[k]))}`).join('L');
    const first = px(x(curve.x[0]));
    const last = px(x(curve.x[curve.x.length - 1]));
    parts.push(`<path class="area curve-${i}" d="M${first} ${floor}L${line}L${last} ${floor}Z"/>`);
    parts.push(`<path class="line curve-${i}" d="M${line}"/>`);
  });
  parts.push(
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${floor}" y2="${floor}"/>`,
    `<text class="faint" x="${width - right}" y="${height - 6}" text-anchor="end">difficulty s = 1 − p(true class)</text>`,
    `<text class="faint" x="${left}" y="${height - 6}">density (area 1)</text>`,
  );
  const legend = curves
    .map(
      (c, i) =>
        `<span class="key"><i class="swatch curve-${i}"></i>${escapeHtml(c.label)} (${c.count})</span>`,
    )
    .join('');
  return `<figure class="chart"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="density of difficulty">${parts.join('')}</svg><figcaption>${legend}</figcaption></figure>`;
}

/** Two to four round values in (0, peak]. */
export function ticks(peak: number): number[] {
  const rough = peak / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) as number;
  const out: number[] = [];
  for (let k = 1; k * step <= peak * 1.0001; k++) out.push(Number((k * step).toPrecision(6)));
  return out;
}
