/** Owns the parts that charts share: a frame with axes, lines, dots, intervals and a legend, all as SVG text. */
import type { Interval } from '../../shared/control.ts';
import { ticks } from './density-chart.ts';
import { escapeHtml, px } from './html.ts';

/** Place of a chart's data within its picture, pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Axes {
  x: Interval;
  y: Interval;
  xLabel?: string;
  yLabel?: string;
  title?: string;
  /** Values that are written along the axes. Absent: 0, .2 ... 1 along x, round values along y. */
  xTicks?: readonly number[];
  yTicks?: readonly number[];
}

export interface Plot {
  x(value: number): number;
  y(value: number): number;
  /** Drawn first, below all data. */
  frame: string;
}

export const fifths = [0, 0.2, 0.4, 0.6, 0.8, 1];

export function plot(box: Box, axes: Axes): Plot {
  const x = (v: number) => box.left + ((v - axes.x.low) / (axes.x.high - axes.x.low)) * box.width;
  const y = (v: number) => box.top + box.height * (1 - (v - axes.y.low) / (axes.y.high - axes.y.low));
  const right = box.left + box.width;
  const floor = box.top + box.height;
  const yTicks = axes.yTicks ?? roundBetween(axes.y);
  const parts = yTicks.map(
    (v) =>
      `<line class="grid" x1="${px(box.left)}" x2="${px(right)}" y1="${px(y(v))}" y2="${px(y(v))}"/>` +
      `<text class="tick" x="${px(box.left - 6)}" y="${px(y(v) + 4)}" text-anchor="end">${short(v)}</text>`,
  );
  for (const v of axes.xTicks ?? fifths)
    parts.push(
      `<text class="tick" x="${px(x(v))}" y="${px(floor + 15)}" text-anchor="middle">${short(v)}</text>`,
    );
  parts.push(
    `<line class="axis" x1="${px(box.left)}" x2="${px(right)}" y1="${px(floor)}" y2="${px(floor)}"/>`,
  );
  if (axes.xLabel)
    parts.push(
      `<text class="faint" x="${px(right)}" y="${px(floor + 31)}" text-anchor="end">${escapeHtml(axes.xLabel)}</text>`,
    );
  if (axes.yLabel)
    parts.push(
      `<text class="faint" x="${px(box.left)}" y="${px(floor + 31)}">${escapeHtml(axes.yLabel)}</text>`,
    );
  if (axes.title)
    parts.push(
      `<text class="name" x="${px(box.left)}" y="${px(box.top - 9)}">${escapeHtml(axes.title)}</text>`,
    );
  return { x, y, frame: parts.join('') };
}

/** Three to five round values in the range, its lower end where that is round. */
function roundBetween({ low, high }: Interval): number[] {
  const [step] = ticks(high - low);
  const out: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
    out.push(Number((k * step).toPrecision(6)));
  return out;
}

const short = (v: number) => String(Number(v.toPrecision(3)));

/** `paint`: attributes, as class="..." or stroke="...". */
export const line = (points: readonly (readonly [number, number])[], paint: string) =>
  points.length === 0
    ? ''
    : `<path class="line" ${paint} d="M${points.map(([a, b]) => `${px(a)} ${px(b)}`).join('L')}"/>`;

export const dot = (x: number, y: number, fill: string, title: string, r = 4.5) =>
  `<circle class="mark" cx="${px(x)}" cy="${px(y)}" r="${r}" fill="${fill}"><title>${escapeHtml(title)}</title></circle>`;

/** A vertical 95 % interval. */
export const whisker = (x: number, from: number, to: number, stroke: string) =>
  `<path class="interval" stroke="${stroke}" d="M${px(x)} ${px(from)}V${px(to)}M${px(x - 3)} ${px(from)}h6M${px(x - 3)} ${px(to)}h6"/>`;

export interface Key {
  label: string;
  /** A line (dashed or not), a dot, or a filled square. */
  mark: 'line' | 'dashed' | 'dot' | 'ring' | 'square';
  colour: string;
}

/** Keys in a row from (left, y) on; text widths are estimated. */
export function legend(left: number, y: number, keys: readonly Key[]): string {
  let at = left;
  return keys
    .map(({ label, mark, colour }) => {
      const x = at;
      at += 34 + 6.7 * label.length;
      const sign = {
        line: `<path class="line" stroke="${colour}" d="M${px(x)} ${px(y - 4)}h15"/>`,
        dashed: `<path class="line dashed" stroke="${colour}" d="M${px(x)} ${px(y - 4)}h15"/>`,
        dot: `<circle cx="${px(x + 8)}" cy="${px(y - 4)}" r="4.5" fill="${colour}"/>`,
        ring: `<circle cx="${px(x + 8)}" cy="${px(y - 4)}" r="3.6" fill="none" stroke="${colour}" stroke-width="1.3"/>`,
        square: `<rect x="${px(x + 3)}" y="${px(y - 9)}" width="10" height="10" rx="2" fill="${colour}"/>`,
      }[mark];
      return `${sign}<text class="keytext" x="${px(x + 20)}" y="${px(y)}">${escapeHtml(label)}</text>`;
    })
    .join('');
}

/** One picture. `label`: what it shows, for who cannot see it. */
export const svg = (width: number, height: number, label: string, body: string) =>
  `<svg viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${escapeHtml(label)}">${body}</svg>`;
