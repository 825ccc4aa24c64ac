/** Owns the table of known factors: which rise with difficulty in generated images, against which do in real ones. */
import type { ClassFactors, FactorFigures } from '../../shared/hard-factors.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { Icon } from '../ui/icons.tsx';
import { MoreRows, useFirstRows } from '../ui/many.tsx';

const rho = (value: number | null) =>
  value === null ? '–' : value.toFixed(2).replace('-0.00', '0.00').replace('-', '−');

/** How well the regressor reads a factor, in words; its R² is of images that it has not learned from. */
function readable(r2: number | null): string {
  if (r2 === null || r2 <= 0) return 'cannot be read from the pictures, so it is named nowhere';
  return `read from pictures with R² ${r2.toFixed(2)} on images it has not learned from`;
}

export function FactorTable({
  factors,
  current,
  onChoose,
}: {
  factors: FactorFigures;
  current: string;
  onChoose: (className: string) => void;
}) {
  const { classes, matching, matchingByChance, heldOutR2 } = factors;
  const first = useFirstRows(classes);
  return (
    <section className="panel control-scroll" style={{ flex: 'none' }} data-testid={testIds.hardFactorsTable}>
      <div className="panel-head">
        <Term help="Rank correlation of each factor with difficulty: in generated images, as a small regressor reads it from their features, and in real images, where it is known. Coloured: the factor that rises most in generated images. Underlined: the two that rise most in real ones.">
          What rises with difficulty
        </Term>
      </div>
      <p className="panel-body control-sentence">
        In <b>{matching}</b> of {classes.length} classes, the factor that rises most with difficulty in
        generated images is one of the two that rise most in real images. By drawing factors at random it
        would be {matchingByChance.toFixed(1)}.
      </p>
      <table className="data num" aria-label="Factors and difficulty">
        <thead>
          <tr>
            <th>Class</th>
            {factors.factors.map((name) => (
              <th key={name} className="right" title={`${name}: ${readable(heldOutR2[name] ?? null)}`}>
                {name}
              </th>
            ))}
            <th>Top factor, in real ones too?</th>
          </tr>
        </thead>
        <tbody>
          {first.rows.map((row) => (
            <tr key={row.className} className="clickable" aria-current={row.className === current}>
              <td>
                <button type="button" className="sort-button" onClick={() => onChoose(row.className)}>
                  {row.className}
                </button>
              </td>
              {factors.factors.map((name, f) => (
                <FactorCell key={name} row={row} name={name} f={f} />
              ))}
              <td>
                <span className="row" style={{ color: row.matches ? 'var(--ok)' : 'var(--muted)' }}>
                  <Icon name={row.matches ? 'accept' : 'reject'} size={13} />
                  {row.top ?? 'none rises'}
                </span>
              </td>
            </tr>
          ))}
          <MoreRows {...first} columns={factors.factors.length + 2} />
        </tbody>
      </table>
      <p className="muted small panel-body">
        Upper number: generated images. Lower: real ones. A dash: it cannot be read, or does not vary.
      </p>
    </section>
  );
}

function FactorCell({ row, name, f }: { row: ClassFactors; name: string; f: number }) {
  const read = row.realRead[f];
  return (
    <td
      className="right factor-cell"
      data-top={row.top === name}
      data-top-real={row.topReal.includes(name)}
      title={`${name} in real images as the regressor reads it: ${rho(read ?? null)}`}
    >
      <span>{rho(row.generated[f])}</span>
      <span className="muted">{rho(row.real[f])}</span>
    </td>
  );
}
