/** A full report with made-up data, for tests and for looking at. */
import { densityCurve } from '../../../src/core/difficulty/density.ts';
import type { ReportData, ReportImage } from '../../../src/core/report/data.ts';
import { factorCorrelations } from '../../../src/core/report/factors.ts';
import { levelRows } from '../../../src/core/report/levels.ts';
import { rngFromSeed } from '../../../src/core/rng.ts';

const names = ['apple', 'boat', 'bottle', 'car', 'chair', 'cup', 'fish', 'house', 'lamp', 'tree'];

export function sampleReport(): ReportData {
  const rng = rngFromSeed(7);
  const picture = (hue: number) =>
    `data:image/svg+xml,%3Csvg xmlns='http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8' fill='hsl(${hue} 30%25 60%25)'/%3E%3Ccircle cx='4' cy='4' r='2' fill='hsl(${hue} 60%25 35%25)'/%3E%3C/svg%3E`;
  const image = (c: number, s: number): ReportImage => ({
    src: picture(c * 36),
    difficulty: s,
    className: names[c],
    predicted: s > 0.7 ? names[(c + 3) % 10] : names[c],
    title: `${names[c]}/0001.png`,
  });
  const difficulties = Array.from({ length: 600 }, () => rng.uniform() ** 3);
  const made = Array.from({ length: 120 }, () => 0.15 + 0.7 * rng.uniform());
  const positions = new Float32Array(2 * 720);
  const classIndex = new Int16Array(720);
  const difficulty = new Float32Array(720);
  const synthetic = new Uint8Array(720);
  for (let i = 0; i < 720; i++) {
    const c = i % 10;
    classIndex[i] = c;
    synthetic[i] = i >= 600 ? 1 : 0;
    difficulty[i] = i < 600 ? difficulties[i] : made[i - 600];
    const spread = 0.6 + 4 * difficulty[i];
    positions[2 * i] = 12 * Math.cos(c * 0.63) + spread * rng.normal();
    positions[2 * i + 1] = 12 * Math.sin(c * 0.63) + spread * rng.normal();
  }
  const levels = [0.2, 0.5, 0.8];
  const generated = names.map((className, c) => ({
    className,
    cells: levels.map((l) =>
      [0, 1, 2, 3].map(() => image(c, Math.min(1, Math.max(0, l + 0.15 * rng.normal())))),
    ),
  }));
  const curve = (label: string, values: number[]) => {
    const d = densityCurve(values, { points: 101 });
    return { label, count: values.length, x: [...d.x], y: [...d.y] };
  };
  return {
    title: 'Crux demo',
    lead: 'Ten classes of drawn scenes went through the whole loop on this machine.',
    madeAt: 'Made on 21 November 2026.',
    figures: [
      { label: 'images', value: '600' },
      { label: 'probe accuracy', value: '87.3 %' },
      { label: 'generated', value: '120' },
      { label: 'accepted', value: '71' },
      { label: 'seconds in all', value: '241' },
    ],
    stages: ['dataset', 'import', 'embed', 'score', 'project', 'train', 'generate', 'export'].map(
      (name, i) => ({
        name,
        seconds: 3 + 10 * i,
        detail: 'ten classes of sixty',
      }),
    ),
    scorer: { name: 'Probe, 5 folds', method: 'out-of-fold', modelName: 'built-in encoder', accuracy: 0.873 },
    buckets: { easy: 430, medium: 100, hard: 70 },
    curves: [curve('Real', difficulties), curve('Synthetic', made)],
    classes: names.map((name, c) => ({
      name,
      count: 60,
      mean: 0.2 + 0.02 * c,
      median: 0.1 + 0.01 * c,
      accuracy: 0.95 - 0.02 * c,
      buckets: { easy: 45 - c, medium: 9, hard: 6 + c },
      easiest: [0.01, 0.02, 0.02, 0.03, 0.03, 0.04].map((s) => image(c, s)),
      hardest: [0.98, 0.95, 0.9, 0.83, 0.77, 0.69].map((s) => image(c, s)),
    })),
    map: {
      method: 't-SNE',
      modelName: 'built-in encoder',
      classNames: names,
      positions,
      classIndex,
      difficulty,
      synthetic,
    },
    generated: {
      levels,
      rows: generated,
      measured: levelRows(
        generated.flatMap((row) =>
          row.cells.flatMap((images, l) =>
            images.map((i) => ({
              requested: levels[l],
              measured: i.difficulty as number,
              agrees: i.predicted === i.className,
            })),
          ),
        ),
      ),
    },
    factors: factorCorrelations(
      difficulties.map((d, i) => ({
        className: names[i % 10],
        difficulty: d,
        strengths: [
          d + 0.3 * rng.normal(),
          0.6 * d + 0.3 * rng.normal(),
          rng.normal(),
          rng.uniform(),
          -d + rng.normal(),
        ],
      })),
      ['clutter', 'occlusion', 'low light', 'odd viewpoint', 'blur'],
    ),
    environment: [
      { label: 'Crux', value: '0.1.0' },
      { label: 'device', value: 'cpu' },
    ],
    notes: ['Drawn scenes are not photographs.', 'The built-in diffusion model is tiny.'],
  };
}
