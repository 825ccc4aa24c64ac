/**
 * Owns a module that a spawned `crux` loads first (--import): its engine is then the held one (test/main/support/hold.ts).
 */
import processes from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { heldEngine } from '../main/support/hold.ts';

const { fork } = processes;
processes.fork = (entry, ...rest) => fork(/engine[/\\]main\.ts$/.test(entry) ? heldEngine : entry, ...rest);
syncBuiltinESMExports();
