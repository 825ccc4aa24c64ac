/**
 * Owns the specs' own look into the catalog: plain SQL on the file that the program writes, so that a screen
 * is compared with what is stored and not with what the program says is stored.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { patience } from '../patience.ts';

export interface Stored {
  rows<Row>(sql: string, ...values: (string | number)[]): Row[];
  value<T>(sql: string, ...values: (string | number)[]): T;
  /** Waits until the newest job of this kind has ended; throws its error unless it is done. */
  jobDone(kind: string, withinMs?: number): Promise<Record<string, unknown>>;
  close(): void;
}

export function openStored(catalog: string): Stored {
  const db = new Database(join(catalog, 'catalog.sqlite'), { readonly: true, timeout: patience.waitMs });
  const rows = <Row>(sql: string, ...values: (string | number)[]) => db.prepare(sql).all(...values) as Row[];
  return {
    rows,
    value: <T>(sql: string, ...values: (string | number)[]) =>
      db
        .prepare(sql)
        .pluck()
        .get(...values) as T,
    async jobDone(kind, withinMs = patience.jobMs) {
      const until = Date.now() + withinMs;
      for (;;) {
        const [job] = rows<{ state: string; error: string | null; result: string | null; stage: string }>(
          'SELECT state, error, result, stage FROM jobs WHERE kind = ? ORDER BY id DESC LIMIT 1',
          kind,
        );
        if (job?.state === 'done') return JSON.parse(job.result ?? '{}');
        if (job?.state === 'failed' || job?.state === 'cancelled')
          throw new Error(`${kind} job ${job.state}: ${job.error}`);
        if (Date.now() > until)
          throw new Error(
            `${kind} job is ${job?.state ?? 'not there'} (${job?.stage ?? ''}) after ${withinMs} ms`,
          );
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    },
    close: () => db.close(),
  };
}
