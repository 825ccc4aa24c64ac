/** Owns the report as one HTML file: no scripts, no other files, nothing fetched. */
import type { ReportData } from './data.ts';
import { escapeHtml } from './html.ts';
import {
  classesSection,
  difficultySection,
  environmentSection,
  factorsSection,
  figuresSection,
  generatedSection,
  levelsSection,
  mapSection,
  notesSection,
  stagesSection,
} from './sections.ts';
import { style } from './style.ts';

/** The whole document. Every text in `data` is escaped; pictures must be data: URIs. */
export function renderReport(data: ReportData): string {
  const body = [
    figuresSection,
    generatedSection,
    levelsSection,
    difficultySection,
    classesSection,
    mapSection,
    factorsSection,
    stagesSection,
    notesSection,
    environmentSection,
  ]
    .map((part) => part(data))
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(data.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header><div class="brand">Crux</div><h1>${escapeHtml(data.title)}</h1><p class="lead">${escapeHtml(data.lead)}</p></header>
${body}
<footer>${escapeHtml(data.madeAt)}</footer>
</main>
</body>
</html>
`;
}
