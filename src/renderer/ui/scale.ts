/**
 * Owns colour: the difficulty ramp (teal -> amber -> red-violet) and the class palette, shared by tiles,
 * charts and map. The ramp's ends and middle stay apart under protan, deutan and tritan vision (tested).
 */
import type { Bucket } from '../../shared/domain/parts.ts';

export type Rgb = readonly [number, number, number]; // 0-255

const fromHex = (hex: string): Rgb => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as never;

const stops: readonly Rgb[] = ['#2fb5a8', '#e8b545', '#a3206a'].map(fromHex);

const toLinear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toGamma = (c: number) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

/** OKLab (Ottosson 2020), so that equal steps of difficulty look like equal steps of colour. */
export function toOklab(rgb: Rgb): [number, number, number] {
  const [r, g, b] = rgb.map((c) => toLinear(c / 255));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]: readonly number[]): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((c) => Math.round(255 * toGamma(Math.min(1, Math.max(0, c))))) as never;
}

const levels = 256;
const ramp: Rgb[] = Array.from({ length: levels }, (_, i) => {
  const position = (i / (levels - 1)) * (stops.length - 1);
  const k = Math.min(stops.length - 2, Math.floor(position));
  const [from, to] = [toOklab(stops[k]), toOklab(stops[k + 1])];
  return fromOklab(from.map((value, c) => value + (to[c] - value) * (position - k)));
});

const css = (rgb: Rgb) => `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]})`;

export const unscoredRgb: Rgb = [122, 132, 145];
export const unscoredColour = css(unscoredRgb);

/** @param difficulty [0,1]; null or NaN: unscored, grey. */
export function difficultyRgb(difficulty: number | null): Rgb {
  if (difficulty === null || Number.isNaN(difficulty)) return unscoredRgb;
  return ramp[Math.round(Math.min(1, Math.max(0, difficulty)) * (levels - 1))];
}

export const difficultyColour = (difficulty: number | null): string => css(difficultyRgb(difficulty));

const luminance = (rgb: Rgb) => {
  const [r, g, b] = rgb.map((c) => toLinear(c / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** Black or white, whichever has more contrast (WCAG) on this colour. */
export const inkOn = (rgb: Rgb): string => (luminance(rgb) > 0.19 ? '#0c0f13' : '#ffffff');

export const rampGradient = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(difficultyColour).join(', ')})`;

export const bucketColour: Record<Bucket, string> = {
  easy: difficultyColour(0.08),
  medium: difficultyColour(0.5),
  hard: difficultyColour(0.92),
};
export const bucketName: Record<Bucket, string> = { easy: 'Easy', medium: 'Medium', hard: 'Extremely hard' };
export const bucketRange: Record<Bucket, string> = {
  easy: '< .33',
  medium: '.33 – .66',
  hard: '≥ .66',
};

export const originRgb: Record<'real' | 'synthetic', Rgb> = {
  real: [118, 137, 164],
  synthetic: [232, 122, 44],
};
export const originColour = { real: css(originRgb.real), synthetic: css(originRgb.synthetic) };

/** Twelve hues that differ in lightness too; further classes walk the hue circle by the golden angle. */
const classPalette = [
  '#4c78a8',
  '#f58518',
  '#54a24b',
  '#e45756',
  '#72b7b2',
  '#eeca3b',
  '#b279a2',
  '#9d755d',
  '#7fb5f0',
  '#c0d45c',
  '#ff9da6',
  '#6b5fb5',
].map(fromHex);

export function classRgb(index: number): Rgb {
  if (index < 0) return unscoredRgb;
  if (index < classPalette.length) return classPalette[index];
  const hue = ((index * 137.508) % 360) * (Math.PI / 180);
  const lightness = 0.62 + 0.12 * ((index % 3) - 1);
  return fromOklab([lightness, 0.12 * Math.cos(hue), 0.12 * Math.sin(hue)]);
}
export const classColour = (index: number): string => css(classRgb(index));
