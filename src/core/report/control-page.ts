/** Owns the control report as one HTML page: no scripts, no other files, nothing fetched. */
import type { ControlReport } from '../../shared/control.ts';
import { escapeHtml, percent, score } from './html.ts';
import { levelChart } from './level-chart.ts';
import { style } from './style.ts';

export function renderControlPage(report: ControlReport): string {
  const rows = report.levels.map((l) => ({
    requested: l.requested,
    count: l.count,
    mean: l.measuredMean,
    sd: l.measuredSd,
    agreement: l.agreement,
  }));
  const title = `Difficulty control on ${report.datasetName}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header><div class="brand">Crux</div><h1>${escapeHtml(title)}</h1></header>
<p>Spearman ${score(report.spearman.trainingScorer)}, class agreement at the lowest level ${percent(report.agreementAtLow)}.</p>
${levelChart(rows)}
</main>
</body>
</html>
`;
}
