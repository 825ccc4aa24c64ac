/** Owns the writing of HTML text: the page around a report, escaping, numbers, colours. */
import { style } from './style.ts';

const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Text that may stand between tags and in quoted attributes. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (c) => entities.get(c)!);

/** One self-contained page: no script, no request, pictures inlined. `body` and nothing else is HTML already. */
export const htmlPage = (page: { title: string; lead: string; body: string; madeAt: string }): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(page.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header><div class="brand">Crux</div><h1>${escapeHtml(page.title)}</h1><p class="lead">${escapeHtml(page.lead)}</p></header>
${page.body}
<footer>${escapeHtml(page.madeAt)}</footer>
</main>
</body>
</html>
`;

/** Two decimals without a leading zero, as scores are written: .07, .50, 1.00. */
export const score = (value: number | null) =>
  value === null || Number.isNaN(value) ? '–' : value.toFixed(2).replace(/^(-?)0\./, '$1.');

export const percent = (value: number) => `${(100 * value).toFixed(0)} %`;

/** One decimal of a pixel is enough for any chart. */
export const px = (value: number) => String(Math.round(value * 10) / 10);

export const seconds = (value: number) =>
  value < 60
    ? `${value.toFixed(1)} s`
    : `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, '0')} min`;

/** Easy to hard, blue to red through sand: readable on white and on near black. */
const ramp = [
  [46, 111, 173],
  [70, 143, 184],
  [116, 174, 178],
  [178, 190, 142],
  [222, 180, 96],
  [232, 147, 72],
  [223, 105, 62],
  [197, 58, 60],
];

/** Colour of a difficulty in [0,1]. */
export function difficultyColour(value: number): string {
  const at = Math.min(1, Math.max(0, value)) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(at));
  const f = at - i;
  const mix = ramp[i].map((v, c) => Math.round(v + f * (ramp[i + 1][c] - v)));
  return `rgb(${mix.join(',')})`;
}

/** Whether dark text reads better than white on `difficultyColour(value)`: the middle of the ramp is light. */
export const isLight = (value: number) => value > 0.2 && value < 0.8;

const hues = [
  '#4c86c6',
  '#e2883c',
  '#57a773',
  '#cf5c64',
  '#8b74c9',
  '#a27c5b',
  '#d078b4',
  '#8a9199',
  '#b9a936',
  '#3fa9b5',
];

/** Colour of a class; ten of them, then again. */
export const classColour = (index: number) => (index < 0 ? '#8a9199' : hues[index % hues.length]);
