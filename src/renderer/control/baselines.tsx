/** Owns the models side by side: how much of what each makes is easy (the paper's dilemma, Fig. 2), and their control. */
import type { BucketShares, ControlReport, VariantSummary } from '../../shared/control.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { Term } from '../ui/fields.tsx';
import { percent } from '../ui/format.ts';
import { bucketColour, bucketName } from '../ui/scale.ts';

interface Row {
  variant: 'real' | 'controlled' | 'level' | 'plain' | 'base';
  name: string;
  help: string;
  buckets: BucketShares;
  /** Of the images' class, by the same scorer; null: not measured. */
  agreement: number | null;
  /** null: of one level, or of real images, there is none. */
  spearman: VariantSummary['spearman'] | null;
}

const shares = ['easy', 'medium', 'hard'] as const;

function rowsOf(report: ControlReport): Row[] {
  const { base, plain } = report.baselines;
  const row = (variant: Row['variant'], name: string, help: string, summary: VariantSummary): Row => {
    const { buckets, agreement } = summary.figures.trainingScorer;
    return { variant, name, help, buckets, agreement, spearman: summary.spearman };
  };
  const levels = report.figures.trainingScorer.levels.map(
    ({ requested, buckets, agreement }): Row => ({
      ...{
        variant: 'level',
        name: `asked for ${requested.toFixed(2)}`,
        help: 'The images of this level alone.',
      },
      ...{ buckets, agreement, spearman: null },
    }),
  );
  const real: Row = {
    ...{ variant: 'real', name: 'Real images', help: 'The images of the dataset, by the same scorer.' },
    ...{ buckets: report.realBuckets.trainingScorer, agreement: null, spearman: null },
  };
  const plainHelp = 'Trained on the same images, without difficulty: it cannot be asked for one.';
  const baseHelp = 'As it comes, without any training on this dataset.';
  return [
    real,
    ...(base ? [row('base', 'Base model', baseHelp, base)] : []),
    ...(plain ? [row('plain', 'Plain LoRA', plainHelp, plain)] : []),
    row('controlled', 'This model', 'All levels that were asked for, together.', report),
    ...levels,
  ];
}

export function Baselines({ report }: { report: ControlReport }) {
  const rows = rowsOf(report);
  const { base, plain } = report.baselines;
  return (
    <section className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        <Term help="Models that are not asked for a difficulty make what is easy, which teaches a classifier little; that is why difficulty is asked for. Measured by the scorer that the model learned from.">
          How much of it is easy?
        </Term>
        <span className="spacer" />
        <span className="legend" style={{ fontWeight: 400 }}>
          {shares.map((name) => (
            <span key={name} className="legend-item" title={definitions.buckets}>
              <span className="swatch" style={{ background: bucketColour[name] }} />
              {bucketName[name]}
            </span>
          ))}
        </span>
      </div>
      <table className="data num" aria-label="Shares of easy images, and control">
        <thead>
          <tr>
            <th>Images of</th>
            <th style={{ width: '45%' }}>Easy, medium, extremely hard</th>
            <th className="right">Easy</th>
            <th
              className="right"
              title="Rank correlation of asked and measured difficulty, scorer it learned from"
            >
              Correlation
            </th>
            <th className="right" title="The same, by the scorer it never saw">
              by the other
            </th>
            <th className="right" title="Share whose most probable class is the one asked for, all levels">
              Recognised
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ variant, name, help, buckets, agreement, spearman }) => (
            <tr
              key={name}
              data-testid={testIds.controlBaselineRow}
              data-variant={variant}
              data-easy={buckets.easy}
            >
              <td style={variant === 'level' ? { paddingLeft: 26 } : undefined}>
                <Term help={help}>{name}</Term>
              </td>
              <td>
                <ShareBar buckets={buckets} />
              </td>
              <td className="right">{percent(buckets.easy)}</td>
              <td className="right">{figure(spearman?.trainingScorer)}</td>
              <td className="right">{figure(spearman?.heldOutScorer)}</td>
              <td className="right">{percent(agreement)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!base && !plain && (
        <p className="muted small panel-body" style={{ paddingTop: 6 }}>
          Tick “the base model alone” when you check again, and train a LoRA without difficulty, to see what
          asking for a difficulty adds.
        </p>
      )}
    </section>
  );
}

const figure = (value: number | null | undefined): string => value?.toFixed(2) ?? '–';

function ShareBar({ buckets }: { buckets: BucketShares }) {
  const words = shares.map((name) => `${bucketName[name]} ${percent(buckets[name])}`).join(', ');
  return (
    <div className="bucket-bar" style={{ height: 12 }} role="img" aria-label={words} title={words}>
      {shares.map((name) => (
        <div key={name} style={{ width: `${100 * buckets[name]}%`, background: bucketColour[name] }} />
      ))}
    </div>
  );
}
