/** Owns `crux demo`: the main job on the built-in default. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { runDemo } from '../demo/run.ts';
import { demoOptions, openDemo } from '../demo/state.ts';
import type { Values } from '../job-command.ts';
import { parserFor } from '../schema-options.ts';
import { type Session, withSession } from '../session.ts';

/** Chosen so that two ordinary cores need less than six minutes. */
const defaults = { perClass: 150, perLevel: 4, trainSteps: 600, size: 64 };

const steps = (name: keyof typeof demoOptions.shape) =>
  parserFor(demoOptions.shape[name]) as (text: string) => number;

interface DemoValues extends Values {
  out: string;
  resume?: boolean;
  images?: number;
  perLevel?: number;
  trainSteps?: number;
}

export function demo(parent: Command, context: CommandContext): void {
  const { io } = context;
  const command = leaf(
    parent,
    'demo',
    'run the whole loop on drawn scenes: score, train, generate, review, export, report',
  )
    .option('--out <dir>', 'folder to make', './crux-demo')
    .option('--resume', 'go on with a demo that was stopped')
    .option('--images <n>', `scenes per class (default: ${defaults.perClass})`, steps('perClass'))
    .option(
      '--per-level <n>',
      `generated images per class and difficulty (default: ${defaults.perLevel})`,
      steps('perLevel'),
    )
    .option(
      '--train-steps <n>',
      `steps of the difficulty training (default: ${defaults.trainSteps})`,
      steps('trainSteps'),
    );
  withGlobals(command).action((values: DemoValues) =>
    finish(context, values.json === true, async () => {
      const folder = resolve(io.cwd, values.out);
      const options = {
        perClass: values.images ?? defaults.perClass,
        perLevel: values.perLevel ?? defaults.perLevel,
        trainSteps: values.trainSteps ?? defaults.trainSteps,
        size: defaults.size,
        seed: values.seed ?? 0,
      };
      const state = openDemo(folder, options, values.resume === true);
      const catalog = values.catalog ?? join(folder, 'catalog');
      const body = async (session: Session) => {
        const summary = await runDemo(io, session, folder, state);
        return {
          data: { command: 'demo', out: folder, ...summary },
          lines: [
            `report   ${summary.report}`,
            `export   ${summary.export}`,
            `catalog  ${summary.catalog}`,
            `summary  ${join(folder, 'summary.json')}`,
            folder,
          ],
        };
      };
      return withSession(io, { ...values, catalog }, body, { begins: true });
    }),
  );
}
