import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDemo, saveDemo } from '../../src/cli/demo/state.ts';
import { crux, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const options = { perClass: 10, perLevel: 1, trainSteps: 5, size: 64, seed: 0 };

describe('openDemo', () => {
  it('makes a new folder and remembers', () => {
    const folder = join(root, 'new', 'demo');
    const state = openDemo(folder, options, false);
    state.stages.push({ name: 'dataset', seconds: 1.5, detail: 'done' });
    state.jobs.import = 3;
    saveDemo(folder, state);
    expect(openDemo(folder, { ...options, perClass: 99 }, true)).toEqual(state); // its first options stay
  });

  it('refuses an unfinished or finished demo without --resume', () => {
    const folder = join(root, 'again');
    openDemo(folder, options, false);
    expect(() => openDemo(folder, options, false)).toThrow(/holds a demo already; add --resume/);
  });

  it('refuses a folder with other things, resumed or not', () => {
    const folder = join(root, 'photos');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine.txt'), '');
    expect(() => openDemo(folder, options, false)).toThrow(/is not empty; give another --out/);
    expect(() => openDemo(folder, options, true)).toThrow(/is not empty/);
  });

  it('says so when its state is damaged', () => {
    const folder = join(root, 'damaged');
    mkdirSync(folder);
    writeFileSync(join(folder, 'demo.json'), '{"stages": 1}');
    expect(() => openDemo(folder, options, true)).toThrow(/cannot be read; remove/);
    writeFileSync(join(folder, 'demo.json'), '{');
    expect(() => openDemo(folder, options, true)).toThrow(/cannot be read; remove/);
  });

  it('is wrong usage on the command line', async () => {
    const ran = await crux(['demo', '--out', join(root, 'photos')], root);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toMatch(/is not empty/);
  });
});
