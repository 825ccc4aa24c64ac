/** Owns what the demo remembers between runs in DIR/demo.json, so that --resume goes on where it stopped. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, usageError } from '../errors.ts';
import { writeTold } from '../write-told.ts';

export const demoOptions = z.object({
  perClass: z.int().min(10).max(10_000),
  perLevel: z.int().min(1).max(1000),
  trainSteps: z.int().min(1).max(1_000_000),
  size: z.int(),
  seed: z.int().min(0),
});
export type DemoOptions = z.infer<typeof demoOptions>;

const demoState = z.object({
  options: demoOptions,
  /** Finished stages, in order: seconds and one line about what came out. */
  stages: z.array(z.object({ name: z.string(), seconds: z.number(), detail: z.string() })),
  /** Jobs that were queued, by the name of their step: a resumed demo goes on with them. */
  jobs: z.record(z.string(), z.int()),
  /** Seconds that stopped runs of a stage took: they count, too. */
  spent: z.record(z.string(), z.number()).default({}),
});
export type DemoState = z.infer<typeof demoState>;

const file = (folder: string) => join(folder, 'demo.json');

/**
 * The state of a fresh or resumed demo in `folder`.
 * Errors: a folder that holds other things, is unfinished (without `resume`) or has no demo (with it).
 */
export function openDemo(folder: string, options: DemoOptions, resume: boolean): DemoState {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  if (there.includes('demo.json')) {
    if (!resume)
      throw usageError(
        `${folder} holds a demo already; add --resume to go on with it, or give another --out`,
      );
    try {
      return demoState.parse(JSON.parse(readFileSync(file(folder), 'utf8')));
    } catch {
      throw new CliError(`${file(folder)} cannot be read; remove ${folder} or give another --out`, 'invalid');
    }
  }
  if (there.length > 0)
    throw usageError(
      `${folder} is not empty; give another --out, or empty it first (the demo overwrites nothing)`,
    );
  const state: DemoState = { options, stages: [], jobs: {}, spent: {} };
  saveDemo(folder, state);
  return state;
}

export function saveDemo(folder: string, state: DemoState): void {
  writeTold(file(folder), `${JSON.stringify(state, null, 2)}\n`);
}
