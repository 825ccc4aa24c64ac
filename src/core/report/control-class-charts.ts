/**
 * Owns the charts of difficulty control that look into classes: requested against measured in each, the map of one
 * (the paper's Fig. 7), and diversity and faithfulness against difficulty.
 */
import type {
  ClassMap,
  ControlQuality,
  ControlReport,
  LevelQuality,
  SetQuality,
} from '../../shared/control.ts';
import { scorerColour } from './control-charts.ts';
import { difficultyColour, px, score } from './html.ts';
import { placed } from './map-chart.ts';
import { dot, type Key, legend, line, type Plot, plot, svg } from './plot.ts';

const perRow = 5;

/** A small panel per class: mean measured difficulty at each level, by both scorers. */
export function classesChart(report: ControlReport): string {
  const { trainingScorer: training, heldOutScorer: heldOut } = report.figures;
  const [cell, tall, top] = [216, 196, 34];
  const panels = training.classes.map((one, i) => {
    const box = {
      left: (i % perRow) * cell + 32,
      top: top + Math.floor(i / perRow) * tall + 26,
      width: cell - 46,
      height: tall - 62,
    };
    const rho = `ρ ${score(one.spearman.value)}`;
    const { x, y, frame } = plot(box, {
      x: { low: 0, high: 1 },
      y: { low: 0, high: 1 },
      xTicks: [0, 0.5, 1],
      yTicks: [0, 0.5, 1],
      title: `${clipped(one.className, 16)}  ${rho}`,
    });
    const both = [
      { colour: scorerColour.trainingScorer, found: one },
      { colour: scorerColour.heldOutScorer, found: heldOut?.classes[i] },
    ];
    const series = both.map(({ colour, found }) => {
      const points = (found?.levels ?? []).map((l) => [x(l.requested), y(l.measuredMean)] as const);
      const dots = points.map(([a, b], k) =>
        dot(
          a,
          b,
          colour,
          `asked for ${score(one.levels[k].requested)}: ${score(found!.levels[k].measuredMean)}`,
          3.5,
        ),
      );
      return line(points, `stroke="${colour}"`) + dots.join('');
    });
    const diagonal = `<path class="diagonal" d="M${px(x(0))} ${px(y(0))}L${px(x(1))} ${px(y(1))}"/>`;
    return frame + diagonal + series.join('');
  });
  const keys: Key[] = [
    {
      label: `${report.scorers.trainingScorer.name} (trained with)`,
      mark: 'dot',
      colour: scorerColour.trainingScorer,
    },
    ...(report.scorers.heldOutScorer
      ? [
          {
            label: `${report.scorers.heldOutScorer.name} (never seen)`,
            mark: 'dot' as const,
            colour: scorerColour.heldOutScorer,
          },
        ]
      : []),
  ];
  const rows = Math.ceil(training.classes.length / perRow);
  const body = legend(32, 18, keys) + panels.join('');
  return svg(perRow * cell, top + rows * tall, 'measured against requested difficulty by class', body);
}

const clipped = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Real images as rings in the colour of their difficulty, generated ones as dots in that of what was asked for. */
export function classMapChart(map: ClassMap): string {
  const [width, head] = [520, 30];
  const { at, height } = placed(Float32Array.from(map.positions), width);
  const points = map.requested.map((requested, i) => {
    const [x, y] = at(i);
    return requested === null
      ? `<circle cx="${x}" cy="${y}" r="3.4" fill="none" stroke="${colour(map.measured[i])}" stroke-width="1.4"/>`
      : `<circle cx="${x}" cy="${y}" r="3.4" fill="${colour(requested)}" fill-opacity=".9"/>`;
  });
  const keys: Key[] = [
    { label: 'real', mark: 'ring', colour: 'var(--ink)' },
    { label: 'generated', mark: 'dot', colour: 'var(--ink)' },
    { label: 'easy', mark: 'square', colour: colour(0) },
    { label: 'medium', mark: 'square', colour: colour(0.5) },
    { label: 'hard', mark: 'square', colour: colour(1) },
  ];
  const body = `${legend(10, 18, keys)}<g transform="translate(0 ${head})">${points.join('')}</g>`;
  return svg(width, height + head, `map of the images of ${map.className}`, body);
}

