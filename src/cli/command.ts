/** Owns what all commands share: the global options, and how a result or a failure is printed. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { displayJson, displayText } from '../shared/display-text.ts';
import { type DeviceName, deviceName } from '../shared/domain/settings.ts';
import { limits } from '../shared/limits.ts';
import { CliError, errorReport, exitCode, sentence } from './errors.ts';
import type { Io } from './io.ts';

/** What every command takes. */
export interface GlobalOptions {
  catalog?: string;
  json?: boolean;
  device?: DeviceName;
  seed?: number;
}

export interface CommandResult {
  /** The machine-readable result: printed with --json, `ok: true` added. */
  data: Record<string, unknown>;
  /** What a person reads instead. */
  lines: string[];
  /** A finished command whose answer is "no" (a model that cannot be used): printed, exit code 1. */
  failed?: boolean;
}

/** Where a run of the program leaves its exit code (commander itself knows only success or throwing). */
export interface Outcome {
  exit: number;
}

export interface CommandContext {
  io: Io;
  outcome: Outcome;
}

function wholeSeed(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${limits.seed} (2^53 - 1).`);
  return value;
}

/** A new leaf command with the global options, listed under their own heading. */
export function leaf(parent: Command, usage: string, summary: string): Command {
  const command = parent
    .command(usage)
    .description(summary)
    .optionsGroup('Options:')
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError(false);
  return command;
}

/** Adds the global options last, so that a command's own come first in its help. */
export function withGlobals(command: Command): Command {
  return command
    .optionsGroup('Options of every command:')
    .option('--catalog <dir>', 'folder of the catalog (default: CRUX_CATALOG, else your data folder)')
    .option('--json', 'print one machine-readable result on stdout; progress goes to stderr')
    .addOption(
      new Option('--device <name>', 'where models run (default: as set, else auto)').choices(
        deviceName.options,
      ),
    )
    .addOption(
      new Option('--seed <n>', `seed of everything random, from 0 to ${limits.seed} (default: 0)`).argParser(
        wholeSeed,
      ),
    );
}

/** Runs a command's body and prints what came out; sets the exit code. Never throws. */
export async function finish(
  { io, outcome }: CommandContext,
  json: boolean,
  body: () => Promise<CommandResult>,
): Promise<void> {
  try {
    const result = await body();
    if (json) io.stdout(`${displayJson({ ok: !result.failed, ...result.data })}\n`);
    else if (result.lines.length > 0) io.stdout(`${result.lines.map(displayText).join('\n')}\n`);
    outcome.exit = result.failed ? exitCode.failed : exitCode.ok;
  } catch (error) {
    if (json) io.stdout(`${displayJson(errorReport(error))}\n`);
    io.stderr(`crux: ${sentence(error)}\n`);
    if (io.env.CRUX_DEBUG && error instanceof Error) io.stderr(`${error.stack}\n`);
    outcome.exit = error instanceof CliError ? error.exit : exitCode.failed;
  }
}
