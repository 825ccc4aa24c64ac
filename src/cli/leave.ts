/** Owns the end of the program's process where it cannot just come to its end. */
import { stopSignals } from './errors.ts';

/**
 * Ends the process with this code; after SIGHUP by the signal itself, which a shell reports with the same code. Its terminal
 * is gone, and Node aborts where it cannot put a terminal back to how it was.
 */
export function leave(code: number): never {
  if (code === stopSignals.SIGHUP && process.platform !== 'win32') {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  }
  process.exit(code);
}
