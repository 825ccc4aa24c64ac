/** The main job from the command line on a small drawn dataset, as far as an encoder alone carries it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readFactors, writeDemoDataset } from '../../src/cli/demo/dataset.ts';
import { builtInModelFolder } from '../../src/main/models/folders.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const imagenet = join(import.meta.dirname, '../../../shared/data/models/imagenet');
const builtIn = existsSync(join(builtInModelFolder('encoder'), 'model.safetensors'));
const mobilenet = join(imagenet, 'mobilenetv2_imagenet.onnx');
const encoder = builtIn ? 'builtin:encoder' : existsSync(mobilenet) ? 'mobilenet' : null;
if (encoder === null)
  console.warn('skipped: scoring from the command line (no built-in encoder, and no ../shared/data/models)');

const perClass = 12;
const ok = async (...argv: string[]) => {
  const ran = await crux([...argv, '--json'], cwd);
  expect(ran.stderr).not.toMatch(/^crux: /m);
  expect(ran.exit).toBe(0);
  const value = json(ran);
  expect(value.ok).toBe(true);
  return value as Record<string, never> & { job: { result: Record<string, number> } };
};

beforeAll(async () => {
  await writeDemoDataset(
    join(cwd, 'scenes'),
    { perClass, size: 32, seed: 3, perLevel: 1, trainSteps: 1 },
    () => {},
  );
  writeFileSync(join(cwd, 'scenes', 'cat', 'broken.png'), Buffer.from('not a picture'));
});

describe('the demo dataset', () => {
  it('has ground truth for every picture, and the same seed the same bytes', async () => {
    const truth = readFactors(join(cwd, 'scenes'));
    expect(truth.size).toBe(10 * perClass);
    expect(Object.keys(truth.get('cat/0001.png')?.factors ?? {})).toContain('occlusion');
    await writeDemoDataset(
      join(cwd, 'again'),
      { perClass: 10, size: 32, seed: 3, perLevel: 1, trainSteps: 1 },
      () => {},
    );
    const bytes = (folder: string) => readFileSync(join(cwd, folder, 'cat', '0007.png'));
    expect(bytes('again').equals(bytes('scenes'))).toBe(true);
  });
});

describe('without a model', () => {
  it('imports, lists what it had to skip, and imports again only what changed', async () => {
    const first = await ok('import', 'scenes', '--name', 'scenes');
    expect(first).toMatchObject({
      command: 'import',
      dataset: { name: 'scenes', images: 10 * perClass, classes: 10 },
      job: { kind: 'import', state: 'done', result: { imported: 10 * perClass, skipped: 1 } },
      skipped: { total: 1, items: [{ path: 'cat/broken.png' }] },
    });
    const again = await ok('import', 'scenes', '--name', 'scenes');
    expect(again.job.result).toMatchObject({ imported: 0, changed: 0, unchanged: 10 * perClass });
  });

  it('tells a person what was skipped', async () => {
    const ran = await crux(['import', 'scenes', '--name', 'scenes'], cwd);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toMatch(/1 file could not be read and was skipped:\n {2}cat\/broken\.png: \S/);
    expect(ran.stderr).toMatch(/^import: /m);
    expect(ran.stderr).toMatch(/^warning: 1 file was left out; each is listed with its reason$/m);
  });

  it('captions and exports one class', async () => {
    expect((await ok('caption', 'scenes', '--template', 'a drawn [CLS]')).job.result.captioned).toBe(
      10 * perClass,
    );
    const out = join(cwd, 'cats');
    expect((await ok('export', 'scenes', '--class', 'cat', '--out', 'cats')).job.result.images).toBe(
      perClass,
    );
    expect(readdirSync(join(out, 'cat'))).toHaveLength(perClass);
    const [line] = readFileSync(join(out, 'metadata.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({ label: 'cat', caption: 'a drawn cat', origin: 'real' });
  });

  it('fails with one sentence and exit code 1 where a job fails', async () => {
    const ran = await crux(['export', 'scenes', '--out', 'cats', '--json'], cwd);
    expect(ran.exit).toBe(1);
    expect(json(ran)).toMatchObject({ ok: false, error: { code: 'job-failed' } });
    const errors = ran.stderr.split('\n').filter((line) => line.startsWith('crux: '));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/is not empty.*crux jobs log \d+/);
  });

  it('lists jobs and shows their log', async () => {
    const { jobs } = (await ok('jobs', 'list')) as unknown as {
      jobs: { id: number; state: string; kind: string }[];
    };
    expect(jobs[0]).toMatchObject({ kind: 'export', state: 'failed' });
    const { log } = (await ok('jobs', 'log', String(jobs[0].id))) as unknown as {
      log: { level: string; text: string }[];
    };
    expect(log.some((line) => line.level === 'error' && /not empty/.test(line.text))).toBe(true);
    const done = await crux(['jobs', 'resume', String(jobs[jobs.length - 1].id)], cwd);
    expect(done.exit).toBe(1);
    expect(done.stderr).toMatch(/is done already/);
  });

  it('refuses names that are not there, naming those that are', async () => {
    const dataset = await crux(['score', 'nothing'], cwd);
    expect([dataset.exit, dataset.stderr]).toEqual([2, expect.stringContaining('there are "scenes"')]);
    const classes = await crux(['export', 'scenes', '--class', 'dog', '--out', 'dogs'], cwd);
    expect([classes.exit, classes.stderr]).toEqual([2, expect.stringMatching(/no class "dog".*"cat"/)]);
    const model = await crux(['score', 'scenes', '--model', 'vgg'], cwd);
    expect([model.exit, model.stderr]).toEqual([2, expect.stringMatching(/no model "vgg".*builtin:encoder/)]);
  });

  it('reports before anything is scored', async () => {
    await ok('report', 'scenes', '--out', 'early.html');
    expect(readFileSync(join(cwd, 'early.html'), 'utf8')).toContain('Nothing is scored yet');
  });
});

describe.skipIf(encoder === null)(`with ${encoder}`, () => {
  const model = encoder as string;

  it.skipIf(builtIn)('asks for what an ONNX file does not say, then adds it', async () => {
    const asked = await crux(['models', 'add', mobilenet, '--name', 'mobilenet'], cwd);
    expect(asked.exit).toBe(2);
    expect(asked.stderr).toMatch(/--mean --std --resize --labels/);
    const labels = join(imagenet, 'imagenet_labels.txt');
    const added = await ok(
      ...['models', 'add', mobilenet, '--name', 'mobilenet', '--mean', '0,0,0', '--std', '1,1,1'],
      ...['--resize', 'crop', '--labels', labels],
    );
    expect(added).toMatchObject({ model: { name: 'mobilenet', usable: true } });
  });

  it('scores, maps and reports', async () => {
    const scored = await ok('score', 'scenes', '--model', model, '--folds', '3');
    expect(scored.job.result.scored).toBe(10 * perClass);
    expect(scored.job.result.accuracy).toBeGreaterThan(0.3); // ten classes: chance is .1
    await ok('project', 'scenes', '--model', model, '--iterations', '60', '--perplexity', '5');
    await ok('report', 'scenes', '--out', 'report.html', '--per-class', '3');
    const html = readFileSync(join(cwd, 'report.html'), 'utf8');
    expect(html.split('<figure class="tile"').length - 1).toBe(10 * 2 * 3);
    expect(html).toContain('<section id="map">');
    expect(/NaN|undefined|<script/.exec(html.replace(/data:[^"]*/g, ''))).toBeNull();
  });

  it('chooses by difficulty for review and export, and the export has the same labels again', async () => {
    const reviewed = await ok('review', 'scenes', '--accept', '--origin', 'real', '--min-difficulty', '0.3');
    const hard = (reviewed as unknown as { images: number }).images;
    expect(hard).toBeGreaterThan(0);
    expect(hard).toBeLessThan(10 * perClass);
    expect((await ok('export', 'scenes', '--min-difficulty', '0.3', '--out', 'hard')).job.result.images).toBe(
      hard,
    );
    const lines = readFileSync(join(cwd, 'hard', 'metadata.jsonl'), 'utf8')
      .trim()
      .split('\n');
    for (const line of lines) expect(JSON.parse(line).difficulty).toBeGreaterThanOrEqual(0.3);
    const again = await ok('import', 'hard', '--name', 'hard');
    expect(again).toMatchObject({ dataset: { images: hard }, job: { result: { skipped: 0 } } });
    const wanted = lines.map((line) => JSON.parse(line).label as string).sort();
    await ok('export', 'hard', '--out', 'hard-again');
    const got = readFileSync(join(cwd, 'hard-again', 'metadata.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(got.map((line) => JSON.parse(line).label as string).sort()).toEqual(wanted);
  });

  it('repeats a score exactly with the same seed', async () => {
    const one = await ok('score', 'scenes', '--model', model, '--folds', '3', '--seed', '5');
    const two = await ok('score', 'scenes', '--model', model, '--folds', '3', '--seed', '5');
    expect(two.job.result.accuracy).toBe(one.job.result.accuracy);
  });
});
