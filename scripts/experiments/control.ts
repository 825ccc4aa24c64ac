/**
 * Whether generated images are as hard as they are asked to be:
 *   npm run experiment -- control --demo DIR [--adapter ID] [--count 40] [--plain-steps 2000]
 *     [--photos DIR --encoder FILE.onnx --labels FILE --work DIR --photo-steps 4000 --photo-rank 64 --photo-count 16
 *      --redrawn-steps 2500]
 *     [--out docs/experiments/control.md]
 * --demo is what `crux demo --out DIR --train-steps N` made: its adapter, or another trained on it, is measured, beside a
 * plain LoRA and the base model, by the scorer it was trained with and by a classifier that is trained here. With
 * --photos the same is done on photographs in one folder per class, scored by a probe on the encoder's features, and
 * once more on these photographs as the base model's autoencoder redraws them; --work is where their catalogs go.
 * A run that was stopped goes on (experiments.json beside each catalog).
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasetName } from '../../src/cli/demo/stages.ts';
import { type ControlReport, controlReport } from '../../src/shared/control.ts';
import type { JobResult } from '../../src/shared/jobs/index.ts';
import { type ControlRun, page } from './control/page.ts';
import { crux, remembered } from './crux.ts';
import { trainingOf } from './training-of.ts';

const { values } = parseArgs({
  options: {
    demo: { type: 'string' },
    adapter: { type: 'string' },
    count: { type: 'string', default: '40' },
    'plain-steps': { type: 'string', default: '2000' },
    photos: { type: 'string' },
    encoder: { type: 'string' },
    labels: { type: 'string' },
    work: { type: 'string' },
    'photo-steps': { type: 'string', default: '4000' },
    'redrawn-steps': { type: 'string', default: '2500' },
    'photo-rank': { type: 'string', default: '64' },
    'photo-count': { type: 'string', default: '16' },
    out: { type: 'string', default: 'docs/experiments/control.md' },
  },
});
const { demo, photos, encoder, labels, work } = values;
if (!demo && !photos) {
  console.error('wanted --demo DIR, a folder that crux demo made, or --photos DIR');
  process.exit(2);
}
if (photos && !(encoder && labels && work)) {
  console.error('wanted with --photos: --encoder FILE.onnx, --labels FILE and --work DIR');
  process.exit(2);
}

type Scored = JobResult<'score'>;
type Run = ReturnType<typeof remembered>;

/** Charts of a report that the page shows. */
const shown = ['densities.svg', 'requested.svg', 'buckets.svg'];

/** A picture that starts from a photograph with almost no noise is what the autoencoder makes of it. */
const redrawn = ['--model', 'builtin:diffusion', '--init', 'image', '--strength', '0.04'];

const runs = [
  ...(demo ? [ofDemo(demo)] : []),
  ...(photos ? [ofPhotos(photos, work!), ofRedrawn(photos, join(work!, 'redrawn'))] : []),
];
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page(runs, values));
console.error(`wrote ${values.out}`);

function ofDemo(folder: string): ControlRun {
  const catalog = join(folder, 'catalog');
  const run = remembered(join(folder, 'experiments.json'), catalog);
  const [adapter, training] = trainingOf(catalog, values.adapter);
  const score = run(['score', datasetName]);
  const fit = run(['fit', datasetName]);
  const how = ['--method', 'classifier', '--model', fit.result.modelId];
  const heldOut = run(['score', datasetName, ...how]);
  return measured('demo', catalog, run, datasetName, {
    adapter,
    training,
    scorer: score.result,
    heldOut: heldOut.result,
    plainSteps: values['plain-steps'],
    count: values.count,
  });
}

function ofPhotos(folder: string, own: string): ControlRun {
  const { catalog, run } = photoCatalog(own, folder);
  const how = ['--steps', values['photo-steps'], '--tokens', '1', '--encoder-learning-rate', '0.001'];
  const found = ofScored('photographs', catalog, run, 'photos', how);
  const once = ['--scorer', String(found.scorer.scorerId), '--keep-agreeing', '--attempts', '1'];
  const asked = [...redrawn, '--count', '12', ...once, '--at-limit', 'leave-out'];
  const { generated, classes } = run(['generate', 'photos', ...asked]).result;
  return { ...found, redrawnAgreement: generated / (12 * classes) };
}

