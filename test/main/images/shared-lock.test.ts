import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SharedLock } from '../../../src/main/images/shared-lock.ts';

it('many share, one is alone, nobody is forgotten, errors release', async () => {
  const lock = new SharedLock();
  let sharing = 0;
  let alone = 0;
  let most = 0;
  const shared = (fail = false) =>
    lock.shared(async () => {
      most = Math.max(most, ++sharing);
      expect(alone).toBe(0);
      await nextTurn();
      sharing -= 1;
      if (fail) throw new Error('shared failed');
      return 'shared';
    });
  const exclusive = () =>
    lock.exclusive(async () => {
      expect([sharing, ++alone]).toEqual([0, 1]);
      await nextTurn();
      alone -= 1;
      return 'exclusive';
    });
  const failed = shared(true);
  const work = [shared(), shared(), exclusive(), exclusive(), shared(), exclusive(), shared()];
  await expect(failed).rejects.toThrow('shared failed');
  expect(await Promise.all(work)).toEqual([
    'shared',
    'shared',
    'exclusive',
    'exclusive',
    'shared',
    'exclusive',
    'shared',
  ]);
  expect(most).toBe(3);
});
