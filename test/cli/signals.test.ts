/**
 * Signals to the program as a person starts it: the outer Node, the command, the engine and the whole group. The
 * campaign scripts/torture/signals.ts tries all combinations.
 */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  type Attack,
  attack,
  foreignNode,
  type Place,
  wordsOf,
} from '../../scripts/torture/signals/attack.ts';
import { writeDemoDataset } from '../../src/cli/demo/dataset.ts';
import { temporaryFolder } from './run.ts';

const folder = temporaryFolder();
const perClass = 30;
let place: Omit<Place, 'catalog'>;

beforeAll(async () => {
  const photos = join(folder, 'scenes');
  await writeDemoDataset(photos, { perClass, size: 24, seed: 9, perLevel: 1, trainSteps: 1 }, () => {});
  place = { node: foreignNode(folder), photos, images: 10 * perClass };
});

const one = (
  target: Attack['blows'][number]['target'],
  signal: Attack['blows'][number]['signal'],
): Attack => ({
  blows: [{ target, signal }],
  gapMs: 0,
  moment: 'working',
});

test.skipIf(process.platform === 'win32').each([
  one('outer', 'SIGINT'),
  one('command', 'SIGHUP'),
  one('engine', 'SIGTERM'),
  one('engine', 'SIGHUP'),
  one('group', 'SIGTERM'),
  { ...one('group', 'SIGHUP'), moment: 'queued' as const },
  {
    blows: [
      { target: 'engine' as const, signal: 'SIGTERM' as const },
      { target: 'command' as const, signal: 'SIGTERM' as const },
      { target: 'group' as const, signal: 'SIGINT' as const },
    ],
    gapMs: 20,
    moment: 'working' as const,
  },
])(
  '%# leaves the job cancelled or going on, and it resumes to the right end',
  async (blows) => {
    const catalog = join(folder, `catalog-${wordsOf(blows).replaceAll(/\W+/g, '-')}`);
    expect(await attack({ ...place, catalog }, blows), wordsOf(blows)).toBeNull();
  },
  180_000,
);
