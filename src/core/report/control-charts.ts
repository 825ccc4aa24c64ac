/**
 * Owns the charts of difficulty control over all classes: densities (the paper's Fig. 6), requested against measured,
 * class agreement, and how much of the output is easy (Fig. 2). Each is one SVG with its legend inside.
 */
import type {
  BucketShares,
  ControlFigures,
  ControlLevel,
  ControlReport,
  LevelDensities,
  ScorerRole,
} from '../../shared/control.ts';
import { difficultyColour, escapeHtml, percent, px, score } from './html.ts';
import { dot, fifths, type Key, legend, line, plot, svg, whisker } from './plot.ts';

export const scorerColour: Record<ScorerRole, string> = {
  trainingScorer: 'var(--real)',
  heldOutScorer: 'var(--synthetic)',
};
const scorerLabel: Record<ScorerRole, string> = {
  trainingScorer: 'scorer it was trained with',
  heldOutScorer: 'scorer it never saw',
};
const roles = ['trainingScorer', 'heldOutScorer'] as const;
const unit = { low: 0, high: 1 };

/** Measured difficulty of the real images and of each level's generated ones. */
export function levelDensityChart({ x: at, real, levels }: LevelDensities): string {
  const [width, height] = [1080, 330];
  const peak = Math.max(1e-9, ...real, ...levels.flatMap((l) => l.y));
  const box = { left: 44, top: 36, width: width - 58, height: height - 84 };
  const { x, y, frame } = plot(box, {
    x: unit,
    y: { low: 0, high: peak * 1.05 },
    xLabel: 'measured difficulty s = 1 − p(true class)',
    yLabel: 'density (area 1)',
  });
  const floor = px(y(0));
  const path = (values: readonly number[]) => at.map((v, i) => `${px(x(v))} ${px(y(values[i]))}`).join('L');
  const ground = `<path class="ground" d="M${px(x(at[0]))} ${floor}L${path(real)}L${px(x(at[at.length - 1]))} ${floor}Z"/>`;
  const curves = levels.map(
    (l) => `<path class="line" stroke="${difficultyColour(l.requested)}" d="M${path(l.y)}"/>`,
  );
  const asked = levels.map(
    (l) =>
      `<path class="asked" stroke="${difficultyColour(l.requested)}" d="M${px(x(l.requested))} ${floor}v-9"/>`,
  );
  const keys: Key[] = [
    { label: 'real images', mark: 'square', colour: 'var(--ground)' },
    ...levels.map(
      (l): Key => ({
        label: `asked for ${score(l.requested)}`,
        mark: 'line',
        colour: difficultyColour(l.requested),
      }),
    ),
  ];
  const body = frame + ground + curves.join('') + asked.join('') + legend(box.left, 18, keys);
  return svg(width, height, 'density of measured difficulty by requested difficulty', body);
}

/** Mean measured difficulty at each level with its interval; on the diagonal a request is met exactly. */
export function requestedChart(report: ControlReport): string {
  return byLevel(report, {
    title: 'measured difficulty, mean of all images',
    label: 'mean measured difficulty by requested difficulty',
    value: (l) => l.measuredMean,
    interval: (l) => l.measuredInterval,
    flat: (figures) => mean(figures.levels.map((l) => l.measuredMean)),
    diagonal: true,
  });
}

/** Share of images taken for the class asked for, at each level. */
export function agreementChart(report: ControlReport): string {
  return byLevel(report, {
    title: 'share taken for the class asked for',
    label: 'class agreement by requested difficulty',
    value: (l) => l.agreement,
    interval: (l) => l.agreementInterval,
    flat: (figures) => figures.agreement,
    diagonal: false,
  });
}

interface LevelSeries {
  title: string;
  label: string;
  value: (level: ControlLevel) => number;
  interval: (level: ControlLevel) => { low: number; high: number } | null;
  /** Of a baseline, which knows no level. */
  flat: (figures: ControlFigures) => number;
  diagonal: boolean;
}

