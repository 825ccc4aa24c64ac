/** Owns the command line as a whole: its commands, and how wrong usage is answered. */
import { Command, CommanderError } from 'commander';
import { displayJson } from '../shared/display-text.ts';
import type { CommandContext } from './command.ts';
import { registerCommands } from './commands/index.ts';
import { errorReport, exitCode, usageError } from './errors.ts';
import { type Io, plainIo } from './io.ts';
import { version } from './version.ts';

/** The whole command tree; nothing runs until it parses arguments. */
export function buildProgram(context: CommandContext): Command {
  const { io } = context;
  const program = new Command('crux')
    .description('Finds, explains and synthesises the hard samples of an image dataset, offline.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', '\nEvery command explains itself: crux <command> --help');
  registerCommands(program, context);
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout(text),
      writeErr: (text) => io.stderr(text),
      // commander writes "error: ...\n(Did you mean ...?)": one sentence and where to look.
      outputError: (text, write) => {
        write(`crux: ${usageMessage(text)}; see ${commandPath(command)} --help\n`);
      },
    });
  }
  return program;
}

/** A value that is wrong is repeated, but not all of a long one, such as a prompt. */
const usageMessage = (text: string) =>
  text
    .replace(/^error: /, '')
    .replace(/ argument '(.{60}).+' is invalid/su, " argument '$1…' is invalid")
    .split(/\n+/)
    .filter(Boolean)
    .join(' ')
    .replace(/\.$/, '');

/** The program and all commands below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap((child) => everyCommand(child))];
}

/** "crux models add". */
export function commandPath(command: Command): string {
  return command.parent ? `${commandPath(command.parent)} ${command.name()}` : command.name();
}

/** Runs one command line (without program name); returns the exit code. */
export async function runCli(argv: readonly string[], given: Io): Promise<number> {
  const io = plainIo(given);
  const outcome = { exit: exitCode.ok as number };
  const program = buildProgram({ io, outcome });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return outcome.exit;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCode.ok; // help or version, asked for
      if (argv.includes('--json'))
        io.stdout(`${displayJson(errorReport(usageError(usageMessage(error.message))))}\n`);
      return exitCode.usage;
    }
    throw error;
  }
}
