/** Owns the newest report on labels and duplicates, joined with what people have decided since. */
import {
  type CheckState,
  confirmedLabelTag,
  type IssuesReport,
  type IssuesView,
  issuesReport,
} from '../../shared/issues.ts';
import type { Catalog } from './open.ts';
import { newestReport } from './reports.ts';

interface Now {
  id: number;
  classId: number | null;
  className: string | null;
  confirmed: number;
  rejected: number;
}

/** null: nobody has searched yet. Images that have gone since are left out. */
export function latestIssues(catalog: Catalog, datasetId: number): IssuesView | null {
  const newest = newestReport(catalog, datasetId, 'issues', issuesReport);
  if (!newest) return null;
  const { report, jobId, finishedAt } = newest;
  const now = new Map(
    catalog
      .all<Now>(
        `SELECT i.id, i.class_id AS classId, c.name AS className,
           EXISTS (SELECT 1 FROM tags t WHERE t.image_id = i.id AND t.tag = ?) AS confirmed,
           EXISTS (SELECT 1 FROM reviews r WHERE r.image_id = i.id AND r.decision = 'reject') AS rejected
         FROM images i LEFT JOIN classes c ON c.id = i.class_id
         WHERE i.present = 1 AND i.id IN (SELECT value FROM json_each(?))`,
        confirmedLabelTag,
        JSON.stringify(imagesOf(report)),
      )
      .map((row) => [row.id, row]),
  );
  return {
    ...report,
    jobId,
    finishedAt,
    issues: report.issues.flatMap((issue) => {
      const row = now.get(issue.imageId);
      return row
        ? [{ ...issue, className: row.className, state: stateOf(row, row.classId !== issue.givenClassId) }]
        : [];
    }),
    duplicates: report.duplicates
      .map((cluster) => ({
        ...cluster,
        images: cluster.images.flatMap((image) => {
          const row = now.get(image.imageId);
          return row ? [{ ...image, className: row.className, excluded: row.rejected === 1 }] : [];
        }),
      }))
      .filter((cluster) => cluster.images.length > 1),
  };
}

const imagesOf = ({ issues, duplicates }: IssuesReport): number[] => [
  ...new Set([
    ...issues.map((issue) => issue.imageId),
    ...duplicates.flatMap((cluster) => cluster.images.map((image) => image.imageId)),
  ]),
];

/** The strongest word counts: what is excluded needs no label. */
function stateOf(row: Now, changed: boolean): CheckState {
  if (row.rejected) return 'excluded';
  if (changed) return 'changed';
  return row.confirmed ? 'confirmed' : 'open';
}