function byLevel(report: ControlReport, series: LevelSeries): string {
  const [width, height] = [520, 400];
  const box = { left: 40, top: 62, width: width - 54, height: height - 104 };
  const { x, y, frame } = plot(box, {
    x: unit,
    y: unit,
    yTicks: fifths,
    xLabel: 'difficulty asked for',
    title: series.title,
  });
  const parts = [frame];
  if (series.diagonal)
    parts.push(`<path class="diagonal" d="M${px(x(0))} ${px(y(0))}L${px(x(1))} ${px(y(1))}"/>`);
  const keys: Key[] = [];
  for (const role of roles) {
    const figures = report.figures[role];
    if (!figures) continue;
    const colour = scorerColour[role];
    keys.push({ label: scorerLabel[role], mark: 'dot', colour });
    // Intervals of two scorers at one level stand beside each other.
    const shift = role === 'heldOutScorer' ? 3 : report.figures.heldOutScorer ? -3 : 0;
    const points = figures.levels.map((l) => [x(l.requested) + shift, y(series.value(l))] as const);
    parts.push(line(points, `stroke="${colour}"`));
    for (const [i, l] of figures.levels.entries()) {
      const [at, height] = points[i];
      const interval = series.interval(l);
      if (interval) parts.push(whisker(at, y(interval.low), y(interval.high), colour));
      parts.push(dot(at, height, colour, `asked for ${score(l.requested)}: ${score(series.value(l))}`));
    }
  }
  const flats = (['base', 'plain'] as const).flatMap((variant) => {
    const baseline = report.baselines[variant];
    return baseline ? [{ variant, value: series.flat(baseline.figures.trainingScorer) }] : [];
  });
  for (const { variant, value } of flats) {
    const dashes = variant === 'base' ? 'dashed' : 'dotted';
    parts.push(
      `<path class="line ${dashes}" stroke="var(--soft)" d="M${px(x(0))} ${px(y(value))}H${px(x(1))}"/>`,
      `<text class="keytext" x="${px(x(1))}" y="${px(y(value) - 5)}" text-anchor="end">${baselineLabel[variant]} ${score(value)}</text>`,
    );
  }
  parts.push(legend(box.left, 18, keys));
  return svg(width, height, series.label, parts.join(''));
}

export const baselineLabel = {
  base: 'base model',
  plain: 'plain LoRA',
} as const;

/** Shares of easy, medium and hard: of the real images, the baselines, and each level. */
export function bucketChart(report: ControlReport): string {
  const rows: { label: string; buckets: BucketShares }[] = [
    { label: 'real images', buckets: report.realBuckets.trainingScorer },
    ...(['base', 'plain'] as const).flatMap((variant) => {
      const baseline = report.baselines[variant];
      return baseline
        ? [
            {
              label: `${baselineLabel[variant]}, no difficulty`,
              buckets: baseline.figures.trainingScorer.buckets,
            },
          ]
        : [];
    }),
    ...report.figures.trainingScorer.levels.map((l) => ({
      label: `asked for ${score(l.requested)}`,
      buckets: l.buckets,
    })),
  ];
  const [width, left, pitch, top] = [1080, 176, 30, 34];
  const across = width - left - 14;
  const bars = rows.map(({ label, buckets }, i) => {
    const at = top + i * pitch;
    let from = left;
    const parts = (['easy', 'medium', 'hard'] as const).map((name) => {
      const wide = buckets[name] * across;
      const start = from;
      from += wide;
      const text =
        wide > 44
          ? `<text class="onbar" x="${px(start + wide / 2)}" y="${px(at + 15)}" text-anchor="middle">${percent(buckets[name])}</text>`
          : '';
      return `<rect x="${px(start)}" y="${px(at)}" width="${px(wide)}" height="${pitch - 8}" fill="var(--${name})"><title>${name}: ${percent(buckets[name])}</title></rect>${text}`;
    });
    return `<text class="keytext" x="${left - 10}" y="${px(at + 15)}" text-anchor="end">${escapeHtml(label)}</text>${parts.join('')}`;
  });
  const keys: Key[] = [
    { label: 'easy, s below .33', mark: 'square', colour: 'var(--easy)' },
    { label: 'medium', mark: 'square', colour: 'var(--medium)' },
    { label: 'hard, from .66', mark: 'square', colour: 'var(--hard)' },
  ];
  const body = legend(left, 18, keys) + bars.join('');
  return svg(width, top + rows.length * pitch, 'shares of easy, medium and hard images', body);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
