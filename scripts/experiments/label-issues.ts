/**
 * How well label issues and duplicates are found, on datasets where the truth is known:
 *   npm run experiment -- label-issues --folder DIR [--seeds 3] [--out docs/experiments/label-issues.md]
 *     [--photos DIR --encoder FILE.onnx --labels FILE]
 * Draws demo datasets (two sizes), plants 5 % wrong labels, and copies of images; writes the figures as a page.
 * With --photos the copies are planted among photographs as well, which have one folder per class.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeDemoDataset } from '../../src/cli/demo/dataset.ts';
import { sceneClasses } from '../../src/core/scenes/scenes.ts';
import { crux } from './crux.ts';
import { page } from './label-issues/page.ts';
import { type CopyRun, copyAndSearch, type Original } from './label-issues/planted-copies.ts';
import { type LabelRun, type Noise, plantAndSearch } from './label-issues/planted-labels.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    out: { type: 'string', default: 'docs/experiments/label-issues.md' },
    photos: { type: 'string' },
    encoder: { type: 'string' },
    labels: { type: 'string' },
  },
});
const { folder, photos } = values;
if (!folder || (photos && !(values.encoder && values.labels))) {
  console.error('wanted --folder DIR (to work in), and with --photos also --encoder FILE.onnx --labels FILE');
  process.exit(2);
}
/** Images per class: as many as a small real dataset has, and as `crux demo` draws by default. */
const sizes = [60, 150];
const noises: Noise[] = ['any class', 'likeliest class'];
const copiesPerKind = 40;

const labelRuns: { perClass: number; noise: Noise; runs: LabelRun[] }[] = [];
const copyRuns: CopyRun[] = [];
for (const perClass of sizes) {
  const groups = noises.map((noise) => ({ perClass, noise, runs: [] as LabelRun[] }));
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    const own = join(folder, `demo-${perClass}-${seed}`);
    const options = { perClass, perLevel: 1, trainSteps: 1, size: 64, seed };
    await writeDemoDataset(join(own, 'dataset'), options, () => {});
    const found = plantAndSearch(own, seed, noises);
    for (const group of groups) group.runs.push(found.get(group.noise)!);
    console.error(`${perClass} per class, seed ${seed}: ${JSON.stringify(Object.fromEntries(found))}`);
  }
  labelRuns.push(...groups);
  const own = join(folder, `demo-${perClass}-0`);
  await copies(
    `drawn scenes, ${perClass} per class, built-in encoder`,
    own,
    originalsOf(join(own, 'dataset'), sceneClasses),
    null,
  );
}
if (photos) {
  const originals = originalsOf(
    photos,
    readdirSync(photos, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => e.name),
  );
  await copies('photographs, built-in encoder', join(folder, 'photos-built-in'), originals, null);
  const own = join(folder, 'photos-encoder');
  const { encoder, labels } = values as { encoder: string; labels: string };
  const how = ['--mean', '0,0,0', '--std', '1,1,1', '--resize', 'crop', '--labels', labels];
  mkdirSync(own, { recursive: true });
  crux(join(own, 'catalog'), ['models', 'add', encoder, '--name', 'encoder', ...how]);
  await copies('photographs, MobileNetV2', own, originals, 'encoder');
}
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page(labelRuns, copyRuns));
console.error(`wrote ${values.out}`);

async function copies(
  title: string,
  own: string,
  originals: Original[],
  model: string | null,
): Promise<void> {
  const run = await copyAndSearch(title, own, originals, model, copiesPerKind, 0);
  console.error(JSON.stringify(run));
  copyRuns.push(run);
}

function originalsOf(root: string, classes: readonly string[]): Original[] {
  return classes.flatMap((label) =>
    readdirSync(join(root, label))
      .sort()
      .map((name) => ({ file: join(root, label, name), label, name })),
  );
}
