/** Repair where the disk, its file system or the moment is against it: refused, or the catalog that was there stays. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { checkCatalog, repairCatalog } from '../../../src/main/catalog/index.ts';
import { damage, makeFullCatalog } from './damage.ts';

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const watched = ['linkSync', 'renameSync', 'statfsSync'] as const;
  return {
    ...real,
    ...Object.fromEntries(watched.map((name) => [name, vi.fn(real[name] as () => unknown)])),
  };
});
const real = await vi.importActual<typeof fs>('node:fs');

const folder = fs.mkdtempSync(join(tmpdir(), 'crux-repair-faults-'));
const whole = join(folder, 'whole');
const now = new Date('2026-11-30T12:00:00Z');
let copies = 0;
/** A damaged catalog, and its database as it is. */
function damagedCopy(): { at: string; database: string; bytes: Buffer } {
  const at = join(folder, `copy ${++copies}`);
  fs.cpSync(whole, at, { recursive: true });
  return { at, database: join(at, 'catalog.sqlite'), bytes: damage(at, 'one page', 3) };
}
const working = (at: string) => fs.readdirSync(at).filter((name) => name.startsWith('.repair-'));
const coded = (code: string) => Object.assign(new Error(`${code}: some words`), { code });

beforeAll(() => makeFullCatalog(whole));
beforeEach(() => {
  vi.mocked(fs.linkSync).mockImplementation(real.linkSync);
  vi.mocked(fs.renameSync).mockImplementation(real.renameSync);
  vi.mocked(fs.statfsSync).mockImplementation(real.statfsSync);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

it('is refused before it begins where there is no room for a copy and a new database', () => {
  const { at, database, bytes } = damagedCopy();
  vi.mocked(fs.statfsSync).mockReturnValue({ blocks: 1, bavail: bytes.length * 1.9, bsize: 1 } as fs.StatsFs &
    fs.BigIntStatsFs);
  expect(() => repairCatalog(at, now)).toThrow(/^disk is full: .* free at .*copy \d+, about .* needed$/);
  expect(working(at)).toEqual([]);
  expect(fs.readFileSync(database).equals(bytes)).toBe(true);
});

it('is refused where nobody can tell whether another program has the catalog open', () => {
  const { at, database, bytes } = damagedCopy();
  vi.mocked(fs.linkSync).mockImplementation(() => {
    throw coded('EPERM');
  });
  expect(() => repairCatalog(at, now)).toThrow(
    /cannot be told whether another program.*copy its folder to a local disk/,
  );
  expect(working(at)).toEqual([]);
  expect(fs.readFileSync(database).equals(bytes)).toBe(true);
});

it('at every step of the exchange there is a database: the damaged one or the repaired one', () => {
  const { at, database } = damagedCopy();
  let steps = 0;
  vi.mocked(fs.renameSync).mockImplementation((from, to) => {
    expect(fs.existsSync(database)).toBe(true);
    real.renameSync(from, to);
    expect(fs.existsSync(database)).toBe(true);
    steps += 1;
  });
  expect(repairCatalog(at, now)).not.toBeNull();
  expect(steps).toBeGreaterThan(0);
  expect(checkCatalog(at).problems).toEqual([]);
});

it('where the exchange fails, the damaged one stays with its journal and the repaired one is kept and named', () => {
  const { at, database, bytes } = damagedCopy();
  vi.mocked(fs.renameSync).mockImplementation((from, to) => {
    if (to === database) throw coded('EBUSY');
    real.renameSync(from, to);
  });
  expect(() => repairCatalog(at, now)).toThrow(
    /could not take the damaged one's place \(EBUSY.*repaired\.sqlite to /,
  );
  expect(fs.readFileSync(database).equals(bytes)).toBe(true);
  expect(fs.readdirSync(at).filter((name) => name.includes('damaged-'))).toEqual([]);
  const [left] = working(at);
  real.renameSync(join(at, left, 'repaired.sqlite'), database);
  expect(checkCatalog(at).problems).toEqual([]);
});
