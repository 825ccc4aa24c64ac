/** What a child of ours gives back to the system, and how little room it takes for young objects: measured in children. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { childEnv, childSwitches } from '../../../src/main/runtime/child-env.ts';

/** MiB, as a script run with the environment and switches of our children prints them. */
function measure(script: string): number {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...childSwitches, '--expose-gc', '--input-type=module', '-e', script],
    { encoding: 'utf8', env: childEnv() },
  );
  expect(stdout, stderr).toMatch(/^[\d.]+\n$/);
  return Number(stdout);
}

it.skipIf(process.platform !== 'linux')('memory that was given back is not kept beside what stays', () => {
  const kept = measure(`
    import { readFileSync } from 'node:fs';
    const MIB = 1024 * 1024;
    const resident = () => Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 1024;
    const take = (bytes) => new Uint8Array(bytes).fill(1);
    const settle = async () => {
      for (let i = 0; i < 20; i++) {
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    take(30 * MIB); // from here on glibc would put everything smaller into its heap
    await settle();
    const before = resident();
    const stay = [];
    let go = Array.from({ length: 30 }, () => {
      stay.push(take(64 * 1024));
      return take(2 * MIB);
    });
    go = null;
    await settle();
    console.log(resident() - before - stay.length / 16);
  `);
  expect(kept).toBeLessThan(20); // of 60
});

it('young objects get 32 MiB at most, however many survive a while', () => {
  const most = measure(`
    import { getHeapSpaceStatistics } from 'node:v8';
    const young = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 1024 ** 2;
    const sizes = [];
    let some = [];
    for (let i = 0; i < 30; i++) {
      some = Array.from({ length: 200_000 }, (_, at) => ({ at }));
      sizes.push(young());
    }
    console.log(Math.max(...sizes));
  `);
  expect(most).toBeLessThanOrEqual(32);
});
