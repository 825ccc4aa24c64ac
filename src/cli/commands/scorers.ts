/** Owns `crux scorers list|use|compare`. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CorrelationFigure, ScorerCalibration, ScorerComparison } from '../../shared/scorers.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { cell, count, percent, table } from '../format.ts';
import type { Values } from '../job-command.ts';
import { withSession } from '../session.ts';

const measuredOn: Record<ScorerCalibration['basis'], string> = {
  'out-of-fold': 'out of fold',
  'held-out': 'held out in training',
  'in-sample': 'learned from: flatters',
  unknown: 'not known whether learned from',
};

export function scorers(parent: Command, context: CommandContext): void {
  const group = parent
    .command('scorers')
    .description('list the scorers of a dataset with their calibration, choose one, or compare two');
  list(group, context);
  use(group, context);
  compare(group, context);
}

function list(group: Command, context: CommandContext): void {
  const command = leaf(group, 'list <dataset>', "a dataset's scorers, and how far each can be believed");
  withGlobals(command).action((name: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const all: ScorerCalibration[] = [];
        for (const { id } of dataset.scorers) all.push(await session.scorerCalibration(dataset, id));
        const rows = all.map(({ scorer, basis, images, measured }) => [
          scorer.id === dataset.currentScorerId ? `${scorer.id} *` : String(scorer.id),
          scorer.name,
          scorer.accuracy,
          scorer.scored,
          measured?.as.expectedError ?? null,
          measured?.as.brier ?? null,
          measured?.as.logLoss ?? null,
          measured?.temperature ?? null,
          measured?.tempered?.expectedError ?? null,
          `${count(images, 'image')}, ${measuredOn[basis]}`,
        ]);
        return {
          data: {
            command: 'scorers list',
            dataset: { id: dataset.id, name },
            currentScorerId: dataset.currentScorerId,
            scorers: all,
          },
          lines:
            all.length === 0
              ? [`${name} is not scored yet; score it with: crux score ${name}`]
              : [
                  ...table(
                    [
                      'id',
                      'scorer',
                      'accuracy',
                      'scored',
                      'ECE',
                      'Brier',
                      'log loss',
                      'T',
                      'ECE at T',
                      'measured on',
                    ],
                    rows,
                  ),
                  ...all.flatMap(({ scorer, measured }) =>
                    measured ? [`${scorer.id}: ${measured.sentence}`] : [],
                  ),
                ],
        };
      }),
    ),
  );
}

function use(group: Command, context: CommandContext): void {
  const command = leaf(
    group,
    'use <dataset> <scorer>',
    'make a scorer (id) the current one, whose difficulty is meant where none is named',
  );
  withGlobals(command).action((name: string, text: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const scorerId = session.scorerId(dataset, text);
        const scorer = dataset.scorers.find(({ id }) => id === scorerId)!;
        session.useScorer(dataset, scorerId);
        return {
          data: { command: 'scorers use', dataset: { id: dataset.id, name }, currentScorerId: scorerId },
          lines: [`${name}: difficulty is now by ${scorer.name} (${scorerId})`],
        };
      }),
    ),
  );
}

function whole(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 1000)
    throw new InvalidArgumentError('Expected a whole number from 0 to 1000.');
  return n;
}

function compare(group: Command, context: CommandContext): void {
  const command = leaf(group, 'compare <dataset> <a> <b>', 'compare two scorers (ids) of a dataset')
    .option('--largest <n>', 'images on which they disagree most that are listed (default: 10)', whole)
    .option('--unseen', 'only images that neither had learned from, as far as is recorded');
  withGlobals(command).action((name: string, a: string, b: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const [first, second] = [a, b].map((text) => session.scorerId(dataset, text));
        const { points, ...found } = session.compareScorers(dataset, first, second, {
          largest: (values.largest as number | undefined) ?? 10,
          onlyUnseen: values.unseen === true,
        });
        return {
          data: { command: 'scorers compare', dataset: { id: dataset.id, name }, ...found },
          lines: comparisonLines(found),
        };
      }),
    ),
  );
}

const interval = ({ value, low, high }: CorrelationFigure) =>
  value === null
    ? '-'
    : low === null || high === null
      ? value.toFixed(3)
      : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;

/** What each had learned from, of the images that both judged. */
const lessons = (learned: number | null) =>
  learned === null ? 'not recorded what it learned from' : `learned from ${learned} of them`;

function comparisonLines(found: Omit<ScorerComparison, 'points'>): string[] {
  const { a, b, overall } = found;
  const harder = found.meanDifference > 0 ? 'A' : 'B';
  return [
    `A: ${a.name} (${lessons(found.learnedA)})`,
    `B: ${b.name} (${lessons(found.learnedB)})`,
    `${count(overall.images, 'image')} scored by both${found.onlyUnseen ? ' and learned from by neither' : ''}; ${percent(overall.sameBucket ?? 0)} in the same bucket (kappa ${cell(found.kappa)}); ${harder} finds them harder by ${cell(Math.abs(found.meanDifference))} on average`,
    ...table(
      ['class', 'images', 'Spearman', 'Kendall', 'same bucket'],
      [{ className: 'all', ...overall }, ...found.classes].map((of) => [
        of.className,
        of.images,
        interval(of.spearman),
        interval(of.kendall),
        of.sameBucket === null ? '-' : percent(of.sameBucket),
      ]),
    ),
    ...(found.disagreements.length > 0
      ? table(
          ['they disagree most on', 'class', 'A', 'B', 'A says', 'B says'],
          found.disagreements.map((d) => [d.path, d.className, d.a, d.b, d.predictedA, d.predictedB]),
        )
      : []),
  ];
}
