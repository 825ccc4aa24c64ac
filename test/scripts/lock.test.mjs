import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { expect, it } from 'vitest';
import { leaveOutEngines, lockedPackages, readLock } from '../../scripts/lock.mjs';
import { root } from '../../scripts/pinned-node.mjs';

const lock = readLock();

it('npm ci has no Node to compare with the one it runs on: no package in the lock file asks for one', () => {
  const asking = lockedPackages(lock).filter(([, { engines }]) => engines);
  expect(
    asking.map(([folder]) => folder),
    'run "npm run lock"',
  ).toEqual([]);
});

it('npm ci has no deprecated package to warn of', () => {
  const deprecated = lockedPackages(lock).filter(([, entry]) => entry.deprecated !== undefined);
  expect(deprecated.map(([folder]) => folder)).toEqual([]);
});

it('leaves out the packages’ engines, and keeps the project’s own', () => {
  const small = {
    packages: { '': { engines: { node: '>=20' } }, 'node_modules/a': { engines: { node: '>=22' } } },
  };
  expect(leaveOutEngines(small)).toBe(1);
  expect(small.packages).toEqual({ '': { engines: { node: '>=20' } }, 'node_modules/a': {} });
});

it('every installed package runs on the pinned Node of each platform', () => {
  const pinned = Object.values(lock.packages[''].optionalDependencies);
  expect(pinned.length).toBeGreaterThan(0);
  const refusing = lockedPackages(lock)
    .filter(([folder, { optional }]) => !optional && existsSync(join(root, folder, 'package.json')))
    .map(([folder]) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')))
    .filter(({ engines }) => engines?.node && !pinned.every((version) => satisfies(version, engines.node)))
    .map(({ name, version, engines }) => `${name} ${version} asks for Node ${engines.node}`);
  expect(refusing).toEqual([]);
});
