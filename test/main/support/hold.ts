/** Owns where a held engine (held-engine.ts) waits, and how a test lets it go on. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../../src/shared/jobs/job.ts';

/** A running job in this stage, whatever the stage says behind a comma, with at least so much done. */
export interface Place {
  stage: string;
  done?: number;
}

/** For `SupervisorOptions.entry`. */
export const heldEngine = join(import.meta.dirname, 'held-engine.ts');
export const holdFile = (catalog: string) => join(catalog, 'hold.json');

export const isHeldAt = ({ stage, done = 0 }: Place, job: Job): boolean =>
  job.state === 'running' && (job.stage === stage || job.stage.startsWith(`${stage}, `)) && job.done >= done;

/** Holds engines of this catalog at any of these places, and lets one go on that waits elsewhere. */
export function holdAt(catalog: string, ...places: Place[]): void {
  const file = holdFile(catalog);
  writeFileSync(`${file}.next`, JSON.stringify(places)); // renamed: an engine never reads half of it
  renameSync(`${file}.next`, file);
}

export const letGo = (catalog: string): void => rmSync(holdFile(catalog), { force: true });
