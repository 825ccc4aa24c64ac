/**
 * Owns the real engine with a brake: where it has just told of a running job at a place that `holdAt` names, it waits.
 * What a test does there (kill, cancel, stop) is then never too late, however slow the test's own process is.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Job } from '../../../src/shared/jobs/job.ts';
import { holdFile, isHeldAt, type Place } from './hold.ts';

const file = holdFile(process.argv[2]);
const supervisor = process.ppid;
const clock = new Int32Array(new SharedArrayBuffer(4));
const places = (): Place[] => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);

// Progress is told a few times a second: while there is a place to wait at, this clock makes every one due, or a fast
// machine would pass the place untold.
const now = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => {
  if (existsSync(file)) aheadMs += 1000;
  return now() + aheadMs;
};

const send = process.send!.bind(process) as (...args: unknown[]) => boolean;
process.send = (message: { type?: string; name?: string; payload?: Job }, ...more: unknown[]) => {
  const sent = send(message, ...more);
  if (message.type === 'event' && message.name === 'job.updated')
    while (process.ppid === supervisor && places().some((place) => isHeldAt(place, message.payload!)))
      Atomics.wait(clock, 0, 0, 5);
  return sent;
};
await import('../../../src/main/engine/main.ts');
