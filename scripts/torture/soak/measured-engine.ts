/**
 * Owns the engine of the long session: the real one, which on SIGUSR2 collects its garbage and writes a file when that is
 * done. What it has then is held. Without it a leak of JavaScript's hides for hundreds of jobs in what V8 has not collected.
 */
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { collectedFile } from './sample.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('SIGUSR2', () => {
  collect();
  collect(); // what the first one's finalizers let go
  writeFileSync(collectedFile(process.argv[2]), '');
});
await import('../../../src/main/engine/main.ts');
