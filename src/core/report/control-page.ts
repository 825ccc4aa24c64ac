/**
 * Owns the control report as one HTML page: no scripts, no other files, nothing fetched. It says in words what each
 * picture shows, for a reader who does not know the paper.
 */
import type { ControlPicture, ControlReport, ControlVariant, ScorerRole } from '../../shared/control.ts';
import {
  agreementChart,
  baselineLabel,
  bucketChart,
  levelDensityChart,
  requestedChart,
} from './control-charts.ts';
import { classesChart, classMapChart, qualityChart } from './control-class-charts.ts';
import { baselineTable, classTable, levelTable, qualityTable, settingsTable } from './control-tables.ts';
import { escapeHtml, htmlPage, percent, score } from './html.ts';
import { section, tile } from './sections.ts';

/** A chart of the report, which is also written as a file of its own. */
export interface ControlChart {
  title: string;
  /** File name without its folder. */
  file: string;
  svg: string;
}

/** All charts that this report has figures for, in the order of the page. */
export function controlCharts(report: ControlReport): ControlChart[] {
  const { heldOutDensities } = report;
  return [
    {
      title: 'Densities by requested difficulty',
      file: 'densities.svg',
      svg: levelDensityChart(report.densities),
    },
    ...(heldOutDensities
      ? [
          {
            title: 'Densities by requested difficulty, held-out scorer',
            file: 'densities-held-out.svg',
            svg: levelDensityChart(heldOutDensities),
          },
        ]
      : []),
    { title: 'Requested against measured', file: 'requested.svg', svg: requestedChart(report) },
    { title: 'Class agreement', file: 'agreement.svg', svg: agreementChart(report) },
    { title: 'Requested against measured by class', file: 'classes.svg', svg: classesChart(report) },
    { title: 'Easy, medium and hard images', file: 'buckets.svg', svg: bucketChart(report) },
    {
      title: 'Diversity and faithfulness',
      file: 'quality.svg',
      svg: qualityChart(report.quality, report.classes.length),
    },
    ...report.maps.map((map, i) => ({
      title: `Map of ${map.className}`,
      file: `map-${i}.svg`,
      svg: classMapChart(map),
    })),
  ];
}

/**
 * The whole document. `sources`: data: URI of a picture by its file name; a picture without one is left out.
 * `madeAt`: when and with what, as a person reads it.
 */
export function renderControlPage(
  report: ControlReport,
  charts: readonly ControlChart[],
  sources: ReadonlyMap<string, string>,
  madeAt: string,
): string {
  const title = `Difficulty control: ${report.adapter.name} on ${report.datasetName}`;
  const chart = (file: string) => {
    const found = charts.find((c) => c.file === file);
    return found ? `<figure class="chart">${found.svg}</figure>` : '';
  };
  const body = [
    figures(report),
    pictures(report, sources),
    section(
      'densities',
      'What was asked for, and what came out',
      'Each line shows how the difficulties of the images asked for at one level spread, measured afterwards. Lines that lie apart, in the order easy (blue) to hard (red), mean that the request is followed. Grey: the real images. The marks on the axis are what was asked for.',
      `${byline(report, 'trainingScorer')}${chart('densities.svg')}${report.heldOutDensities ? `${byline(report, 'heldOutScorer')}${chart('densities-held-out.svg')}` : ''}`,
    ),
    section(
      'requested',
      'Requested against measured',
      'Left: a perfect control would put every dot on the dashed diagonal; a rising line is what matters for use. Right: how many images still show their class; harder images may lose some, easy ones should not. Bars are 95 % intervals. The grey lines are models that know no difficulty.',
      `<div class="pair">${chart('requested.svg')}${chart('agreement.svg')}</div>${levelTable(report)}`,
    ),
    section(
      'classes',
      'Class by class',
      'ρ is Spearman’s rank correlation of requested and measured difficulty over a class’s images: 1 follows the order exactly, 0 not at all. The slope says how much measured difficulty is gained per unit of requested difficulty. Square brackets: 95 % intervals from drawing whole seeds again (bootstrap).',
      `${chart('classes.svg')}${classTable(report)}`,
    ),
    section(
      'baselines',
      'How much of the output is easy',
      'The dilemma that difficulty control is for: models without it make mostly easy images, which teach a classifier little. By the scorer that the model was trained with.',
      `${chart('buckets.svg')}${baselineTable(report)}`,
    ),
    section(
      'quality',
      'Diversity and faithfulness',
      `In the features of ${escapeHtml(report.quality.encoder.name)}, within each class, averaged over classes; real images of about the same difficulty beside them, where a class has enough of them: those are compared with generated images of the same classes in the same numbers, and drawn fainter the fewer classes they are of. Precision: share of the images lying where real images of the class lie. Coverage: share of the real images with a generated one nearby; it grows with the number of images. KID: 0 where generated and real images are spread alike.`,
      `${chart('quality.svg')}${qualityTable(report)}`,
    ),
    maps(report, chart),
    section('settings', 'Made with', '', settingsTable(report)),
  ].join('\n');
  return htmlPage({ title, lead: lead(report), body, madeAt });
}

