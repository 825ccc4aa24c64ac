/** Owns the command line's effects, as one argument, so that tests run commands without a terminal. */

export interface Io {
  /** The result, and nothing else with --json. */
  stdout(text: string): void;
  /** Progress and errors. */
  stderr(text: string): void;
  /** Width of the terminal behind stderr in columns; null: not a terminal. */
  columns: number | null;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  nowMs(): number;
}

export const processIo = (): Io => ({
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  columns: process.stderr.isTTY ? (process.stderr.columns ?? 80) : null,
  env: process.env,
  cwd: process.cwd(),
  nowMs: () => performance.now(),
});
