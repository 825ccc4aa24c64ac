/** Owns the attack by a full disk: every kind of job, with little room, with none, and with none left on the way. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openCatalog } from '../../src/main/catalog/index.ts';
import { addModel } from '../../src/main/engine/check-model.ts';
import { classifierSpec, makeFolder, writeClassifier } from '../../test/main/support/pictures.ts';
import { writeTinyDiffusion } from '../../test/main/support/tiny-diffusion.ts';
import { type SmallDisk, smallDisk } from './disk-full/small-disk.ts';
import type { CampaignContext, CruxRun, Outcome } from './frame/campaign.ts';

/** A command line, and the catalog that it starts from. */
interface Scene {
  argv: string[];
  before: string;
  after: Marks;
}

/** What a finished command has left: a job's result, and how many rows there are of everything. */
type Marks = Record<string, unknown>;

/** Room that is left, in bytes, before the command or once it reports progress. */
const shortages = [
  { when: 'before', bytes: 0 },
  { when: 'before', bytes: 150_000 },
  { when: 'before', bytes: 1_500_000 },
  { when: 'during', bytes: 0 },
  { when: 'during', bytes: 100_000 },
] as const;

const megabytes = 96;
const room = 64e6; // bytes: made when a command has failed
const sentence = /disk is full: .* free at .*, about .* needed/;
const limitMs = 180_000;
const crux = resolve(import.meta.dirname, '../../src/cli/main.ts');

const commands = (photos: string, out: string): string[][] => {
  const levels = ['--levels', '0.1,0.9', '--count', '2', '--steps', '4', '--batch-size', '2'];
  return [
    ['import', photos, '--name', 'photos'],
    ['embed', 'photos'],
    ['score', 'photos', '--folds', '3'],
    ['fit', 'photos', '--size', '24', '--epochs', '3'],
    ['project', 'photos', '--perplexity', '10', '--iterations', '400'],
    [
      'train',
      'photos',
      '--base-model',
      'tiny',
      '--steps',
      '30',
      '--batch-size',
      '4',
      '--checkpoint-every',
      '5',
    ],
    ['generate', 'photos', '--count', '4', '--batch-size', '2', '--steps', '6'],
    ['rescore', 'photos'],
    ['score', 'photos', '--method', 'classifier', '--model', 'colours'],
    ['issues', 'photos'],
    ['control', 'photos', ...levels],
    ['hard-factors', 'photos', ...levels],
    ['caption', 'photos'],
    ['review', 'photos', '--accept'],
    ['export', 'photos', '--out', out],
  ];
};

