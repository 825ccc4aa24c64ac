/** Owns how the command line fails: which exit code, and one sentence with the remedy. */

export const exitCode = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Signals that ask a command to stop, and its exit code then: 128 and the signal's number, as shells have it. */
export const stopSignals = { SIGINT: exitCode.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;
export type StopSignal = keyof typeof stopSignals;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode] | (typeof stopSignals)[StopSignal];

/** A failure whose message is already one sentence for a person. */
export class CliError extends Error {
  readonly code: string;
  readonly exit: ExitCode;
  constructor(message: string, code = 'failed', exit: ExitCode = exitCode.failed) {
    super(message);
    this.code = code;
    this.exit = exit;
  }
}

/** The command was called wrongly: nothing was done. */
export const usageError = (message: string) => new CliError(message, 'usage', exitCode.usage);

/** A person or a supervisor stopped the command; what was done so far is kept. */
export const interrupted = (message: string, signal: StopSignal = 'SIGINT') =>
  new CliError(message, 'interrupted', stopSignals[signal]);

/** Any thrown value as one line: no stack, no line breaks, no doubled "Error:". */
export function sentence(error: unknown): string {
  const raw = error instanceof Error ? error.message : String(error);
  const line = raw
    .replace(/^(Error|TypeError|RangeError|SqliteError):\s*/, '')
    .split(/\s*\n\s*/)
    .filter(Boolean)
    .join('; ');
  return line === '' ? 'failed without a message; set CRUX_DEBUG=1 to see where' : line;
}

/** What a script reads with --json when a command fails. */
export function errorReport(error: unknown): { ok: false; error: { code: string; message: string } } {
  // Errors of the catalog carry a code, too: not-found, invalid, conflict.
  const given = error instanceof Error && 'code' in error ? error.code : undefined;
  const code = typeof given === 'string' && /^[a-z-]+$/.test(given) ? given : 'failed';
  return { ok: false, error: { code, message: sentence(error) } };
}
