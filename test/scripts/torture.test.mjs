/** The frame of the attacks: what is a campaign, what becomes of results, what the page says, and the exit code. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinnedNode, root } from '../../scripts/pinned-node.mjs';
import { campaignNames, loadCampaign } from '../../scripts/torture/frame/campaign.ts';
import { reliabilityPage } from '../../scripts/torture/frame/page.ts';
import { faultsOf, readResults, storeResult, wasSkipped } from '../../scripts/torture/frame/results.ts';
import { differences, fingerprint } from '../../scripts/torture/kills/fingerprint.ts';
import { addJob, addLog, ensureClasses, ensureDataset, openCatalog } from '../../src/main/catalog/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-frame-'));
const out = join(folder, 'results', 'all.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const campaign = (name, body) =>
  writeFileSync(
    join(folder, `${name}.ts`),
    `export default { name: '${name}', title: 'The ${name} one', means: 'It says ${name}.', async run(ctx) { ${body} } };\n`,
  );
const outcome = (more = '') => `{ tried: 3, survived: 3, failed: [], seconds: 1.25, ${more} }`;

beforeAll(() => {
  campaign(
    'calm',
    `ctx.log('draws ' + ctx.rng.int(1000)); return ${outcome("notes: ctx.folder + ' ' + ctx.quick")};`,
  );
  campaign('broken', `return ${outcome("survived: 2, failed: ['seed ' + ctx.seed + ': the cup broke']")};`);
  campaign('crashing', 'process.abort();');
  campaign('throwing', "throw new Error('no cups here');");
  campaign('miscounted', `return ${outcome('survived: 1')};`);
  campaign('idle', `return { tried: 0, survived: 0, failed: [], seconds: 0 };`);
  campaign(
    'absent',
    `return { tried: 0, survived: 0, failed: [], seconds: 0, notes: 'there is no strace here' };`,
  );
  campaign(
    'endless',
    'ctx.log("begun"); await new Promise((_, no) => ctx.signal.addEventListener("abort", () => no(ctx.signal.reason)));',
  );
  writeFileSync(
    join(folder, 'shared.ts'),
    'export const help = 1;\nthrow new Error("a helper must not be run");\n',
  );
});

/** Runs the command; `act` gets the process whenever it has written something. */
const torture = (args, act = () => {}) =>
  new Promise((done) => {
    const command = [join(root, 'scripts/torture.ts'), '--folder', folder, '--out', out, ...args];
    const child = execFile(pinnedNode(), command, (error, stdout, stderr) =>
      done({ exit: error === null ? 0 : error.code, stdout, stderr }),
    );
    child.stderr.on('data', () => act(child));
  });

describe('campaigns', () => {
  it('are the files with a default export', async () => {
    const names = ['absent', 'broken', 'calm', 'crashing', 'endless', 'idle', 'miscounted', 'throwing'];
    expect(campaignNames(folder)).toEqual(names);
    expect((await torture(['--list'])).stdout.trim().split('\n')).toEqual(names);
  });

  it('of this repository each have the name of their file, and a title', async () => {
    const here = join(root, 'scripts/torture');
    const names = campaignNames(here);
    expect(names).toContain('opens');
    for (const name of names) await loadCampaign(here, name); // throws where it is none
  }, 120_000);

  it('get a folder that is deleted, and the same chance for the same seed', async () => {
    const runs = [await torture(['--only', 'calm']), await torture(['--only', 'calm', '--quick'])];
    expect(runs.map(({ exit }) => exit)).toEqual([0, 0]);
    const drawn = runs.map(({ stderr }) => /draws (\d+)/.exec(stderr)[1]);
    expect(drawn[1]).toBe(drawn[0]);
    const { notes, title, tried, peakMiB, commit, quick } = readResults(out).calm;
    expect({ title, tried, quick }).toEqual({ title: 'The calm one', tried: 3, quick: true });
    expect(notes).toMatch(/crux-torture-calm-\w+ true$/);
    expect(existsSync(notes.split(' ')[0])).toBe(false);
    expect(commit).toMatch(/^[0-9a-f]{7,}\+?$|^no git$/);
    // How much is a matter of when it was looked at: so short a campaign may be seen at its start only.
    if (process.platform === 'linux') expect(peakMiB).toBeGreaterThan(0);
  }, 120_000);
});

