import { describe, expect, it } from 'vitest';
import { catalogFolder, userDataFolder } from '../../src/cli/catalog-folder.ts';
import { errorReport, sentence, usageError } from '../../src/cli/errors.ts';
import { clock, table } from '../../src/cli/format.ts';
import type { Io } from '../../src/cli/io.ts';
import { progressLine, progressView } from '../../src/cli/progress.ts';
import { enqueueJob } from '../../src/cli/run-job.ts';
import { parserFor, readParams } from '../../src/cli/schema-options.ts';
import type { Session } from '../../src/cli/session.ts';
import { CatalogError } from '../../src/main/catalog/index.ts';
import { generateParams } from '../../src/shared/jobs/generate.ts';
import { trainParams } from '../../src/shared/jobs/train.ts';

function recordingIo(columns: number | null): Io & { text: string } {
  return {
    text: '',
    stdout() {},
    stderr(text) {
      this.text += text;
    },
    redraw(line) {
      this.text += `\r\x1b[2K${line}`;
    },
    columns,
    env: {},
    cwd: '/',
    nowMs: () => 0,
  };
}

describe('errors', () => {
  it('are one line without a class name', () => {
    expect(sentence(new Error('Error: a\n  b\n\nc'))).toBe('a; b; c');
    expect(sentence('plain')).toBe('plain');
    expect(sentence(new Error(''))).toMatch(/CRUX_DEBUG/);
  });

  it('carry their code to scripts', () => {
    expect(errorReport(usageError('x')).error).toEqual({ code: 'usage', message: 'x' });
    expect(errorReport(new CatalogError('conflict', 'z')).error).toEqual({ code: 'conflict', message: 'z' });
    expect(errorReport(Object.assign(new Error('y'), { code: 'ENOENT' })).error.code).toBe('failed');
    expect(errorReport(new Error('y')).error).toEqual({ code: 'failed', message: 'y' });
  });
});

describe('progress', () => {
  const state = { stage: 'fold 1 of 5', done: 30, total: 60, secondsLeft: 75 };

  it('fits one terminal line', () => {
    const line = progressLine('score', state, 100);
    expect(line).toContain(`${'█'.repeat(10)}${'░'.repeat(10)}   50%  30/60  1:15 left  fold 1 of 5`);
    expect(progressLine('score', state, 30).length).toBeLessThan(30);
  });

  it('updates in place on a terminal', () => {
    const io = recordingIo(80);
    const view = progressView(io, 'score');
    view.update(state);
    view.update(state);
    expect(io.text.split('\r').length - 1).toBe(1); // unchanged: not written again
    view.update({ ...state, done: 31 });
    view.end();
    expect(io.text).not.toContain('\n');
    expect(io.text.endsWith('\x1b[2K')).toBe(true);
  });

  it('writes a line per stage and per tenth elsewhere', () => {
    const io = recordingIo(null);
    const view = progressView(io, 'embed');
    for (let done = 0; done <= 100; done++)
      view.update({ stage: 'reading', done, total: 100, secondsLeft: null });
    for (let i = 0; i < 5; i++) view.update({ stage: `fold ${i}`, done: 100, total: 100, secondsLeft: null });
    const lines = io.text.trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('embed: reading 0%');
    expect(lines[11]).toBe('embed: fold 0 100%');
    expect(io.text.includes('\r') || io.text.includes('\x1b')).toBe(false);
  });
});

describe('options from schemas', () => {
  it('check with the ranges of the schema', () => {
    expect(parserFor(generateParams.shape.mu)('0.25')).toBe(0.25);
    expect(() => parserFor(generateParams.shape.mu)('-0.1')).toThrow('a number from 0 to 1');
    expect(() => parserFor(generateParams.shape.mu)('')).toThrow('a number from 0 to 1');
    expect(() => parserFor(trainParams.shape.checkpointEvery)('0')).toThrow('a whole number, at least 1');
    expect(() => parserFor(generateParams.shape.prompt)('x'.repeat(20_001))).toThrow(
      'text of at most 20,000 characters',
    );
  });

  it('go back under the name of the parameter, absent ones stay absent', () => {
    const table = { guidanceScale: { flag: 'guidance', text: '' }, batchSize: { text: '' } };
    expect(readParams({ guidance: 3 }, table)).toEqual({ guidanceScale: 3 });
    expect(readParams({ batchSize: 2, seed: 4 }, table)).toEqual({ batchSize: 2 });
  });
});

it('a job whose parameters do not go together is refused with the sentence of its form', () => {
  const session = { enqueue: () => expect.unreachable() } as unknown as Session;
  const ask = (params: object) => () =>
    enqueueJob(session, { kind: 'generate', params: { datasetId: 1, ...params } });
  expect(ask({ keepMin: 0.6, keepMax: 0.4 })).toThrow(
    'generate: keepMax: The highest difficulty to keep, 0.4, is below the lowest, 0.6. Swap them.',
  );
  expect(ask({ distribution: 'bins' })).toThrow('bins: Enter a count above 0 for at least one bin.');
});

describe('catalog folder', () => {
  const machine = { env: {}, platform: 'linux' as const, home: '/home/a', cwd: '/here' };

  it('is the option, else CRUX_CATALOG, else the app’s', () => {
    expect(catalogFolder('x', { ...machine, env: { CRUX_CATALOG: 'y' } })).toBe('/here/x');
    expect(catalogFolder(undefined, { ...machine, env: { CRUX_CATALOG: 'y' } })).toBe('/here/y');
    expect(catalogFolder(undefined, machine)).toBe('/home/a/.config/crux/catalog');
  });

  it('follows each system’s custom', () => {
    expect(userDataFolder({ ...machine, env: { XDG_CONFIG_HOME: '/c' } })).toBe('/c/crux');
    expect(userDataFolder({ ...machine, platform: 'darwin' })).toBe(
      '/home/a/Library/Application Support/crux',
    );
    expect(userDataFolder({ ...machine, platform: 'win32', env: { APPDATA: '/r' } })).toMatch(/r.crux$/);
  });
});

describe('format', () => {
  it('aligns tables, numbers to the right', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['a', 1],
          ['bbb', 22],
        ],
      ),
    ).toEqual(['name   n', 'a      1', 'bbb   22']);
  });
  it('writes durations', () => {
    expect([clock(5), clock(75), clock(3700), clock(-1)]).toEqual(['0:05', '1:15', '1:01:40', '0:00']);
  });
});
