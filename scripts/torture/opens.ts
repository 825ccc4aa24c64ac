/** Owns the attack by many processes that open one catalog in the same moment, a new one and an old one, under load. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { migrate, migrations } from '../../src/main/catalog/migrations/index.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';

const PROCESSES = 30;

export default {
  name: 'opens',
  title: 'Simultaneous opens',
  means: `${PROCESSES} processes wait at a gate and open one catalog in the same moment, while a busy loop for each core and one
more take their time: a catalog that does not exist yet, one of the first version, which has to be brought to the present
one, and one that is up to date. Each writes a dataset and must find it. Survived is a process that did; after each round
the catalog must hold every dataset, each migration once, and pass SQLite's own integrity check.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const rounds = ctx.quick ? 3 : 12;
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const load = Array.from({ length: availableParallelism() + 1 }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    try {
      for (let round = 0; round < rounds; round++) {
        ctx.signal.throwIfAborted();
        const wrong = await openAtOnce(ctx, round);
        outcome.tried += PROCESSES;
        outcome.survived += PROCESSES - Math.min(PROCESSES, wrong.length);
        outcome.failed.push(...wrong);
        ctx.progress(outcome.tried, rounds * PROCESSES);
      }
    } finally {
      for (const busy of load) busy.kill('SIGKILL');
    }
    return { ...outcome, seconds: (performance.now() - from) / 1000 };
  },
};

const kinds = ['new', 'old', 'present'] as const;

async function openAtOnce({ folder, signal }: CampaignContext, round: number): Promise<string[]> {
  const kind = kinds[round % kinds.length];
  const catalog = join(folder, `${kind}-${round}`);
  const go = join(folder, `go-${round}`);
  if (kind !== 'new') makeCatalog(catalog, kind === 'old' ? 1 : migrations.length);
  const names = Array.from({ length: PROCESSES }, (_, i) => `process ${i}`);
  const children = names.map((name) =>
    spawn(process.execPath, [join(import.meta.dirname, 'opens/child.ts'), catalog, go, name], { signal }),
  );
  const ends = children.map(ended);
  await Promise.all(children.map(ready));
  writeFileSync(go, '');
  const wrong = (await Promise.all(ends)).flatMap((said, i) =>
    said === null ? [] : [`round ${round} (${kind} catalog), ${names[i]}: ${said}`],
  );
  return wrong.length > 0
    ? wrong
    : faultsOfCatalog(catalog, names).map((fault) => `round ${round} (${kind} catalog): ${fault}`);
}

/** Resolves when the child waits at the gate, or has failed before it. */
const ready = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.stdout?.once('data', () => resolve());
    child.once('close', () => resolve());
  });

/** null: it ended well; else its last words. */
const ended = (child: ChildProcess) =>
  new Promise<string | null>((resolve) => {
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      err += text;
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      const why = err.split('\n').find((line) => line.includes('Error')) ?? err.trim();
      resolve(code === 0 ? null : `${signal ?? `exit code ${code}`}: ${why}`);
    });
  });

/** A catalog as the program made it when it had so many migrations. */
function makeCatalog(folder: string, upTo: number): void {
  mkdirSync(folder);
  const db = new Database(join(folder, 'catalog.sqlite'));
  db.pragma('journal_mode = WAL');
  migrate(db, migrations.slice(0, upTo));
  db.close();
}

function faultsOfCatalog(folder: string, names: readonly string[]): string[] {
  const db = new Database(join(folder, 'catalog.sqlite'), { readonly: true });
  const column = (sql: string) => db.prepare(sql).pluck().all();
  const faults = [];
  const integrity = column('PRAGMA integrity_check').join('; ');
  if (integrity !== 'ok') faults.push(integrity);
  const datasets = new Set(column('SELECT d.name FROM datasets d JOIN classes c ON c.dataset_id = d.id'));
  for (const name of names) if (!datasets.has(name)) faults.push(`the dataset of ${name} is lost`);
  const applied = column('SELECT number FROM migrations ORDER BY number').join();
  const expected = migrations.map(({ number }) => number).join();
  if (applied !== expected) faults.push(`migrations ${applied}, expected ${expected}`);
  db.close();
  return faults;
}
