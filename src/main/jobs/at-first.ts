/** Owns what was there when a job was first begun, so that a job that was stopped counts all that it has done as its own. */
import type { JobContext } from './job-context.ts';

const name = 'at-first';

/** What `look` said when this job was first begun; a resumed job does not look again. Before the job stores anything. */
export function atFirst<T>(
  { readCheckpoint, writeCheckpoint }: Pick<JobContext, 'readCheckpoint' | 'writeCheckpoint'>,
  look: () => T,
): T {
  const stored = readCheckpoint<T>({ name, apart: 'what is done already is not counted again' });
  if (stored !== null) return stored;
  const found = look();
  writeCheckpoint(found, name);
  return found;
}
