/** Owns the table of classes: which follow the difficulty that is asked for, and which do not. */
import type { ClassControl, ControlReport } from '../../shared/control.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { percent } from '../ui/format.ts';
import { MoreRows, useFirstRows } from '../ui/many.tsx';
import { difficultyColour } from '../ui/scale.ts';
import { type Column, SortableHead, useSorting } from './sortable.tsx';
import { estimateText } from './verdict.ts';

interface Row {
  className: string;
  training: ClassControl;
  heldOut: ClassControl | null;
}

const correlation =
  'Rank correlation of asked and measured difficulty over the images of the class: 1 always harder when asked, 0 no relation.';

const columns: Column<Row>[] = [
  { key: 'class', label: 'Class', value: ({ className }) => className },
  {
    key: 'training',
    label: 'Correlation, learned from',
    right: true,
    help: `${correlation} By the scorer that the model learned from; in brackets the 95 % interval.`,
    value: ({ training }) => training.spearman.value,
  },
  {
    key: 'heldOut',
    label: 'Correlation, never saw',
    right: true,
    help: `${correlation} By a scorer that it never saw.`,
    value: ({ heldOut }) => heldOut?.spearman.value ?? null,
  },
  {
    key: 'slope',
    label: 'Slope',
    right: true,
    help: 'Measured difficulty gained per unit of asked difficulty: 1 follows exactly, less is flatter.',
    value: ({ training }) => training.slope.value,
  },
  {
    key: 'agreement',
    label: 'Recognised',
    right: true,
    help: 'Share whose most probable class is this one, over all levels.',
    value: ({ training }) => training.agreement,
  },
];

export function ClassControlTable({ report }: { report: ControlReport }) {
  const { trainingScorer, heldOutScorer } = report.figures;
  const rows = trainingScorer.classes.map(
    (training): Row => ({
      className: training.className,
      training,
      heldOut: heldOutScorer?.classes.find((one) => one.className === training.className) ?? null,
    }),
  );
  const sorting = useSorting(rows, columns, 'training');
  const first = useFirstRows(sorting.rows);
  return (
    <section className="panel control-scroll" style={{ flex: 'none' }}>
      <div className="panel-head">
        <Term help="A mean over classes hides those that do not follow: sort to find them.">
          Class by class
        </Term>
      </div>
      <table className="data num" aria-label="Control of each class">
        <thead>
          <SortableHead columns={columns} sorting={sorting} />
        </thead>
        <tbody>
          {first.rows.map(({ className, training, heldOut }) => (
            <tr
              key={className}
              data-testid={testIds.controlClassRow}
              data-class-name={className}
              data-spearman={training.spearman.value}
            >
              <td>
                <span className="row" style={{ gap: 10 }}>
                  <LevelBars levels={training.levels} />
                  {className}
                </span>
              </td>
              <td className="right">{estimateText(training.spearman)}</td>
              <td className="right">{heldOut ? estimateText(heldOut.spearman) : '–'}</td>
              <td className="right">{estimateText(training.slope)}</td>
              <td className="right">{percent(training.agreement)}</td>
            </tr>
          ))}
          <MoreRows {...first} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

/** Mean measured difficulty at each level as small bars, the easiest level first. */
function LevelBars({ levels }: { levels: ClassControl['levels'] }) {
  const words = levels.map((l) => `${l.measuredMean.toFixed(2)} at ${l.requested}`).join(', ');
  return (
    <span className="level-bars" role="img" aria-label={`Measured ${words}`} title={`Measured ${words}`}>
      {levels.map(({ requested, measuredMean }) => (
        <span
          key={requested}
          style={{ height: `${Math.max(4, 100 * measuredMean)}%`, background: difficultyColour(requested) }}
        />
      ))}
    </span>
  );
}
