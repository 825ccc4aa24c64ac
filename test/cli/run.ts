/** Runs command lines inside the test's process, and keeps what they print. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { runCli } from '../../src/cli/program.ts';

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

/** A folder that is removed after the tests of this file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crux-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function crux(argv: readonly string[], cwd: string): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const exit = await runCli(argv, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    redraw: () => {}, // not a terminal
    columns: null,
    env: { CRUX_CATALOG: join(cwd, 'catalog') },
    cwd,
    nowMs: () => performance.now(),
  });
  return { exit, stdout, stderr };
}

/** The one JSON value of a --json run: exactly one line. */
export function json(ran: Ran): Record<string, unknown> {
  const lines = ran.stdout.trim().split('\n');
  if (lines.length !== 1) throw new Error(`stdout has ${lines.length} lines, wanted one: ${ran.stdout}`);
  return JSON.parse(lines[0]) as Record<string, unknown>;
}
