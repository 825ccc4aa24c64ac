/** Owns the command line's effects, as one argument, so that tests run commands without a terminal. */
import { displayLines, displayText } from '../shared/display-text.ts';

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

export const processIo = (): Io => ({
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  redraw: (line) => void process.stderr.write(`\r\x1b[2K${line}`),
  columns: process.stderr.isTTY ? (process.stderr.columns ?? 80) : null,
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
