/** Owns the tables of the control report's page. */
import type { ControlReport, Estimate, SetQuality } from '../../shared/control.ts';
import { baselineLabel } from './control-charts.ts';
import { escapeHtml, percent, score } from './html.ts';
import { heads } from './sections.ts';

const range = ({ value, interval }: Estimate) =>
  interval ? `${score(value)} [${score(interval.low)}, ${score(interval.high)}]` : score(value);

const row = (cells: readonly string[], kind = '') =>
  `<tr${kind ? ` class="${kind}"` : ''}>${cells.map((c, i) => `<td${i > 0 ? ' class="n"' : ''}>${c}</td>`).join('')}</tr>`;

/** A row per level, by both scorers. */
export function levelTable(report: ControlReport): string {
  const two = report.figures.heldOutScorer !== null;
  const rows = report.levels.map((l) => {
    const cells = [
      score(l.requested),
      String(l.count),
      range({ value: l.measuredMean, interval: l.measuredInterval }),
      score(l.measuredSd),
      percent(l.agreement),
      ...(l.heldOut
        ? [
            range({ value: l.heldOut.measuredMean, interval: l.heldOut.measuredInterval }),
            percent(l.heldOut.agreement),
          ]
        : []),
    ];
    return row(cells);
  });
  return `<table>${heads(['asked for', 'images', 'measured mean', 'sd', 'class agrees', ...(two ? ['mean, held out', 'class agrees, held out'] : [])])}${rows.join('')}</table>`;
}

/** A row per class, and the means over them. */
export function classTable(report: ControlReport): string {
  const { trainingScorer, heldOutScorer } = report.figures;
  const line = (
    name: string,
    training: { spearman: Estimate; slope: Estimate; agreement: number },
    heldOut: { spearman: Estimate; slope: Estimate; agreement: number } | undefined,
  ) => [
    escapeHtml(name),
    range(training.spearman),
    range(training.slope),
    percent(training.agreement),
    ...(heldOut ? [range(heldOut.spearman), range(heldOut.slope), percent(heldOut.agreement)] : []),
  ];
  const rows = trainingScorer.classes.map((c, i) => row(line(c.className, c, heldOutScorer?.classes[i])));
  rows.push(row(line('mean of classes', trainingScorer, heldOutScorer ?? undefined), 'sum'));
  return `<table>${heads(['class', 'ρ', 'slope', 'class agrees', ...(heldOutScorer ? ['ρ, held out', 'slope, held out', 'class agrees, held out'] : [])])}${rows.join('')}</table>`;
}

/** A row per model; '' without a baseline. */
export function baselineTable(report: ControlReport): string {
  const rows = (['base', 'plain'] as const).flatMap((variant) => {
    const b = report.baselines[variant];
    return b
      ? [
          row([
            baselineLabel[variant],
            percent(b.easyShare),
            score(b.spearman.trainingScorer),
            percent(b.agreementAtLow),
          ]),
        ]
      : [];
  });
  if (rows.length === 0) return '';
  rows.unshift(
    row([
      'with difficulty, all levels',
      percent(report.easyShare),
      score(report.spearman.trainingScorer),
      percent(report.figures.trainingScorer.agreement),
    ]),
  );
  return `<table>${heads(['model', 'easy', 'ρ', 'class agrees'])}${rows.join('')}</table>`;
}

const qualityColumns: [string, (q: SetQuality) => number | null][] = [
  ['images a class', (q) => q.count],
  ['diversity', (q) => q.diversity],
  ['Vendi', (q) => q.vendi],
  ['nearest real', (q) => q.nearestReal],
  ['class mean', (q) => q.classMean],
  ['precision', (q) => q.precision],
  ['recall', (q) => q.recall],
  ['density', (q) => q.density],
  ['coverage', (q) => q.coverage],
  ['KID', (q) => q.kid],
];

/** Per level all images, then like for like where there are real images like them; then the baselines. */
export function qualityTable({ quality, scorers }: ControlReport): string {
  const columns: typeof qualityColumns = scorers.heldOutScorer
    ? [...qualityColumns, ['agrees, held out', (q) => q.heldOutAgreement]]
    : qualityColumns;
  const cells = (name: string, q: SetQuality) => [
    name,
    ...columns.map(([, of]) => {
      const value = of(q);
      return value === null ? '–' : String(Number(value.toPrecision(3)));
    }),
  ];
  const rows = quality.levels.flatMap(({ requested, generated, band, matched }) => {
    const all = row(cells(`asked for ${score(requested)}`, generated));
    if (!matched) return [all];
    const same = matched.classes === 1 ? 'the same class' : `the same ${matched.classes} classes`;
    return [
      all,
      row(cells(`real, ${score(band.low)} to ${score(band.high)}`, matched.real), 'compared'),
      row(cells(`${same}, as many`, matched.generated), 'compared'),
    ];
  });
  for (const variant of ['base', 'plain'] as const) {
    const q = quality.baselines[variant];
    if (q) rows.push(row(cells(baselineLabel[variant], q)));
  }
  return `<div class="scroll"><table>${heads(['', ...columns.map(([name]) => name)])}${rows.join('')}</table></div>`;
}

/** What it was made with; ids of the catalog say nothing outside it and are left out. */
export function settingsTable(report: ControlReport): string {
  const rows: [string, string][] = [
    ['model', `${report.adapter.name}, ${report.adapter.hash.slice(0, 12)}`],
    ['trained with scorer', report.scorers.trainingScorer.name],
    ['held-out scorer', report.scorers.heldOutScorer?.name ?? 'none'],
    ...Object.entries(report.settings)
      .filter(([name]) => !/Id$/.test(name))
      .map(([name, value]): [string, string] => [
        name,
        Array.isArray(value) ? value.join(', ') : String(value),
      ]),
  ];
  return `<table class="plain">${rows.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`).join('')}</table>`;
}
