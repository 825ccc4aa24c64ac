import { describe, expect, it } from 'vitest';
import type { ReportData, ReportImage } from '../../../src/core/report/data.ts';
import { ticks } from '../../../src/core/report/density-chart.ts';
import { factorCorrelations } from '../../../src/core/report/factors.ts';
import { difficultyColour, score } from '../../../src/core/report/html.ts';
import { levelRows, levelsOf } from '../../../src/core/report/levels.ts';
import { mapCharts, maxDots } from '../../../src/core/report/map-chart.ts';
import { renderReport } from '../../../src/core/report/report.ts';
import { sampleReport } from './sample.ts';

const empty: ReportData = {
  title: 'Empty',
  lead: '',
  madeAt: '',
  figures: [],
  stages: [],
  scorer: null,
  buckets: null,
  curves: [],
  classes: [],
  map: null,
  generated: null,
  factors: null,
  environment: [],
  notes: [],
};

describe('renderReport', () => {
  it('shows every part of a full report', () => {
    const html = renderReport(sampleReport());
    for (const id of [
      'done',
      'difficulty',
      'classes',
      'samples',
      'map',
      'generated',
      'control',
      'factors',
      'limits',
      'environment',
    ])
      expect(html).toContain(`<section id="${id}">`);
  });

  it('leaves out what there is nothing to say about', () => {
    const html = renderReport(empty);
    expect(html).not.toContain('<section');
    expect(html).toContain('<title>Empty</title>');
  });

  it('is one file: no script, no address, pictures only as data URIs', () => {
    const html = renderReport(sampleReport());
    expect(html).not.toMatch(/<script|<link|https?:|url\(|@import/);
    const sources = [...html.matchAll(/ src="([^"]*)"/g)].map((m) => m[1]);
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(source).toMatch(/^data:image\//);
  });

  it('never yields NaN, undefined or broken nesting', () => {
    const html = renderReport(sampleReport());
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    for (const tag of ['section', 'table', 'figure', 'svg', 'div', 'tr', 'td', 'p', 'g'])
      expect(html.split(`<${tag}`).filter((rest, i) => i > 0 && /^[\s>]/.test(rest)).length, tag).toBe(
        html.split(`</${tag}>`).length - 1,
      );
  });

  it('escapes names from the dataset', () => {
    const image: ReportImage = {
      src: 'data:image/png;base64,AA==',
      difficulty: 0.5,
      className: '<img src=x onerror=1>',
      predicted: '"><b>',
      title: `'><i>`,
    };
    const html = renderReport({
      ...empty,
      title: '<script>',
      classes: [
        {
          name: '<u>',
          count: 1,
          mean: 0.5,
          median: 0.5,
          accuracy: 1,
          buckets: { easy: 0, medium: 1, hard: 0 },
          easiest: [image],
          hardest: [],
        },
      ],
    });
    expect(html).not.toMatch(/<script|<img src=x|<u>|"><b>|'><i>/);
    expect(html).toContain('&lt;u&gt;');
  });

  it('names the most probable class only where it is another', () => {
    const made = sampleReport();
    const html = renderReport({ ...empty, classes: [made.classes[0]] });
    const wrong = [...made.classes[0].easiest, ...made.classes[0].hardest].filter(
      (i) => i.predicted !== i.className,
    ).length;
    expect(html.split('<figcaption>').length - 1).toBe(wrong);
  });
});

describe('parts', () => {
  it('writes scores without a leading zero', () => {
    expect([score(0.07), score(0.5), score(1), score(-0.25), score(null), score(Number.NaN)]).toEqual([
      '.07',
      '.50',
      '1.00',
      '-.25',
      '–',
      '–',
    ]);
  });

  it('colours difficulties from blue to red and clamps', () => {
    expect(difficultyColour(-1)).toBe(difficultyColour(0));
    expect(difficultyColour(2)).toBe(difficultyColour(1));
    expect(difficultyColour(0)).not.toBe(difficultyColour(1));
  });

  it('picks two to four round ticks', () => {
    for (const peak of [0.013, 0.9, 1, 2.9, 3, 7.7, 120]) {
      const t = ticks(peak);
      expect(t.length).toBeGreaterThanOrEqual(1);
      expect(t.length).toBeLessThanOrEqual(4);
      expect(Math.max(...t)).toBeLessThanOrEqual(peak * 1.0001);
    }
  });

  it('thins out a large map but keeps every synthetic image', () => {
    const n = 3 * maxDots;
    const svg = mapCharts({
      method: 't-SNE',
      modelName: 'm',
      classNames: ['a'],
      positions: Float32Array.from({ length: 2 * n }, (_, i) => (i * 37) % 101),
      classIndex: new Int16Array(n),
      difficulty: new Float32Array(n).fill(Number.NaN),
      synthetic: Uint8Array.from({ length: n }, (_, i) => (i < 50 ? 1 : 0)),
    });
    expect(svg.split('<circle').length - 1).toBe(2 * 50);
    expect(svg.match(/h0/g)?.length).toBeLessThanOrEqual(2 * (maxDots + 50));
    expect(svg).toContain('One in 3');
  });
});

describe('levelRows', () => {
  it('averages per requested level', () => {
    const rows = levelRows([
      { requested: 0.8, measured: 0.5, agrees: false },
      { requested: 0.2, measured: 0.1, agrees: true },
      { requested: 0.2, measured: 0.3, agrees: false },
    ]);
    expect(rows.map((r) => r.requested)).toEqual([0.2, 0.8]);
    expect(rows[0]).toMatchObject({ count: 2, agreement: 0.5 });
    expect(rows[0].mean).toBeCloseTo(0.2);
    expect(rows[0].sd).toBeCloseTo(0.1);
    expect(rows[1]).toMatchObject({ count: 1, mean: 0.5, sd: 0, agreement: 0 });
  });

  it('rounds scattered requests to tenths', () => {
    const { levels, levelOf } = levelsOf([0.11, 0.12, 0.13, 0.27, 0.31, 0.33, 0.52]);
    expect(levels).toEqual([0.1, 0.3, 0.5]);
    expect(levelOf(0.27)).toBe(0.3);
  });
});

describe('factorCorrelations', () => {
  const samples = Array.from({ length: 40 }, (_, i) => ({
    className: i % 2 ? 'cup' : 'boat',
    difficulty: i / 40,
    strengths: [i * i, -i, 3, (i * 7919) % 13],
  }));

  it('finds what drives difficulty, per class and on the mean', () => {
    const f = factorCorrelations(samples, ['up', 'down', 'constant', 'noise'], new Map([['boat', ['up']]]));
    expect(f.names).toEqual(['up', 'down', 'constant', 'noise', 'all together']);
    expect(f.rows.map((r) => [r.className, r.count])).toEqual([
      ['boat', 20],
      ['cup', 20],
    ]);
    expect(f.rows[0].cells[0]).toEqual({ rho: expect.closeTo(1), certain: true, dominant: true });
    expect(f.rows[0].cells[1]).toEqual({ rho: expect.closeTo(-1), certain: true, dominant: false });
    expect(f.rows[1].cells[0]?.dominant).toBe(false);
    expect(f.rows[0].cells[2]).toBeNull();
    expect(Math.abs(f.rows[0].cells[3]?.rho ?? 1)).toBeLessThan(0.5);
    expect(f.mean[0]).toBeCloseTo(1);
    expect(f.mean[2]).toBeNull();
  });

  it('takes factors that come together apart', () => {
    const drawn = Array.from({ length: 200 }, (_, i) => {
      const cause = (i * 7919) % 200;
      const other = (i * 104729) % 193;
      return { className: i % 2 ? 'a' : 'b', difficulty: cause, strengths: [cause, cause + 0.5 * other, 1] };
    });
    const { rows, own } = factorCorrelations(drawn, ['cause', 'companion', 'constant']);
    expect(rows[0].cells[1]?.rho).toBeGreaterThan(0.7);
    expect(own[0]).toBeGreaterThan(0.95);
    expect(Math.abs(own[1] as number)).toBeLessThan(0.05);
    expect(own.slice(2)).toEqual([null, null]);
  });

  it('prints nothing for classes with too few images', () => {
    const f = factorCorrelations(samples.slice(0, 6), ['a', 'b', 'c', 'd']);
    expect(f.rows.every((r) => r.cells.every((c) => c === null))).toBe(true);
    expect(f.mean).toEqual([null, null, null, null, null]);
    expect(f.own).toEqual([null, null, null, null, null]);
  });

  it('refuses a sample with another number of strengths', () => {
    expect(() => factorCorrelations([{ className: 'a', difficulty: 0, strengths: [1] }], ['x', 'y'])).toThrow(
      /1 strengths in a, wanted 2/,
    );
  });
});
