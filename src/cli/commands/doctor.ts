/** Owns `crux doctor`: what this machine can run models on, and why not. */
import type { Command } from 'commander';
import { hasCatalog } from '../../main/catalog/index.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { table } from '../format.ts';
import type { Values } from '../job-command.ts';
import { folderOf, withSession } from '../session.ts';
import { version } from '../version.ts';

export function doctor(parent: Command, context: CommandContext): void {
  const command = leaf(parent, 'doctor', 'say what models can run on here, and why not');
  withGlobals(command).action((values: Values) =>
    finish(context, values.json === true, async () => {
      const folder = folderOf(context.io, values);
      // It makes no catalog: whether there is one is part of the answer.
      const models = hasCatalog(folder)
        ? await withSession(context.io, values, (session) => session.models())
        : null;
      const providers = await (await import('../../main/runtime/doctor.ts')).runDoctor();
      const broken = models?.filter((m) => !m.usable) ?? [];
      const environment = {
        version,
        node: process.version,
        platform: `${process.platform}-${process.arch}`,
        catalog: folder,
      };
      return {
        data: { command: 'doctor', ...environment, providers, models },
        lines: [
          `crux ${version}, Node ${process.version}, ${environment.platform}`,
          `catalog  ${folder}${models ? '' : ' (none there yet; crux import or crux demo begins one)'}`,
          '',
          ...table(
            ['device', 'usable', 'ms', 'difference to CPU', 'what it is, or why not'],
            providers.map((p) => [
              p.provider,
              p.usable,
              p.ms === null ? '-' : p.ms.toFixed(1),
              p.maxAbsDiff === null ? '-' : p.maxAbsDiff.toExponential(1),
              p.reason,
            ]),
          ),
          '',
          ...(models ? [`models   ${models.length - broken.length} of ${models.length} usable`] : []),
          ...broken.map((m) => `  ${m.name}: ${m.problem ?? 'not usable'}`),
        ],
        failed: !providers.some((p) => p.usable),
      };
    }),
  );
}
