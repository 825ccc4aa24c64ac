/** Owns the parts of a report, one function each: data -> HTML, '' where there is nothing to show. */
import type { FactorCell, ReportData, ReportImage } from './data.ts';
import { densityChart } from './density-chart.ts';
import { difficultyColour, escapeHtml, isLight, percent, score, seconds } from './html.ts';
import { levelChart } from './level-chart.ts';
import { mapCharts, rampLegend } from './map-chart.ts';

export const section = (id: string, title: string, intro: string, body: string) =>
  `<section id="${id}"><h2>${title}</h2>${intro ? `<p class="intro">${intro}</p>` : ''}${body}</section>`;

export const heads = (names: readonly string[]) =>
  `<tr>${names.map((n) => `<th>${escapeHtml(n)}</th>`).join('')}</tr>`;

/** A picture with its score; a wrong most probable class is named below. */
export function tile(image: ReportImage): string {
  const wrong = image.predicted !== null && image.predicted !== image.className;
  const said = image.predicted === null ? '' : `, most probable: ${image.predicted}`;
  const chip =
    image.difficulty === null
      ? ''
      : `<b${isLight(image.difficulty) ? ' class="on-light"' : ''} style="background:${difficultyColour(image.difficulty)}">${score(image.difficulty)}</b>`;
  return (
    `<figure class="tile" title="${escapeHtml(`${image.title}: s ${score(image.difficulty)}${said}`)}">` +
    `<img src="${image.src}" alt="${escapeHtml(image.className)}" loading="lazy">${chip}` +
    `${wrong ? `<figcaption>${escapeHtml(image.predicted as string)}</figcaption>` : ''}</figure>`
  );
}

const strip = (images: readonly ReportImage[]) =>
  images.length > 0 ? `<div class="strip">${images.map(tile).join('')}</div>` : '<p class="faint">none</p>';

export const figuresSection = (data: ReportData) =>
  data.figures.length === 0
    ? ''
    : `<dl class="figures">${data.figures
        .map((f) => `<div><dt>${escapeHtml(f.label)}</dt><dd>${escapeHtml(f.value)}</dd></div>`)
        .join('')}</dl>`;

export function stagesSection(data: ReportData): string {
  if (data.stages.length === 0) return '';
  const longest = Math.max(...data.stages.map((s) => s.seconds), 1e-9);
  const total = data.stages.reduce((sum, s) => sum + s.seconds, 0);
  const rows = data.stages
    .map(
      (s) =>
        `<tr><td>${escapeHtml(s.name)}</td><td class="n">${seconds(s.seconds)}</td>` +
        `<td class="barcell"><i class="bar" style="width:${((100 * s.seconds) / longest).toFixed(1)}%"></i></td>` +
        `<td class="faint">${escapeHtml(s.detail)}</td></tr>`,
    )
    .join('');
  return section(
    'done',
    'What was done',
    '',
    `<table>${rows}<tr class="sum"><td>together</td><td class="n">${seconds(total)}</td><td></td><td></td></tr></table>`,
  );
}

export function difficultySection(data: ReportData): string {
  if (!data.buckets || !data.scorer) return '';
  const { easy, medium, hard } = data.buckets;
  const all = Math.max(1, easy + medium + hard);
  const parts = [
    ['easy', easy],
    ['medium', medium],
    ['hard', hard],
  ] as const;
  const bar = parts
    .map(([name, n]) => `<span class="part ${name}" style="flex-grow:${n}" title="${name}: ${n}"></span>`)
    .join('');
  const legend = parts
    .map(
      ([name, n]) =>
        `<span class="key"><i class="swatch ${name}"></i>${name} ${n} (${percent(n / all)})</span>`,
    )
    .join('');
  const { scorer } = data;
  const accuracy =
    scorer.accuracy === null
      ? ''
      : ` Its accuracy on the real images is ${(100 * scorer.accuracy).toFixed(1)} %.`;
  return section(
    'difficulty',
    'How hard the images are',
    `Scores of “${escapeHtml(scorer.name)}” (${escapeHtml(scorer.method)}, on ${escapeHtml(scorer.modelName)}): s = 1 − p(true class), 0 is easiest.${accuracy}`,
    `<div class="buckets">${bar}</div><p class="legend">${legend}</p>${data.curves.length > 0 ? densityChart(data.curves) : ''}`,
  );
}

export function classesSection(data: ReportData): string {
  if (data.classes.length === 0) return '';
  const rows = data.classes
    .map((c) => {
      const bar = (['easy', 'medium', 'hard'] as const)
        .map((b) => `<span class="part ${b}" style="flex-grow:${c.buckets[b]}"></span>`)
        .join('');
      return (
        `<tr><td>${escapeHtml(c.name)}</td><td class="n">${c.count}</td><td class="n">${score(c.mean)}</td>` +
        `<td class="n">${score(c.median)}</td><td class="n">${percent(c.accuracy)}</td>` +
        `<td class="barcell"><div class="buckets small">${bar}</div></td></tr>`
      );
    })
    .join('');
  const strips = data.classes
    .map(
      (c) =>
        `<div class="classrow"><h3>${escapeHtml(c.name)}</h3><div class="cell">${strip(c.easiest)}</div><div class="cell">${strip(c.hardest)}</div></div>`,
    )
    .join('');
  return (
    section(
      'classes',
      'Class by class',
      '',
      `<table>${heads(['class', 'images', 'mean s', 'median s', 'accuracy', 'easy · medium · hard'])}${rows}</table>`,
    ) +
    section(
      'samples',
      'Easiest and hardest real samples',
      'The number is the score. A name below a picture is the class that the scorer found most probable where that is not the label.',
      `<div class="classrow head"><h3></h3><div class="cell">easiest</div><div class="cell">hardest</div></div>${strips}`,
    )
  );
}

