/** Owns the program `crux`: process arguments in, exit code out. */
import { stopSignals } from './errors.ts';
import { processIo } from './io.ts';
import { leave } from './leave.ts';
import { runCli } from './program.ts';

const code = await runCli(process.argv.slice(2), processIo());
process.exitCode = code;
if (code === stopSignals.SIGHUP) leave(code);