export default {
  name: 'disk-full',
  title: 'Full disk',
  means: `On a disk of ${megabytes} MB of its own, each command (import, embed, score, fit, project, train, generate, rescore,
issues, control, hard-factors, caption, review, export) starts with next to nothing free, or loses the room while it works.
Survived is a command that ends with exit code 1 and the sentence "disk is full: N MB free at PATH, about M needed" (or with
0, where it needed no more than there was), and that goes on with \`crux jobs resume\` once there is room: to the result and
the number of rows that it has where the disk was never full.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const outcome = { tried: 0, survived: 0, failed: [] as string[], seconds: 0, notes: '' };
    const disk = await smallDisk(join(ctx.folder, 'disk'), megabytes);
    if (typeof disk === 'string') return { ...outcome, notes: `Not tried: ${disk}.` };
    try {
      const scenes = await prepare(ctx, disk);
      const chosen = ctx.quick ? shortages.filter(({ bytes }) => bytes === 0) : shortages;
      for (const scene of scenes)
        for (const shortage of chosen) {
          ctx.signal.throwIfAborted();
          const wrong = await attack(disk, scene, shortage).catch((error: Error) => error.message);
          outcome.tried++;
          if (wrong === null) outcome.survived++;
          else
            outcome.failed.push(
              `${scene.argv.join(' ')}, ${shortage.bytes} bytes left ${shortage.when}: ${wrong}`,
            );
          ctx.progress(outcome.tried, scenes.length * chosen.length);
        }
    } finally {
      await disk.close();
    }
    return { ...outcome, seconds: (performance.now() - from) / 1000 };
  },
};

/** Runs every command with room enough, and keeps what each starts from and leaves. */
async function prepare({ folder, signal }: CampaignContext, disk: SmallDisk): Promise<Scene[]> {
  const photos = await makeFolder(join(folder, 'photos'), 20, 96);
  writeTinyDiffusion(join(folder, 'tiny'));
  const start = join(folder, 'start');
  const catalog = openCatalog(start);
  await addModel(catalog, {
    path: writeClassifier(join(folder, 'colours.onnx')),
    name: 'colours',
    onnx: classifierSpec,
  });
  await addModel(catalog, { path: join(folder, 'tiny'), name: 'tiny' });
  catalog.close();
  await put(disk, start);
  const scenes: Scene[] = [];
  for (const [i, argv] of commands(photos, join(disk.folder, 'out')).entries()) {
    signal.throwIfAborted();
    const before = join(folder, 'before', String(i));
    mkdirSync(before, { recursive: true });
    await disk.run(['cp', '-a', `${disk.folder}/catalog/.`, before]);
    const ran = await run(disk, argv);
    if (ran.exit !== 0)
      throw new Error(`with room enough, ${argv.join(' ')} ends with ${ran.exit}: ${ran.err}`);
    const after = await marksOf(disk, join(folder, 'look'));
    scenes.push({ argv, before, after });
  }
  return scenes;
}

async function put(disk: SmallDisk, catalog: string): Promise<void> {
  await disk.run([
    'sh',
    '-c',
    'rm -rf "$1"/* "$1"/.[!.]*; cp -a "$2" "$1/catalog"',
    'sh',
    disk.folder,
    catalog,
  ]);
}

function run(disk: SmallDisk, argv: readonly string[], onError?: (text: string) => void): Promise<CruxRun> {
  return disk.run(['timeout', '--signal=KILL', String(limitMs / 1000), process.execPath, crux, ...argv], {
    env: { ...process.env, CRUX_CATALOG: join(disk.folder, 'catalog') },
    onError,
  });
}

/** null: nothing is wrong. */
async function attack(
  disk: SmallDisk,
  { argv, before, after }: Scene,
  { when, bytes }: (typeof shortages)[number],
): Promise<string | null> {
  await put(disk, before);
  let filled: Promise<void> | undefined;
  if (when === 'before') await disk.leave(bytes);
  const label = `${argv[0]}: `;
  const ran = await run(disk, argv, (err) => {
    if (when === 'during' && err.includes(label)) filled ??= disk.leave(bytes);
  });
  await filled;
  const last = ran.err.trim().split('\n').at(-1);
  if (/\n\s+at .*:\d+:\d+/.test(ran.err)) return `a stack was printed: ${ran.err}`;
  if (ran.exit !== 0 && ran.exit !== 1) return `exit code ${ran.exit}: ${last}`;
  if (ran.exit === 1 && !sentence.test(last ?? '')) return `not the sentence: ${last}`;
  await disk.leave(room);
  if (ran.exit === 1) {
    const again = await goOn(disk, argv);
    if (again.exit !== 0)
      return `with room again, exit code ${again.exit}: ${again.err.trim().split('\n').at(-1)}`;
  }
  const marks = await marksOf(disk, `${before}-look`);
  const different = Object.keys({ ...after, ...marks }).filter(
    (key) => JSON.stringify(after[key]) !== JSON.stringify(marks[key]),
  );
  if (different.length === 0) return null;
  return different
    .map((key) => `${key} is ${JSON.stringify(marks[key])}, expected ${JSON.stringify(after[key])}`)
    .join('; ');
}

/** The newest job where it is not done; else the command itself, which was refused before there was a job. */
async function goOn(disk: SmallDisk, argv: readonly string[]): Promise<CruxRun> {
  const listed = await run(disk, ['jobs', 'list', '--limit', '1', '--json']);
  const [job] = (JSON.parse(listed.out) as { jobs: { id: number; state: string }[] }).jobs;
  return run(disk, job && job.state !== 'done' ? ['jobs', 'resume', String(job.id)] : argv);
}

async function marksOf(disk: SmallDisk, folder: string): Promise<Marks> {
  mkdirSync(folder, { recursive: true });
  await disk.run(['cp', '-a', `${disk.folder}/catalog/catalog.sqlite`, folder]);
  const catalog = openCatalog(folder);
  const marks: Marks = {};
  const tables = catalog.column<string>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('job_logs') AND sql NOT LIKE '%VIRTUAL%'",
  );
  for (const table of tables) marks[table] = catalog.value(`SELECT COUNT(*) FROM "${table}"`);
  const job = catalog.get<{ state: string; result: string }>(
    'SELECT state, result FROM jobs ORDER BY id DESC LIMIT 1',
  );
  marks.state = job?.state;
  marks.result = job?.result;
  catalog.close();
  return marks;
}