/** What was found, in two sentences. */
function lead(report: ControlReport): string {
  const { spearman, rises, classes, levels } = report;
  const { count } = report.figures.trainingScorer;
  const seen = report.scorers.heldOutScorer
    ? `, ${score(spearman.heldOutScorer)} by ${report.scorers.heldOutScorer.name}, which it never saw`
    : '';
  return (
    `${count} images of ${classes.length} classes were asked for at ${levels.length} levels of difficulty and measured afterwards. ` +
    `Request and measurement are correlated by ${score(spearman.trainingScorer)} within a class by ${report.scorers.trainingScorer.name}, the scorer it was trained with${seen}; ` +
    `the mean measured difficulty ${rises ? 'rises at every level' : 'does not rise at every level'}.`
  );
}

function figures(report: ControlReport): string {
  const { trainingScorer, heldOutScorer } = report.figures;
  const cells: [string, string][] = [
    ['Spearman, trained with', score(trainingScorer.spearman.value)],
    ...(heldOutScorer
      ? [['Spearman, never seen', score(heldOutScorer.spearman.value)] as [string, string]]
      : []),
    ['slope', score(trainingScorer.slope.value)],
    [`class agrees at s ${score(report.levels[0].requested)}`, percent(report.agreementAtLow)],
    ['easy images', percent(report.easyShare)],
    ['images measured', String(trainingScorer.count)],
  ];
  return `<dl class="figures">${cells.map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

const byline = (report: ControlReport, role: ScorerRole) =>
  `<h3 class="byline">${escapeHtml(report.scorers[role]?.name ?? '')}, ${role === 'trainingScorer' ? 'which the model was trained with' : 'which the model never saw'}</h3>`;

/** A row per class, a column per level, then what the baselines make of the same seeds. */
function pictures(report: ControlReport, sources: ReadonlyMap<string, string>): string {
  const shown = report.pictures.filter((p) => sources.has(p.file));
  if (shown.length === 0) return '';
  const variants = (['base', 'plain'] as const).filter((v) => shown.some((p) => p.variant === v));
  const levels = report.levels.map((l) => l.requested);
  const cell = (className: string, variant: ControlVariant, requested: number | null) => {
    const own = shown.filter(
      (p) => p.className === className && p.variant === variant && p.requested === requested,
    );
    return `<div class="strip">${own.map((p) => tileOf(p, sources)).join('')}</div>`;
  };
  const columns = levels.length + variants.length;
  const head = `<div class="genrow head" style="--levels:${columns}"><span></span>${levels.map((s) => `<span>asked for ${score(s)}</span>`).join('')}${variants.map((v) => `<span>${baselineLabel[v]}</span>`).join('')}</div>`;
  const rows = report.classes
    .filter((name) => shown.some((p) => p.className === name))
    .map(
      (name) =>
        `<div class="genrow" style="--levels:${columns}"><h3>${escapeHtml(name)}</h3>${levels.map((s) => cell(name, 'controlled', s)).join('')}${variants.map((v) => cell(name, v, null)).join('')}</div>`,
    )
    .join('');
  return section(
    'pictures',
    'The same seeds, easy to hard',
    'Each row of pictures in a class is one seed: what differs from left to right is only the difficulty asked for. The number is the difficulty measured afterwards.',
    `<div class="scroll">${head}${rows}</div>`,
  );
}

function maps(report: ControlReport, chart: (file: string) => string): string {
  if (report.maps.length === 0) return '';
  const drawn = report.maps.map(
    (map, i) => `<div><h3 class="byline">${escapeHtml(map.className)}</h3>${chart(`map-${i}.svg`)}</div>`,
  );
  return section(
    'maps',
    'Maps of single classes',
    'Images that look alike to the encoder lie together (t-SNE). Rings are real images, coloured by their own difficulty; dots are generated ones, coloured by what was asked for. Dots among rings of their colour are what difficulty control is meant to give.',
    `<div class="pair">${drawn.join('')}</div>`,
  );
}

const tileOf = (p: ControlPicture, sources: ReadonlyMap<string, string>) =>
  tile({
    src: sources.get(p.file) as string,
    difficulty: p.measured,
    className: p.className,
    predicted: null,
    title: `${p.className}, seed ${p.seed}${p.agrees ? '' : ', taken for another class'}`,
  });
