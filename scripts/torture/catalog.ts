/** Owns the attack on a catalog's file: pages, header, list of tables, end and single bytes; then check and repair. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkCatalog, openCatalog, repairCatalog } from '../../src/main/catalog/index.ts';
import { damage, damages, images, makeFullCatalog } from '../../test/main/catalog/damage.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';

export default {
  name: 'catalog',
  title: 'Damaged catalogs',
  means: `A catalog of ${images} images with scores, features, captions and tags is damaged at random: ${Object.keys(damages).join(', ')}.
Survived is a damage that crux catalog check names, after which crux catalog repair leaves a sound catalog that opens and
keeps the damaged file bit for bit; where SQLite finds nothing wrong, the catalog must open and repair must leave it alone.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const rounds = ctx.quick ? 1 : 12;
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const whole = join(ctx.folder, 'whole');
    makeFullCatalog(whole);
    const kinds = Object.keys(damages);
    const shares = new Map<string, number[]>(kinds.map((how) => [how, []]));
    for (let round = 0; round < rounds; round++) {
      for (const how of kinds) {
        ctx.signal.throwIfAborted();
        const seed = ctx.rng.int(1 << 30);
        const folder = join(ctx.folder, `${round} ${how}`);
        cpSync(whole, folder, { recursive: true });
        outcome.tried += 1;
        try {
          shares.get(how)!.push(survive(folder, how, seed));
          outcome.survived += 1;
        } catch (error) {
          outcome.failed.push(`${how}, seed ${seed}: ${(error as Error).message}`);
        }
        rmSync(folder, { recursive: true, force: true });
        ctx.progress(outcome.tried, rounds * kinds.length);
      }
    }
    const notes = [...shares].map(([how, of]) => `${how} ${Math.round(100 * Math.min(1, ...of))}%`);
    return {
      ...outcome,
      seconds: (performance.now() - from) / 1000,
      notes: `The least share of the images that was saved: ${notes.join(', ')}.`,
    };
  },
};

/** @returns the share of the images that is there afterwards. @throws what is not as it must be. */
function survive(folder: string, how: string, seed: number): number {
  const spoilt = damage(folder, how, seed);
  const named = checkCatalog(folder).problems.length > 0;
  const done = repairCatalog(folder, new Date());
  if (named !== (done !== null))
    throw new Error(named ? 'named, but not repaired' : 'repaired, but not named');
  if (done !== null && !readFileSync(done.kept).equals(spoilt))
    throw new Error('the damaged file was changed');
  const { problems } = checkCatalog(folder);
  if (problems.length > 0) throw new Error(`after the repair: ${problems[0].count} ${problems[0].what}`);
  const catalog = openCatalog(folder);
  try {
    catalog.run("INSERT INTO settings VALUES ('after', '1')");
    return (catalog.value<number>("SELECT COUNT(*) FROM images WHERE origin = 'real'") ?? 0) / images;
  } finally {
    catalog.close();
  }
}
