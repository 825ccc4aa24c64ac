/** Owns the command line's effects, as one argument, so that tests run commands without a terminal. */
import { displayLines, displayText } from '../shared/display-text.ts';
import { exitCode } from './errors.ts';

export interface Io {
  /** The result, and nothing else with --json. */
  stdout(text: string): void;
  /** Progress and errors. */
  stderr(text: string): void;
  /** Puts `line` in place of what stands in the terminal's last line, and stays in it. */
  redraw(line: string): void;
  /** Width of the terminal behind stderr in columns; null: not a terminal. */
  columns: number | null;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  nowMs(): number;
}

/** Whether a failed write says that the reader has gone: a pipe that was closed, a terminal that hung up. */
export const readerHasGone = (code: string | undefined, isTerminal: boolean): boolean =>
  code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || (code === 'EIO' && isTerminal); // EIO of a file: a bad disk

/**
 * A reader that has had enough (`crux jobs list | head -1`) stops nothing: what it would have read is dropped, and a
 * running job goes on. Anything else that keeps the result from being written fails the command.
 */
function outliveReader(stream: NodeJS.WriteStream, name: string): void {
  let failed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (failed || readerHasGone(error.code, stream.isTTY)) return;
    failed = true;
    process.stderr.write(`crux: ${name} cannot be written: ${error.message}\n`);
    process.once('exit', () => {
      process.exitCode ||= exitCode.failed;
    });
  });
}

export function processIo(): Io {
  outliveReader(process.stdout, 'standard output');
  outliveReader(process.stderr, 'standard error');
  return ioOfProcess();
}

const ioOfProcess = (): Io => ({
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  redraw: (line) => void process.stderr.write(`\r\x1b[2K${line}`),
  columns: process.stderr.isTTY ? process.stderr.columns || 80 : null,
  env: process.env,
  cwd: process.cwd(),
  nowMs: () => performance.now(),
});

/** The same, through which no text of a file acts on the terminal: everything that is printed passes here. */
export const plainIo = (io: Io): Io => ({
  ...io,
  stdout: (text) => io.stdout(displayLines(text)),
  stderr: (text) => io.stderr(displayLines(text)),
  redraw: (line) => io.redraw(displayText(line)),
});
