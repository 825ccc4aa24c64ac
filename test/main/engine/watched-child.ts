/**
 * A process beside which the watchdog runs, for inspector.test.ts. Arguments: who asked, bytes of memory, milliseconds of
 * work and of waiting, whether for the catalog (1), and what it does without ever giving way: 'work' for ever, take
 * 'memory' without end, or 'wait' for nothing. Says its number once it is watched.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const [parent, memory, limit, wait, catalog] = process.argv.slice(2, 7).map(Number);
const work = new Int32Array(new SharedArrayBuffer(16));
work.set([1, limit, wait, catalog]);
const watchdog = new Worker(new URL('../../../src/main/engine/watchdog.ts', import.meta.url), {
  workerData: { parent: parent || process.ppid, memory, work },
});
await once(watchdog, 'online');
writeSync(1, `${process.pid}\n`);

const does = process.argv[7];
if (does === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
const taken: Uint8Array[] = [];
for (;;) if (does === 'memory') taken.push(new Uint8Array(1 << 20).fill(1));
