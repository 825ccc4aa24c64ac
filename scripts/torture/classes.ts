/** Owns the attack by five thousand classes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { appIsMissing } from './frame/app.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { writeClassFolders, writeClassManifest } from './scale/datasets.ts';
import { command, most, questions } from './scale/measure.ts';
import { count, expectSame, type Run, resultOf, runSteps } from './scale/steps.ts';
import { windowStep } from './scale/window.ts';

const PROBE_MS = 3 * 60_000;

export default {
  name: 'classes',
  title: 'Five thousand classes',
  means: `5,000 classes of two images each, as folders and as a manifest, go the whole way: import, features, scores, issues, every
screen, export. Survived is a step that ended with the figures that it must have, in at most ${most.mainMiB} MiB of main (the command line, or the process that answers the screens) and
${most.engineMiB} MiB of the engine. Opening a screen may cost the page's main thread three seconds
of work at most; times are told, not judged. The probe on 5,000 classes is stopped on purpose after ${PROBE_MS / 60_000} minutes, and how long the whole
would take is told.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const outcome = await runSteps(ctx, classSteps(ctx));
    const missing = appIsMissing();
    if (missing !== null) outcome.notes += `\n\nThe window was not looked at: ${missing}.`;
    return outcome;
  },
};

function classSteps(ctx: CampaignContext): Run[] {
  const classes = ctx.quick ? 300 : 5000;
  const images = 2 * classes;
  const folder = join(ctx.folder, 'classes');
  const catalog = join(ctx.folder, 'classes-catalog');
  const byManifest = join(ctx.folder, 'class-manifest-catalog');
  const job =
    (
      name: string,
      args: string[],
      where: string,
      check: (result: Record<string, unknown>) => string,
      limitMs?: number,
    ) =>
    () =>
      command(ctx, {
        name: `${count(classes)} classes: ${name}`,
        args,
        catalog: where,
        check: (answer) => check(resultOf(answer)),
        limitMs,
      });
  const imported = (result: Record<string, unknown>) => {
    expectSame('images', result.imported, images);
    expectSame('classes', result.classes, classes);
    return `${count(images)} images`;
  };
  const prepare = async () => {
    mkdirSync(folder, { recursive: true });
    await writeClassFolders(ctx, folder, classes, 2);
    await writeClassManifest(folder, classes, 2);
  };
  return [
    async () => {
      await prepare();
      return await job('import of folders', ['import', folder, '--name', 'c'], catalog, imported)();
    },
    job(
      'import of a manifest',
      ['import', join(folder, 'classes.jsonl'), '--name', 'c'],
      byManifest,
      imported,
    ),
    job('features', ['embed', 'c'], catalog, ({ embedded }) => {
      expectSame('images embedded', embedded, images);
      return '';
    }),
    job(
      'scores by a probe',
      ['score', 'c', '--method', 'in-sample'],
      catalog,
      ({ scored }) => `${scored} scored`,
      PROBE_MS,
    ),
    job('scores from the manifest', ['score', 'c', '--method', 'precomputed'], byManifest, ({ scored }) => {
      expectSame('images scored', scored, images);
      return '';
    }),
    job('issues', ['issues', 'c', '--scorer', '1'], byManifest, ({ issues, duplicates }) => {
      if (!(Number(issues) > 0)) throw new Error('no issue was found, where every second label is doubtful');
      return `${count(Number(issues))} suspected labels, ${count(Number(duplicates))} groups of duplicates`;
    }),
    () => questions(ctx, `${count(classes)} classes: the screens' questions`, byManifest),
    ...(appIsMissing() === null
      ? [() => windowStep(ctx, `${count(classes)} classes: the window`, byManifest)]
      : []),
    job('export', ['export', 'c', '--out', join(ctx.folder, 'export')], byManifest, (result) => {
      expectSame('images exported', result.images, images);
      return '';
    }),
  ];
}
