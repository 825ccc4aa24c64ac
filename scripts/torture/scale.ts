/** Owns the attack by size: a million rows of a manifest, a million images in a catalog, five thousand classes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clock } from '../../src/cli/format.ts';
import { table } from '../bench/machine.ts';
import { appIsMissing } from './frame/app.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { fillCatalog, writeClassFolders, writeClassManifest, writeManifest } from './scale/datasets.ts';
import { command, most, questions, type Step } from './scale/measure.ts';
import { windowStep } from './scale/window.ts';

const PROBE_MS = 3 * 60_000;

export default {
  name: 'scale',
  title: 'Size: a million rows, five thousand classes',
  means: `A manifest of a million rows, as CSV and as JSON lines, is imported by the command line. Of every hundred rows, 3 name an image
for the first time (30,000 in all: hard links of 400 drawn scenes), 46 one that was named before, 45 a file that is not
there, and 6 cannot be used (no path, a path out of the folder, an unknown split). A catalog with a million images of 5,000
classes, made as rows alone, is asked what the screens ask. Then 5,000 classes of two images each, as folders and as a
manifest, go the whole way: import, features, scores, issues, every screen, export. Survived is a step that ended with the
figures that it must have, in at most ${most.mainMiB} MiB of main (the command line, or the process that answers the
screens) and ${most.engineMiB} MiB of the engine, and that keeps the window from answering for no more than five seconds. Other
times are not judged. The probe of 5,000 classes is stopped on purpose
after ${PROBE_MS / 60_000} minutes.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const steps: Step[] = [];
    const plan = [...manifestSteps(ctx), ...catalogSteps(ctx), ...classSteps(ctx)];
    for (const step of plan) {
      ctx.signal.throwIfAborted();
      steps.push(await step().catch((error: Error) => broken(ctx, `step ${steps.length + 1}`, error)));
      const { name, seconds, told, fault } = steps.at(-1)!;
      ctx.log(`${name}: ${clock(seconds)}: ${fault ? `FAILED: ${fault}` : told}`);
      ctx.progress(steps.length, plan.length);
    }
    const missing = appIsMissing() && `The window was not looked at: ${appIsMissing()}.`;
    const failed = steps.flatMap(({ name, fault }) => (fault ? [`${name}: ${fault}`] : []));
    return {
      tried: steps.length,
      survived: steps.length - failed.length,
      failed,
      seconds: (performance.now() - from) / 1000,
      notes: [figures(steps), missing].filter(Boolean).join('\n\n'),
    };
  },
};

/** A step that could not even be measured. */
function broken({ signal }: CampaignContext, name: string, { message }: Error): Step {
  signal.throwIfAborted();
  return { name, seconds: 0, engineMiB: null, mainMiB: null, told: '', fault: message };
}

type Run = () => Promise<Step>;

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

function catalogSteps(ctx: CampaignContext): Run[] {
  const images = ctx.quick ? 50_000 : 1_000_000;
  const classes = ctx.quick ? 500 : 5000;
  const catalog = join(ctx.folder, 'large-catalog');
  const name = `${count(images)} images, ${count(classes)} classes`;
  return [
    async () => {
      fillCatalog(catalog, images, classes);
      return await questions(ctx, `${name}: the screens' questions`, catalog);
    },
    () =>
      command(ctx, {
        name: `${name}: crux datasets list`,
        args: ['datasets', 'list'],
        catalog,
        check(answer) {
          const [dataset] = answer.datasets as { images: number; classes: unknown[] }[];
          expectSame('images', dataset.images, images);
          expectSame('classes', dataset.classes.length, classes);
          return '';
        },
      }),
  ];
}

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
      expectSame('images exported', result.images ?? result.exported, images);
      return '';
    }),
  ];
}

const resultOf = (answer: Record<string, unknown>) =>
  (answer.job as { result: Record<string, unknown> }).result;

function expectSame(what: string, got: unknown, expected: number): void {
  if (got !== expected) throw new Error(`${what}: ${got}, expected ${expected}`);
}

const count = (n: number): string => n.toLocaleString('en-GB');

function figures(steps: readonly Step[]): string {
  const mib = (value: number | null) => (value === null ? '' : `${count(Math.round(value))} MiB`);
  return table(
    ['step', 'time', 'main', 'engine', ''],
    steps.map(({ name, seconds, mainMiB, engineMiB, told, fault }) => [
      name,
      clock(seconds),
      mib(mainMiB),
      mib(engineMiB),
      fault ? 'failed' : told,
    ]),
  );
}
