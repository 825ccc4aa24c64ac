import { expect, test } from 'vitest';
import {
  classRgb,
  difficultyRgb,
  inkOn,
  type Rgb,
  toOklab,
  unscoredRgb,
} from '../../../src/renderer/ui/scale.ts';

type Matrix = readonly (readonly [number, number, number])[];

/** Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB. */
const vision: Record<string, Matrix> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const linear = (c: number) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
const encoded = (c: number) => {
  const v = Math.min(1, Math.max(0, c));
  return 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
};
const seen = (rgb: Rgb, m: Matrix): Rgb => {
  const [r, g, b] = rgb.map(linear);
  return m.map(([x, y, z]) => encoded(x * r + y * g + z * b)) as never;
};
const distance = (a: Rgb, b: Rgb) => {
  const [p, q] = [toOklab(a), toOklab(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

test.each(Object.keys(vision))('easy, medium and hard stay apart under %s vision', (name) => {
  const [easy, medium, hard] = [0, 0.5, 1].map((s) => seen(difficultyRgb(s), vision[name]));
  expect(distance(easy, medium)).toBeGreaterThan(0.12);
  expect(distance(medium, hard)).toBeGreaterThan(0.25);
  expect(distance(easy, hard)).toBeGreaterThan(0.15);
});

test('equal steps of difficulty are about equal steps of colour within each half', () => {
  for (const [from, to] of [
    [0, 0.5],
    [0.5, 1],
  ]) {
    const steps = Array.from({ length: 8 }, (_, i) => from + ((to - from) * i) / 8);
    const jumps = steps.map((s) => distance(difficultyRgb(s), difficultyRgb(s + (to - from) / 8)));
    expect(Math.max(...jumps) / Math.min(...jumps)).toBeLessThan(1.6);
  }
});

test('outside of [0,1] is clamped, and unscored is grey', () => {
  expect(difficultyRgb(-3)).toEqual(difficultyRgb(0));
  expect(difficultyRgb(7)).toEqual(difficultyRgb(1));
  expect(difficultyRgb(null)).toEqual(unscoredRgb);
  expect(difficultyRgb(Number.NaN)).toEqual(unscoredRgb);
});

test('numbers on the ramp are legible: contrast of at least 4 to 1 (WCAG)', () => {
  const luminance = ([r, g, b]: Rgb) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  for (let s = 0; s <= 1.001; s += 0.05) {
    const rgb = difficultyRgb(s);
    const ink: Rgb = inkOn(rgb) === '#ffffff' ? [255, 255, 255] : [12, 15, 19];
    const [hi, lo] = [luminance(rgb), luminance(ink)].sort((a, b) => b - a);
    expect((hi + 0.05) / (lo + 0.05), `at ${s.toFixed(2)}`).toBeGreaterThan(4);
  }
});

test('a hundred classes have a hundred colours', () => {
  expect(new Set(Array.from({ length: 100 }, (_, i) => classRgb(i).join())).size).toBe(100);
});
