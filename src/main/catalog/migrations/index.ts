/**
 * Owns the list of migrations, in order, and how they are applied. They are TypeScript files that export SQL,
 * so that a bundle carries them and plain Node finds them alike.
 */
import type { Database } from 'better-sqlite3';
import { newerVersion } from '../trouble.ts';
import * as initial from './0001-initial.ts';
import * as jobResults from './0002-job-results.ts';
import * as temperature from './0003-temperature.ts';
import * as finish from './0004-finish.ts';
import * as accuracy from './0005-accuracy.ts';
import * as pointsWithoutLoss from './0006-points-without-loss.ts';

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export const migrations: readonly Migration[] = [
  { number: 1, name: 'initial', sql: initial.sql },
  { number: 2, name: 'job-results', sql: jobResults.sql },
  { number: 3, name: 'temperature', sql: temperature.sql },
  { number: 4, name: 'finish', sql: finish.sql },
  { number: 5, name: 'accuracy', sql: accuracy.sql },
  { number: 6, name: 'points-without-loss', sql: pointsWithoutLoss.sql },
];

/**
 * Brings a catalog to the newest shape: each missing migration in one transaction with its record. Two processes
 * may do it at once: the second waits for the first's transaction and finds nothing left to do.
 */
export function migrate(db: Database, list: readonly Migration[] = migrations): void {
  db.exec(
    'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
  );
  const known = db.prepare('SELECT number FROM migrations').pluck();
  const newest = list[list.length - 1].number;
  const ahead = (known.all() as number[]).filter((n) => n > newest);
  if (ahead.length > 0) {
    throw newerVersion(db.name, Math.max(...ahead), newest);
  }
  for (const migration of list) {
    const apply = db.transaction(() => {
      if ((known.all() as number[]).includes(migration.number)) return;
      db.exec(migration.sql);
      db.prepare('INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)').run(
        migration.number,
        migration.name,
        Date.now(),
      );
    });
    apply.immediate();
  }
}
