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
import nativeEnv from './src/main/jobs/native-env.json' with { type: 'json' };

// Here rather than in `test.env`: the workers are started with it, whatever project they run.
Object.assign(process.env, nativeEnv);

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/core/**/*.test.ts', 'test/shared/**/*.test.ts', 'test/scripts/**/*.test.mjs'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/main/**/*.test.ts', 'test/cli/**/*.test.ts', 'test/standin/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'renderer',
          include: ['test/renderer/**/*.test.{ts,tsx}'],
          environment: 'jsdom',
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'golden',
          include: ['test/golden/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'torture',
          include: ['test/torture/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // What is waited for comes when the machine gets to it; a busy one is no failure.
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
