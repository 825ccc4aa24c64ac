import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliPage } from '../../scripts/docs.ts';
import { buildProgram, commandPath, everyCommand } from '../../src/cli/program.ts';
import { crux, json, temporaryFolder } from './run.ts';

const cwd = temporaryFolder();
const quiet = { stdout() {}, stderr() {}, redraw() {}, columns: null, env: {}, cwd, nowMs: () => 0 };
const leaves = everyCommand(buildProgram({ io: quiet, outcome: { exit: 0 } })).filter(
  (c) => c.commands.length === 0,
);

describe('wrong usage', () => {
  const cases: [string, RegExp][] = [
    ['', /Usage: crux/],
    ['scor', /unknown command 'scor'.*Did you mean score/],
    ['score', /missing required argument 'dataset'/],
    ['score a b', /too many arguments/],
    ['score x --folds 1', /'1' is invalid.*a whole number from 2 to 50; see crux score --help/],
    ['score x --folds 2.5', /a whole number from 2 to 50/],
    ['score x --folds=', /a whole number from 2 to 50/],
    ['score x --method guess', /out-of-fold, in-sample, classifier, precomputed/],
    ['score x --nonsense', /unknown option '--nonsense'/],
    ['generate x --mu 1.5', /a number from 0 to 1/],
    ['generate x --scheduler magic', /model, pndm, ddim/],
    ['train x --kind magic', /difficulty/],
    ['export x', /required option '--out <dir>'/],
    ['import folder', /required option '--name <name>'/],
    ['import . --name=', /name: .*see crux import --help/],
    ['import nowhere --name n', /no folder or manifest at .*nowhere; give the folder/],
    ['score x --device tpu', /auto, cpu, cuda, dml, webgpu/],
    ['score x --seed -1', /a whole number from 0 to 9007199254740991 \(2\^53 - 1\)/],
    ['generate x --seed 9007199254740992', /a whole number from 0 to 9007199254740991/],
    ['generate x --clip-skip 0', /a whole number from 1 to 256/],
    ['generate x --prompt-syntax webui', /Allowed choices are plain, a1111, comfyui/],
    ['control x --out page.pdf', /ends in \.html \(the page\) or \.json \(the data\)/],
    ['models', /Usage: crux models/],
    ['models add nowhere.onnx --name n', /no model at .*nowhere.onnx/],
    ['review x', /exactly one of --accept, --reject and --clear/],
    ['review x --accept --reject', /exactly one of/],
    ['demo --images 3', /a whole number from 10 to 10,000/],
  ];
  it.each(cases)('crux %s', async (line, wanted) => {
    const ran = await crux(line.split(' ').filter(Boolean), cwd);
    expect(ran.stderr).toMatch(wanted);
    expect(ran.exit).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).not.toMatch(/^\s+at /m); // no stack trace
  });

  it.each([
    ['generate', 'x', '--prompt'],
    ['generate', 'x', '--first-prompt'],
    ['control', 'x', '--negative-prompt'],
    ['caption', 'x', '--template'],
  ])('crux %s %s %s: a prompt that is too long is not repeated whole', async (...line) => {
    const ran = await crux([...line, 'cat, '.repeat(4_001)], cwd);
    expect(ran.stderr).toMatch(
      /argument '(cat, ){12}…' is invalid\. Expected text of at most 20,000 characters; see crux/,
    );
    expect(ran.exit).toBe(2);
  });

  it('is one JSON object with --json', async () => {
    const ran = await crux(['score', 'x', '--folds', '1', '--json'], cwd);
    expect(ran.exit).toBe(2);
    expect(json(ran)).toEqual({
      ok: false,
      error: { code: 'usage', message: expect.stringContaining('2 to 50') },
    });
  });

  it('names what there is when a dataset is unknown', async () => {
    const ran = await crux(['score', 'cats'], cwd);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toMatch(/^crux: no dataset "cats" in .*; import one with: crux import/);
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('help', () => {
  it.each(['--help', 'help', 'score --help', 'help score', '--version'])('crux %s succeeds', async (line) => {
    const ran = await crux(line.split(' '), cwd);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).not.toBe('');
  });

  it.each(leaves.map((c) => [commandPath(c), c] as const))(
    '%s takes the global options',
    (_path, command) => {
      const flags = command.options.map((o) => o.long);
      expect(flags).toEqual(expect.arrayContaining(['--catalog', '--json', '--device', '--seed']));
    },
  );
});

describe('docs/cli.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');

  it('has every command with its options, as `npm run docs` writes them', () => {
    expect(cliPage(text)).toBe(text);
  });

  it('documents no command that does not exist', () => {
    const paths = leaves.map(commandPath);
    for (const [, heading] of text.matchAll(/^### `(crux [^`]*)`/gm))
      expect(
        paths.some((p) => heading === p || heading.startsWith(`${p} `)),
        heading,
      ).toBe(true);
  });
});
