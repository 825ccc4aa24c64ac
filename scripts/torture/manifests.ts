/** Owns the attack by a manifest of a million rows. */
import { join } from 'node:path';
import type { CampaignContext } from './frame/campaign.ts';
import { writeManifest } from './scale/datasets.ts';
import { command, most } from './scale/measure.ts';
import { count, expectSame, type Run, resultOf, runSteps } from './scale/steps.ts';

export default {
  name: 'manifests',
  title: 'Manifests of a million rows',
  means: `A manifest of a million rows, as CSV and as JSON lines, is imported by the command line. Of every hundred rows, 1 names an
image for the first time (10,000 in all: hard links of 400 drawn scenes), 48 one that was named before, 45 a file that is
not there, and 6 cannot be used (no path, a path out of the folder, an unknown split). Survived is an import that ended with
exactly these figures, every other row listed with its reason, in at most ${most.mainMiB} MiB of main (the command line) and
${most.engineMiB} MiB of the engine.`,
  run: (ctx: CampaignContext) => runSteps(ctx, manifestSteps(ctx)),
};

function manifestSteps(ctx: CampaignContext): Run[] {
  const rows = ctx.quick ? 20_000 : 1_000_000;
  const folder = join(ctx.folder, 'manifest');
  const catalog = join(ctx.folder, 'manifest-catalog');
  return (['csv', 'jsonl'] as const).map((form) => async () => {
    const { file, images } = await writeManifest(ctx, folder, form, rows);
    return await command(ctx, {
      name: `import of ${count(rows)} rows, ${form}`,
      args: ['import', file, '--name', form],
      catalog,
      check(answer) {
        const { found, imported, skipped } = resultOf(answer);
        expectSame('images found', found, images);
        expectSame('images imported', imported, images);
        expectSame('rows skipped', skipped, rows - images);
        return `${count(images)} images imported, ${count(rows - images)} rows listed with their reason`;
      },
    });
  });
}