export const mapSection = (data: ReportData) =>
  data.map === null || data.map.positions.length === 0
    ? ''
    : section(
        'map',
        'Map of the dataset',
        `${escapeHtml(data.map.method)} of the features of ${escapeHtml(data.map.modelName)}: near images look alike to the encoder. Distances between far groups mean little.`,
        mapCharts(data.map),
      );

export function generatedSection(data: ReportData): string {
  const made = data.generated;
  if (!made || made.rows.length === 0) return '';
  const head = `<div class="genrow head" style="--levels:${made.levels.length}"><h3></h3>${made.levels.map((l) => `<div>requested s = ${score(l)}</div>`).join('')}</div>`;
  const rows = made.rows
    .map(
      (row) =>
        `<div class="genrow" style="--levels:${made.levels.length}"><h3>${escapeHtml(row.className)}</h3>${row.cells.map((images) => `<div>${strip(images)}</div>`).join('')}</div>`,
    )
    .join('');
  return section(
    'generated',
    'Generated images at a requested difficulty',
    'The number on a picture is the difficulty measured afterwards by the scorer of the real images; a name below is the class it found most probable where that is not the requested one.',
    `${head}${rows}<p class="legend">${rampLegend()}</p>`,
  );
}

export function levelsSection(data: ReportData): string {
  const rows = data.generated?.measured ?? [];
  if (rows.length === 0) return '';
  const body = rows
    .map(
      (r) =>
        `<tr><td class="n">${score(r.requested)}</td><td class="n">${r.count}</td><td class="n">${score(r.mean)}</td><td class="n">${score(r.sd)}</td><td class="n">${percent(r.agreement)}</td></tr>`,
    )
    .join('');
  return section(
    'control',
    'Requested against measured',
    'A perfect difficulty control would put every dot on the dashed diagonal.',
    `<div class="beside">${levelChart(rows)}<table>${heads(['requested s', 'images', 'measured mean', 'sd', 'class agrees'])}${body}</table></div>`,
  );
}

export function factorsSection(data: ReportData): string {
  const factors = data.factors;
  if (!factors || factors.rows.length === 0) return '';
  const td = (value: number | null, cell: FactorCell | null = null) => {
    if (value === null) return '<td class="r none">–</td>';
    const alpha = Math.min(0.75, Math.abs(value)).toFixed(2);
    const rgb = value > 0 ? '214,90,60' : '58,120,185';
    const sign = value >= 0 ? '+' : '−';
    const marks = `${cell?.certain ? ' strong' : ''}${cell?.dominant ? ' dominant' : ''}`;
    return `<td class="r${marks}" style="background:rgba(${rgb},${alpha})">${sign}${score(Math.abs(value))}</td>`;
  };
  const body = factors.rows
    .map(
      (row) =>
        `<tr><td>${escapeHtml(row.className)}</td><td class="n">${row.count}</td>${row.cells.map((c) => td(c?.rho ?? null, c)).join('')}</tr>`,
    )
    .join('');
  const total = factors.rows.reduce((sum, row) => sum + row.count, 0);
  return section(
    'factors',
    'Known factors against the score',
    'Each demo image was drawn with known strengths of what makes it hard. Spearman’s rank correlation of each strength with the measured difficulty, per class: red means that more of the factor is harder. Bold: the 95 % interval leaves out 0. Framed: the two factors that were drawn strongest in this class. Factors come together (a scene that is drawn hard has more of each); the last row takes them apart: each factor’s own coefficient when all of them explain the ranks at once.',
    `<table class="heat">${heads(['class', 'images', ...factors.names])}${body}<tr class="sum"><td>mean of classes</td><td class="n">${total}</td>${factors.mean.map((v) => td(v)).join('')}</tr><tr class="sum"><td>others held equal</td><td></td>${factors.own.map((v) => td(v)).join('')}</tr></table>`,
  );
}

export const notesSection = (data: ReportData) =>
  data.notes.length === 0
    ? ''
    : section(
        'limits',
        'What these figures do not say',
        '',
        `<ul>${data.notes.map((n) => `<li>${escapeHtml(n)}</li>`).join('')}</ul>`,
      );

export const environmentSection = (data: ReportData) =>
  data.environment.length === 0
    ? ''
    : section(
        'environment',
        'Made with',
        '',
        `<table class="plain">${data.environment.map((e) => `<tr><td>${escapeHtml(e.label)}</td><td>${escapeHtml(e.value)}</td></tr>`).join('')}</table>`,
      );
