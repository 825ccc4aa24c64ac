/** Owns `crux issues`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { issuesReport } from '../../shared/issues.ts';
import type { CommandContext } from '../command.ts';
import { count, percent, table } from '../format.ts';
import { datasetJob } from '../job-command.ts';

/** The list itself has all of them; a terminal shows the first. */
const shown = 10;

export const issues = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'issues',
    summary: 'list labels that are probably wrong, and images that are there twice',
    report: ({ result }, session) => {
      const file = join(session.folder, result.file);
      const report = issuesReport.parse(JSON.parse(readFileSync(file, 'utf8')));
      const suspects = report.issues
        .slice(0, shown)
        .map((i) => [i.path, i.given, i.suggested, i.selfConfidence, i.difficulty]);
      const clusters = report.duplicates
        .slice(0, shown)
        .map((c) => [
          [c.kind, ...(c.leaks ? ['across splits'] : []), ...(c.labelsDiffer ? ['labels differ'] : [])].join(
            ', ',
          ),
          c.images.map((image) => image.path).join('  '),
        ]);
      return {
        data: {
          issues: report.issues,
          pairs: report.pairs,
          similarity: report.similarity,
          duplicates: report.duplicates,
        },
        lines: [
          // Without a scorer the job's figures say that labels were left out.
          ...(report.scorer
            ? [
                `${count(report.issues.length, 'label')} of ${report.images} ${report.issues.length === 1 ? 'looks' : 'look'} wrong (about ${percent(report.noise)} estimated); ${count(report.hard, 'image is', 'images are')} hard for another reason`,
              ]
            : []),
          ...(suspects.length > 0
            ? table(['image', 'given', 'suggested', 'p(given)', 'difficulty'], suspects)
            : []),
          `${count(report.duplicates.length, 'group')} of duplicates`,
          ...(clusters.length > 0 ? table(['kind', 'images'], clusters) : []),
        ],
      };
    },
  });
