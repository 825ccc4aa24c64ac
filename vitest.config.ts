/**
 * Owns the test suites, grouped by what they need:
 *   pure      nothing but the language (src/shared, src/core)
 *   node      files, SQLite, processes
 *   renderer  a DOM in jsdom
 *   golden    the reference tensors beside the repository, else skipped
 *   torture   nasty files, kills, time
 *   e2e       the built program in Electron or its stand-in, and Chromium
 */
import { defineConfig } from 'vitest/config';
import nativeEnv from './src/main/runtime/native-env.json' with { type: 'json' };
import { patience } from './test/patience.ts';

// Here rather than in `test.env`: the workers are started with it, whatever project they run.
Object.assign(process.env, nativeEnv);

const timeouts = {
  testTimeout: patience.testMs,
  hookTimeout: patience.testMs,
  expect: { poll: { timeout: patience.waitMs } },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...timeouts,
          name: 'pure',
          include: ['test/core/**/*.test.ts', 'test/shared/**/*.test.ts', 'test/scripts/**/*.test.mjs'],
        },
      },
      {
        test: {
          ...timeouts,
          name: 'node',
          include: ['test/main/**/*.test.ts', 'test/cli/**/*.test.ts', 'test/standin/**/*.test.ts'],
          pool: 'forks',
        },
      },
      {
        test: {
          ...timeouts,
          name: 'renderer',
          include: ['test/renderer/**/*.test.{ts,tsx}'],
          environment: 'jsdom',
        },
      },
      {
        test: {
          ...timeouts,
          name: 'golden',
          include: ['test/golden/**/*.test.ts'],
          pool: 'forks',
        },
      },
      {
        test: {
          ...timeouts,
          name: 'torture',
          include: ['test/torture/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
        },
      },
      {
        test: {
          ...timeouts,
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.ts'],
          pool: 'forks',
          fileParallelism: false,
        },
      },
    ],
  },
});