const colour = (difficulty: number) => difficultyColour(Math.round(difficulty * 20) / 20);

interface Panel {
  title: string;
  figure: keyof SetQuality;
  /** The range that is always shown; figures outside widen it. */
  range: { low: number; high: number };
}

const panels: readonly Panel[] = [
  { title: 'diversity (cosine distance of two)', figure: 'diversity', range: { low: 0, high: 0.1 } },
  { title: 'effective number of different images', figure: 'vendi', range: { low: 1, high: 2 } },
  { title: 'similarity to the nearest real image', figure: 'nearestReal', range: { low: 0.9, high: 1 } },
  { title: 'precision: share among the real ones', figure: 'precision', range: { low: 0, high: 1 } },
  { title: 'coverage: share of real ones reached', figure: 'coverage', range: { low: 0, high: 1 } },
  { title: 'KID: distance from the real images', figure: 'kid', range: { low: 0, high: 0.01 } },
];

/**
 * Each figure against difficulty: a line of all generated images; and at each level that has real images enough, those
 * beside generated ones of the same classes and numbers, the fainter the fewer classes they are of.
 */
export function qualityChart(quality: ControlQuality, classes: number): string {
  const [cell, tall, top, columns] = [360, 226, 34, 3];
  const drawn = panels.map(({ title, figure, range }, i) => {
    const values = quality.levels
      .flatMap((l) => [l.generated[figure], l.matched?.generated[figure], l.matched?.real[figure]])
      .filter((v) => typeof v === 'number');
    const box = {
      left: (i % columns) * cell + 46,
      top: top + Math.floor(i / columns) * tall + 28,
      width: cell - 64,
      height: tall - 68,
    };
    const axes = { x: { low: 0, high: 1 }, y: widened(range, values), title };
    const { x, y, frame } = plot(box, axes);
    const all = quality.levels.flatMap((l) => {
      const value = l.generated[figure];
      return value === null ? [] : [[x(l.requested), y(value)] as const];
    });
    return (
      frame +
      line(all, `stroke="${generatedColour}"`) +
      quality.levels.map((l) => pair(l, figure, classes, { x, y })).join('')
    );
  });
  const keys: Key[] = [
    { label: 'generated, all', mark: 'line', colour: generatedColour },
    { label: 'generated, like the real ones in classes and number', mark: 'ring', colour: generatedColour },
    { label: 'real images of that difficulty', mark: 'dot', colour: realColour },
  ];
  const rows = Math.ceil(panels.length / columns);
  return svg(
    columns * cell,
    top + rows * tall,
    'diversity and faithfulness by difficulty',
    legend(46, 18, keys) + drawn.join(''),
  );
}

const generatedColour = 'var(--synthetic)';
const realColour = 'var(--real)';

/** Like for like at one level; '' where there is nothing to compare with. */
function pair(
  { requested, matched }: LevelQuality,
  figure: keyof SetQuality,
  classes: number,
  { x, y }: Pick<Plot, 'x' | 'y'>,
): string {
  const generated = matched?.generated[figure];
  const real = matched?.real[figure];
  if (typeof generated !== 'number' || typeof real !== 'number') return '';
  const what = `s ${score(requested)}, ${matched?.classes} of ${classes} classes: real ${short(real)}, generated ${short(generated)}`;
  return (
    `<g opacity="${short(0.3 + (0.7 * (matched?.classes ?? 0)) / classes)}">` +
    dot(x(requested), y(real), realColour, what, 4) +
    `<circle cx="${px(x(requested))}" cy="${px(y(generated))}" r="4" fill="none" stroke="${generatedColour}" stroke-width="1.5"><title>${what}</title></circle></g>`
  );
}

const short = (value: number) => String(Number(value.toPrecision(3)));

function widened(range: { low: number; high: number }, values: readonly number[]) {
  const low = Math.min(range.low, ...values);
  const high = Math.max(range.high, ...values);
  const room = 0.06 * (high - low);
  return { low: low < range.low ? low - room : low, high: high > range.high ? high + room : high };
}
