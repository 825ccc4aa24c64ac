/**
 * Owns the catalog's reserve: a small file that is deleted when the disk is full, so that what must be written then can
 * be: that a job has failed and why, and the shared memory without which SQLite cannot even read a catalog. It is made
 * again when there is room.
 */
import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeSpace, OwnFault, told } from '../files/own-fault.ts';

const reserveBytes = 1 << 20;
/** A disk with less room than this times the reserve is not made fuller by it. */
const roomFactor = 4;

const fileOf = (dir: string) => join(dir, '.reserve');

/** Makes the reserve where it is missing and there is room. Never throws: without it, all else still works. */
export function keepReserve(dir: string): void {
  const file = fileOf(dir);
  if (statSync(file, { throwIfNoEntry: false }) || freeSpace(dir) < roomFactor * reserveBytes) return;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    // Random, because a disk that compresses would keep no room for zeros.
    writeFileSync(temporary, randomBytes(reserveBytes));
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}

/**
 * For the little that must be written although the disk is full: where `body` finds it so, the reserve is given up and
 * `body` runs once more. Faults of ours come out as `OwnFault`.
 */
export function insist<T>(dir: string, body: () => T): T {
  try {
    return told(dir, body);
  } catch (error) {
    if (!(error instanceof OwnFault) || error.kind !== 'disk-full' || !releaseReserve(dir)) throw error;
    return told(dir, body);
  }
}

/** false where there was none. */
function releaseReserve(dir: string): boolean {
  try {
    rmSync(fileOf(dir));
    return true;
  } catch {
    return false;
  }
}
