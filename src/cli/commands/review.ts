/** Owns `crux review`: accepting and rejecting by rule instead of by eye. */
import type { Command } from 'commander';
import type { ReviewDecision } from '../../shared/domain/parts.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { usageError } from '../errors.ts';
import { addFilter, type FilterValues, filterOf } from '../filter-options.ts';
import { count } from '../format.ts';
import type { Values } from '../job-command.ts';
import { withSession } from '../session.ts';

type ReviewValues = Values &
  FilterValues & { accept?: boolean; reject?: boolean; clear?: boolean; undecided?: boolean };

function decisionOf(values: ReviewValues): ReviewDecision | null {
  const given = [values.accept, values.reject, values.clear].filter(Boolean).length;
  if (given !== 1) throw usageError('say what to decide: exactly one of --accept, --reject and --clear');
  return values.accept ? 'accept' : values.reject ? 'reject' : null;
}

const verb = (decision: ReviewDecision | null) =>
  decision === 'accept' ? 'accepted' : decision === 'reject' ? 'rejected' : 'set back to undecided';

export function review(parent: Command, context: CommandContext): void {
  const command = leaf(
    parent,
    'review <dataset>',
    'accept or reject the images that options choose (default: synthetic ones)',
  )
    .option('--accept', 'accept them')
    .option('--reject', 'reject them')
    .option('--clear', 'forget the decision')
    .option('--undecided', 'only images without a decision');
  withGlobals(addFilter(command)).action((name: string, values: ReviewValues) =>
    finish(context, values.json === true, async () => {
      const decision = decisionOf(values);
      return withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const filter = { origin: 'synthetic' as const, ...filterOf(values, dataset, session) };
        const ids = session.imageIds(dataset, values.undecided ? { ...filter, decision: 'none' } : filter);
        session.decide(ids, decision);
        return {
          data: { command: 'review', dataset: { id: dataset.id, name }, decision, images: ids.length },
          lines: [`${count(ids.length, 'image')} ${verb(decision)}`],
        };
      });
    }),
  );
}
