/** Owns the report as one HTML file: no scripts, no other files, nothing fetched. */
import type { ReportData } from './data.ts';
import { htmlPage } from './html.ts';
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
  return htmlPage({ ...data, body });
}