describe('results', () => {
  it('are merged: a campaign repeated alone leaves the others', async () => {
    const before = readResults(out).calm;
    const { exit, stderr } = await torture(['--only', 'broken,absent', '--seed', '7']);
    expect(exit).toBe(1);
    expect(stderr).toContain('FAILED seed 7: the cup broke');
    expect(stderr).toContain('not tried: there is no strace here');
    const results = readResults(out);
    expect(Object.keys(results)).toEqual(['absent', 'broken', 'calm']);
    expect(results.calm).toEqual(before);
    expect(results.broken).toMatchObject({
      tried: 3,
      survived: 2,
      seed: 7,
      failed: ['seed 7: the cup broke'],
    });
  }, 120_000);

  it('are failures where the campaign ends early or cannot count', async () => {
    expect((await torture(['--only', 'absent'])).exit).toBe(0);
    for (const [name, said] of [
      ['crashing', /ended early \(SIGABRT\)/],
      ['throwing', /ended early \(exit code 1\): .*no cups here/],
      ['miscounted', /1 of 3 survived, and no failure was named/],
      ['idle', /nothing was tried/],
    ]) {
      expect((await torture(['--only', name])).exit, name).toBe(1);
      expect(readResults(out)[name].failed.join(), name).toMatch(said);
    }
  }, 120_000);

  it('of campaigns that have ended are kept when one is stopped', async () => {
    rmSync(out);
    let asked = false;
    const { exit } = await torture(['--only', 'calm,endless,broken'], (child) => {
      if (asked || readResults(out).calm === undefined) return;
      asked = true;
      child.kill('SIGINT');
    });
    expect(exit).toBe(130);
    expect(Object.keys(readResults(out))).toEqual(['calm']);
  }, 120_000);

  it('tell what was left out from what was not shown', () => {
    const nothing = { tried: 0, survived: 0, failed: [], seconds: 0 };
    expect(wasSkipped(nothing)).toBe(false);
    expect(wasSkipped({ ...nothing, notes: 'no disk' })).toBe(true);
    expect(wasSkipped({ ...nothing, notes: 'no disk', failed: ['x'] })).toBe(false);
    expect(faultsOf({ ...nothing, tried: 2, survived: 2 })).toEqual([]);
    expect(faultsOf({ ...nothing, tried: 2, survived: 3 })).toHaveLength(1);
  });
});

it('says how to use it', async () => {
  for (const args of [['--only', 'calm,warm'], ['--seed', 'x'], ['--fast']]) {
    const { exit, stderr } = await torture(args);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^torture: .+/);
  }
});

describe('the comparison of a disturbed catalog with an undisturbed one', () => {
  let pairs = 0;
  const made = (name) => {
    const catalog = openCatalog(join(folder, name));
    const id = ensureDataset(catalog, 'set', `/photos of ${name}`, '/photos');
    ensureClasses(catalog, id, ['cat', 'dog']);
    addLog(
      catalog,
      addJob(catalog, { kind: 'score', datasetId: id, title: 's', device: 'cpu', params: {}, owner: null })
        .id,
      'info',
      name,
    );
    return catalog;
  };
  const compare = (change) => {
    const [calm, disturbed] = [made(`calm ${++pairs}`), made(`disturbed ${pairs}`)];
    change(disturbed);
    const marks = [calm, disturbed].map((catalog) => fingerprint(catalog, catalog.dir.split('/').at(-1)));
    for (const catalog of [calm, disturbed]) catalog.close();
    return differences(...marks);
  };

  it('looks past moments, the log, and the folder', () => {
    expect(compare((catalog) => catalog.run('UPDATE jobs SET started_at = 5, crashes = 2'))).toEqual([]);
  });

  it('sees a changed value, a missing or an added row, a file too many, and a job that did not end', () => {
    const changes = [
      ["UPDATE classes SET name = 'cow' WHERE name = 'cat'", /^name of table classes .* differs$/],
      ["DELETE FROM classes WHERE name = 'dog'", /table classes \(1 rows\)/],
      [
        "INSERT INTO classes (dataset_id, name, class_index) VALUES (1, 'cow', 2)",
        /^class_index of table classes /,
      ],
      ["UPDATE jobs SET state = 'running'", /^state of table jobs .* differs$/],
    ];
    for (const [sql, said] of changes) expect(compare((catalog) => catalog.run(sql))[0]).toMatch(said);
    const file = compare((catalog) => writeFileSync(catalog.file('half.tmp'), ''));
    expect(file).toEqual(['file /half.tmp is there and must not be']);
  });
});

describe('the page', () => {
  const result = {
    title: 'Kills',
    means: 'It is killed.',
    tried: 1200,
    survived: 1199,
    failed: ['seed 3, kill 7: two\nlines'],
    seconds: 75,
    peakMiB: 1234,
    seed: 3,
    quick: false,
    version: '1.2.3',
    commit: 'abcdef0',
    date: '2026-11-30',
    machine: 'two cores',
  };

  it('has every campaign with its figures, its failures and the command that repeats it', () => {
    const file = join(folder, 'page.json');
    storeResult(file, 'kills', result);
    storeResult(file, 'cuts', { ...result, tried: 0, survived: 0, failed: [], notes: 'No disk.', seed: 1 });
    const page = reliabilityPage(readResults(file));
    expect(page).toContain('| [Kills](#kills) | 1,200 | 1,199 | 1 | 1:15 | 1,234 MiB |');
    expect(page).toContain('| [Kills](#cuts) | not on this machine |');
    expect(page).toContain('It is killed.');
    expect(page).toContain('- seed 3, kill 7: two lines');
    expect(page).toContain(
      '`npm run torture -- --only kills --seed 3` · version 1.2.3, commit abcdef0, 2026-11-30',
    );
    expect(page.indexOf('#cuts')).toBeLessThan(page.indexOf('#kills'));
  });

  it('in the repository is what the results say', () => {
    const docs = join(root, 'docs');
    const results = readResults(join(docs, 'reliability.json'));
    expect(readFileSync(join(docs, 'reliability.md'), 'utf8')).toBe(reliabilityPage(results));
  });
});
