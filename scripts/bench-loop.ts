/**
 * Times the whole loop from the command line on a folder of photos, stage by stage, and prints a Markdown table:
 *   node scripts/bench-loop.ts --photos DIR --encoder FILE.onnx --labels FILE --out DIR [--train-steps 300]
 * Ends with an error when a stage fails, or when the export, imported again, has other labels.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openCatalog } from '../src/main/catalog/index.ts';
import type { JobKind, JobResult } from '../src/shared/jobs/index.ts';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    encoder: { type: 'string' },
    labels: { type: 'string' },
    out: { type: 'string' },
    'train-steps': { type: 'string', default: '300' },
  },
});
const { photos, encoder, labels, out } = values;
if (!photos || !encoder || !labels || !out) {
  console.error('wanted --photos DIR --encoder FILE.onnx --labels FILE --out DIR');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const catalog = resolve(out, 'catalog');
const program = join(import.meta.dirname, '../src/cli/main.ts');

interface Row {
  stage: string;
  seconds: number;
  result: string;
}
const rows: Row[] = [];

/** Runs one command; its JSON answer. */
function crux(stage: string, args: string[], show: (answer: Answer) => string): Answer {
  const started = performance.now();
  const ran = spawnSync(process.execPath, [program, ...args, '--catalog', catalog, '--json'], {
    encoding: 'utf8',
  });
  if (ran.status !== 0) throw new Error(`${stage}: ${ran.stderr.trim().split('\n').at(-1)}`);
  const answer = JSON.parse(ran.stdout) as Answer;
  rows.push({ stage, seconds: (performance.now() - started) / 1000, result: show(answer) });
  console.error(`${stage} ${rows.at(-1)!.seconds.toFixed(1)} s  ${rows.at(-1)!.result}`);
  return answer;
}
/** Any that a job's result has. */
type Figure = { [K in JobKind]: keyof JobResult<K> }[JobKind];
type Answer = { job?: { result: { [F in Figure]?: unknown } } };
const result =
  (name: Figure, digits = 0) =>
  (answer: Answer) =>
    `${name} ${Number(answer.job?.result[name]).toFixed(digits)}`;
const nothing = () => '';

/** Images per class of what an export with --accepted holds: the real ones and the accepted. */
function labelCounts(dataset: string): string {
  const open = openCatalog(catalog);
  const counts = open.all<{ name: string; n: number }>(
    `SELECT c.name, COUNT(*) AS n FROM images i JOIN classes c ON c.id = i.class_id JOIN datasets d ON d.id = i.dataset_id
     LEFT JOIN reviews r ON r.image_id = i.id
     WHERE d.name = ? AND (i.origin = 'real' OR r.decision = 'accept') GROUP BY c.name ORDER BY c.name`,
    dataset,
  );
  open.close();
  return counts.map((c) => `${c.name} ${c.n}`).join(', ');
}

const model = [
  '--name',
  'encoder',
  '--mean',
  '0,0,0',
  '--std',
  '1,1,1',
  '--resize',
  'stretch',
  '--labels',
  labels,
];
crux('models add', ['models', 'add', encoder, ...model], nothing);
crux('import with thumbnails', ['import', photos, '--name', 'photos'], result('imported'));
crux('import again, nothing changed', ['import', photos, '--name', 'photos'], result('unchanged'));
crux('embed (ONNX encoder)', ['embed', 'photos', '--model', 'encoder'], nothing);
crux('score, out of fold, K = 5', ['score', 'photos', '--model', 'encoder'], result('accuracy', 3));
crux('t-SNE, 1000 iterations', ['project', 'photos', '--model', 'encoder'], nothing);
crux('caption', ['caption', 'photos'], nothing);
const steps = values['train-steps'];
crux(`difficulty training, ${steps} steps of 16`, ['train', 'photos', '--steps', steps], result('loss', 4));
crux(
  'generate 50 images, 30 steps',
  ['generate', 'photos', '--count', '5', '--mu', '0.5'],
  result('generated'),
);
crux('rescore', ['rescore', 'photos'], nothing);
crux('review by rule (class agrees)', ['review', 'photos', '--accept', '--agrees'], nothing);
const folder = resolve(out, 'export');
crux('export', ['export', 'photos', '--out', folder, '--accepted'], nothing);
crux('report', ['report', 'photos', '--out', resolve(out, 'report.html')], nothing);
crux('re-import of the export', ['import', folder, '--name', 'again'], result('imported'));
const [before, after] = ['photos', 'again'].map(labelCounts);
if (before !== after) throw new Error(`re-import: labels ${after}, wanted ${before}`);

console.log(`${cpus().length} cores (${cpus()[0].model.trim()}), Node ${process.version}\n`);
console.log('| stage | seconds | result |\n|---|---|---|');
for (const r of rows) console.log(`| ${r.stage} | ${r.seconds.toFixed(1)} | ${r.result} |`);
