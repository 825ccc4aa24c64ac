/** Owns which pictures of a job the program shows: those in the job's own folder of the catalog. */
import { join } from 'node:path';
import type { JobKind } from '../../shared/jobs/index.ts';
import type { Catalog } from './open.ts';

/** Folder of the catalog that holds one folder per job, named by its number. */
const folders: Partial<Record<JobKind, string>> = {
  control: 'control',
  'hard-factors': 'hard-factors',
  train: 'training',
};

/** @param name a file name without any folder. null: no such job, or its kind makes no pictures to show. */
export function jobPictureFile(catalog: Catalog, jobId: number, name: string): string | null {
  const job = catalog.get<{ kind: JobKind }>('SELECT kind FROM jobs WHERE id = ?', jobId);
  const folder = job && folders[job.kind];
  return folder ? catalog.file(join(folder, String(jobId), name)) : null;
}
