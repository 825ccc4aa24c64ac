/** Owns the list of commands, in the order of the main job. */
import type { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { caption } from './caption.ts';
import { catalog } from './catalog.ts';
import { control } from './control.ts';
import { datasets } from './datasets.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { embed } from './embed.ts';
import { exportCommand } from './export.ts';
import { fit } from './fit.ts';
import { generate } from './generate.ts';
import { hardFactors } from './hard-factors.ts';
import { importCommand } from './import.ts';
import { issues } from './issues.ts';
import { jobs } from './jobs.ts';
import { models } from './models.ts';
import { project } from './project.ts';
import { report } from './report.ts';
import { rescore } from './rescore.ts';
import { review } from './review.ts';
import { score } from './score.ts';
import { scorers } from './scorers.ts';
import { scores } from './scores.ts';
import { search } from './search.ts';
import { train } from './train.ts';

const commands = [
  demo,
  doctor,
  importCommand,
  embed,
  search,
  score,
  scorers,
  scores,
  issues,
  fit,
  project,
  caption,
  train,
  generate,
  control,
  hardFactors,
  rescore,
  review,
  exportCommand,
  report,
  datasets,
  models,
  jobs,
  catalog,
];

export function registerCommands(program: Command, context: CommandContext): void {
  for (const register of commands) register(program, context);
}
