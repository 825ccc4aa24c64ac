/** Owns the chart of measured against requested difficulty. */
import type { LevelRow } from './data.ts';
import { difficultyColour, px, score } from './html.ts';

const size = 330;
const left = 44;
const bottom = 40;
const top = 14;
const right = 14;

/** Mean and standard deviation per requested level; on the diagonal a request was met exactly. */
export function levelChart(rows: readonly LevelRow[]): string {
  const x = (v: number) => left + v * (size + 60 - left - right);
  const y = (v: number) => size - bottom - v * (size - top - bottom);
  const parts: string[] = [
    `<line class="diagonal" x1="${px(x(0))}" y1="${px(y(0))}" x2="${px(x(1))}" y2="${px(y(1))}"/>`,
  ];
  for (let i = 0; i <= 10; i += 2) {
    const v = i / 10;
    parts.push(
      `<line class="grid" x1="${px(x(0))}" x2="${px(x(1))}" y1="${px(y(v))}" y2="${px(y(v))}"/>`,
      `<text class="tick" x="${left - 7}" y="${px(y(v) + 4)}" text-anchor="end">${v}</text>`,
      `<text class="tick" x="${px(x(v))}" y="${size - bottom + 16}" text-anchor="middle">${v}</text>`,
    );
  }
  for (const row of rows) {
    const at = px(x(row.requested));
    const low = px(y(Math.max(0, row.mean - row.sd)));
    const high = px(y(Math.min(1, row.mean + row.sd)));
    parts.push(
      `<line class="whisker" x1="${at}" x2="${at}" y1="${low}" y2="${high}"/>`,
      `<circle class="mark" cx="${at}" cy="${px(y(row.mean))}" r="5.5" fill="${difficultyColour(row.mean)}"><title>requested ${score(row.requested)}, measured ${score(row.mean)} ± ${score(row.sd)}</title></circle>`,
    );
  }
  parts.push(
    `<text class="faint" x="${size + 60 - right}" y="${size - 6}" text-anchor="end">requested s</text>`,
    `<text class="faint" x="${left}" y="${size - 6}">measured s, mean ± sd</text>`,
  );
  return `<figure class="chart narrow"><svg viewBox="0 0 ${size + 60} ${size}" role="img" aria-label="measured against requested difficulty">${parts.join('')}</svg></figure>`;
}
