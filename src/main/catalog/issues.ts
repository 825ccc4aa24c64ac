/** Owns the newest report on labels and duplicates, joined with what people have decided since. */
import { readFileSync } from 'node:fs';
import {
  type CheckState,
  confirmedLabelTag,
  type IssuesReport,
  type IssuesView,
  issuesReport,
} from '../../shared/issues.ts';
import { type Catalog, CatalogError } from './open.ts';

interface Now {
  id: number;
  classId: number | null;
  className: string | null;
  confirmed: number;
  rejected: number;
}

/** null: nobody has searched yet. Images that have gone since are left out. */
export function latestIssues(catalog: Catalog, datasetId: number): IssuesView | null {
  const job = catalog.get<{ id: number; result: string; finishedAt: number }>(
    `SELECT id, result, finished_at AS finishedAt FROM jobs
     WHERE kind = 'issues' AND dataset_id = ? AND state = 'done' ORDER BY id DESC LIMIT 1`,
    datasetId,
  );
  if (!job) return null;
  const report = readReport(catalog, job);
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
    jobId: job.id,
    finishedAt: job.finishedAt,
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

function readReport(catalog: Catalog, job: { id: number; result: string }): IssuesReport {
  const { file } = JSON.parse(job.result) as { file: string };
  try {
    return issuesReport.parse(JSON.parse(readFileSync(catalog.file(file), 'utf8')));
  } catch (error) {
    throw new CatalogError(
      'invalid',
      `the report of job ${job.id} (${file}) cannot be read: ${(error as Error).message}; look for label issues again`,
    );
  }
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