/** The photographs as the base model could draw them at its best. */
function ofRedrawn(folder: string, own: string): ControlRun {
  const { catalog, run, imported } = photoCatalog(own, folder);
  const perClass = Math.ceil(imported.imported / imported.classes); // where a class has fewer: some of them twice
  run(['generate', 'photos', ...redrawn, '--count', String(perClass)]);
  const pictures = join(own, 'photos');
  run(['export', 'photos', '--origin', 'synthetic', '--out', pictures]);
  run(['import', pictures, '--name', 'redrawn']);
  const how = ['--steps', values['redrawn-steps'], '--no-balanced'];
  return ofScored('redrawn', catalog, run, 'redrawn', how);
}

/** A catalog of these photographs, with the encoder. */
function photoCatalog(own: string, folder: string) {
  const catalog = join(own, 'catalog');
  const known = crux(catalog, ['models', 'list']) as { models: { name: string }[] };
  if (!known.models.some((model) => model.name === 'encoder')) {
    const how = ['--mean', '0,0,0', '--std', '1,1,1', '--resize', 'crop', '--labels', labels!];
    crux(catalog, ['models', 'add', encoder!, '--name', 'encoder', ...how]);
  }
  const run = remembered(join(own, 'experiments.json'), catalog);
  const imported = run(['import', folder, '--name', 'photos']).result;
  return { catalog, run, imported };
}

/** Scores by the encoder's features and by the built-in one's, trains on the former, and measures by both. */
function ofScored(
  title: ControlRun['title'],
  catalog: string,
  run: Run,
  name: string,
  how: readonly string[],
) {
  const heldOut = run(['score', name]);
  const score = run(['score', name, '--model', 'encoder']);
  const asked = ['--scorer', String(score.result.scorerId), '--rank', values['photo-rank'], ...how];
  const trained = run(['train', name, ...asked]);
  return measured(title, catalog, run, name, {
    adapter: trained.result.modelId,
    training: { ...trained.result, seconds: trained.seconds },
    scorer: score.result,
    heldOut: heldOut.result,
    plainSteps: null,
    count: values['photo-count'],
  });
}

function measured(
  title: ControlRun['title'],
  catalog: string,
  run: Run,
  name: string,
  on: {
    training: ControlRun['training'];
    adapter: string;
    scorer: Scored;
    heldOut: Scored;
    plainSteps: string | null;
    count: string;
  },
): ControlRun & { scorer: Scored } {
  const plain = on.plainSteps && run(['train', name, '--kind', 'plain', '--steps', on.plainSteps]).result;
  const options = [
    ...['--adapter', on.adapter, '--count', on.count],
    ...['--scorer', String(on.scorer.scorerId), '--held-out-scorer', String(on.heldOut.scorerId)],
  ];
  const plainOption = plain ? ['--plain-lora', plain.modelId] : [];
  const job = run(['control', name, ...options, ...plainOption]);
  // Class agreement is wanted at a level that is not one of the five.
  const low = run(['control', name, ...options, '--no-baseline', '--levels', '0.2,0.8']);
  const report = reportOf(catalog, job.result.file);
  const folder = join(dirname(values.out), 'control', title);
  mkdirSync(folder, { recursive: true });
  const charts = report.files.charts.filter(({ file }) => shown.includes(file));
  for (const { file } of charts)
    copyFileSync(join(catalog, dirname(job.result.file), file), join(folder, file));
  return {
    ...{ title, ...on, report, seconds: job.seconds },
    atLow: reportOf(catalog, low.result.file),
    charts: charts.map((chart) => ({ ...chart, file: `control/${title}/${chart.file}` })),
  };
}

function reportOf(catalog: string, file: string): ControlReport {
  return controlReport.parse(JSON.parse(readFileSync(join(catalog, file), 'utf8')));
}
