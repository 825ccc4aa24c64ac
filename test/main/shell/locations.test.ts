import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { catalogDirectory, openDirectory, profileDirectory } from '../../../src/main/locations.ts';

const scratch = mkdtempSync(join(tmpdir(), 'crux-locations-'));
afterAll(() => rmSync(scratch, { recursive: true }));

it('takes the catalog from the command line, then the environment, then the user data', () => {
  const env = { CRUX_CATALOG: '/env' };
  expect(catalogDirectory(['electron', '.', '--catalog', 'mine'], env, '/data', '/here')).toBe('/here/mine');
  expect(catalogDirectory(['electron', '.', '--catalog=/mine'], env, '/data', '/here')).toBe('/mine');
  expect(catalogDirectory(['electron', '.'], env, '/data', '/here')).toBe('/env');
  expect(catalogDirectory(['electron', '.'], {}, '/data', '/here')).toBe('/data/catalog');
});

it('refuses --catalog without a folder', () => {
  expect(() => catalogDirectory(['electron', '--catalog'], {}, '/data', '/')).toThrow(/write --catalog DIR/);
  expect(() => catalogDirectory(['electron', '--catalog', '--x'], {}, '/data', '/')).toThrow(
    /no folder given/,
  );
});

it('gives one catalog one profile, however its folder is spelled', () => {
  const real = join(scratch, 'catalog');
  mkdirSync(real);
  symlinkSync(real, join(scratch, 'link'));
  const direct = profileDirectory('/data', openDirectory(real));
  expect(profileDirectory('/data', openDirectory(join(scratch, 'link')))).toBe(direct);
  expect(profileDirectory('/data', openDirectory(join(scratch, 'other')))).not.toBe(direct);
});
