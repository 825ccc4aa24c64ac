import { describe, expect, it } from 'vitest';
import { controlCharts, renderControlPage } from '../../../src/core/report/control-page.ts';
import { svgFile } from '../../../src/core/report/style.ts';
import { pixel, sampleControlReport } from './control-sample.ts';

const report = sampleControlReport();
const charts = controlCharts(report);
const sources = new Map(report.pictures.map((p) => [p.file, pixel]));
const html = renderControlPage(report, charts, sources, 'Made by a test.');
const chart = (file: string) => charts.find((c) => c.file === file)!.svg;

describe('control page', () => {
  it('has every part, and every chart inside', () => {
    for (const id of [
      'pictures',
      'densities',
      'requested',
      'classes',
      'baselines',
      'quality',
      'maps',
      'settings',
    ])
      expect(html.includes(`<section id="${id}">`), id).toBe(true);
    for (const { svg, file } of charts) expect(html.includes(svg), file).toBe(true);
    expect(html.match(new RegExp(pixel.replace('+', '\\+'), 'g'))).toHaveLength(9);
  });

  it('is one file: no script, no address, names escaped', () => {
    const wrong = /<script|<link|https?:|url\(|@import|things <b>|cup & saucer|NaN|undefined|Infinity/;
    expect(html.match(wrong)?.[0]).toBeUndefined();
    for (const name of ['things &lt;b&gt;', 'cup &amp; saucer']) expect(html.includes(name), name).toBe(true);
  });

  it('does without a held-out scorer, baselines, maps and pictures', () => {
    const bare = {
      ...report,
      scorers: { trainingScorer: report.scorers.trainingScorer },
      spearman: { ...report.spearman, heldOutScorer: null },
      levels: report.levels.map((l) => ({ ...l, heldOut: null })),
      figures: { ...report.figures, heldOutScorer: null },
      heldOutDensities: null,
      baselines: {},
      quality: { ...report.quality, baselines: { base: null, plain: null } },
      maps: [],
      pictures: [],
    };
    const page = renderControlPage(bare, controlCharts(bare), new Map(), '');
    const wrong = /<section id="(pictures|maps)"|held out|never saw|undefined|NaN|base model/;
    expect(page.match(wrong)?.[0]).toBeUndefined();
    expect(page.includes('by probe, the scorer it was trained with;')).toBe(true);
  });

  it('draws what the figures say', () => {
    // The diagonal goes from corner to corner; dots of a rising mean rise on the screen too.
    const dots = [
      ...chart('requested.svg').matchAll(/cx="([\d.]+)" cy="([\d.]+)"[^>]*fill="var\(--real\)"/g),
    ];
    const heights = dots.map((m) => Number(m[2]));
    expect(heights).toHaveLength(1 + 3); // the legend's own, then the levels
    expect(heights[1]).toBeGreaterThan(heights[2]);
    expect(heights[2]).toBeGreaterThan(heights[3]);
    const widths = [...chart('buckets.svg').matchAll(/<rect[^>]* width="([\d.]+)" height="22"/g)];
    expect(widths).toHaveLength(3 * (1 + 1 + 3));
    const row = widths.slice(0, 3).reduce((total, m) => total + Number(m[1]), 0);
    expect(row).toBeCloseTo(1080 - 176 - 14, 0);
    expect(chart('map-0.svg').match(/<circle[^>]* fill="none"/g)).toHaveLength(40 + 1);
    expect(chart('map-0.svg').match(/fill-opacity/g)).toHaveLength(36);
  });
});

describe('chart as a file', () => {
  it('stands alone: its size, its own rules, colours written out', () => {
    for (const { svg, file } of charts) {
      const text = svgFile(svg);
      expect(text.slice(0, 120), file).toMatch(
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="[\d.]+" viewBox/,
      );
      expect(text.match(/var\(|undefined|NaN/)?.[0], file).toBeUndefined();
      expect(text.includes('<style>'), file).toBe(true);
    }
  });

  it('is refused where it is none', () => {
    expect(() => svgFile('<p>')).toThrow('wanted <svg viewBox');
  });
});
