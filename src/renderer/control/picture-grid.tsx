/** Owns the grid of generated pictures, easy to hard: a row per class, a column per level, the same seed along a row. */
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { jobPictureUrl } from '../../shared/contract.ts';
import type { ControlPicture, ControlReport } from '../../shared/control.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { DifficultyChip } from '../ui/picture.tsx';
import { onGridKeys } from './roving.ts';

/** So many pictures side by side are large enough; more seeds are shown one after another. */
const sideBySide = 12;

/** rows[class][draw x level]; undefined: no such picture was kept. */
function gridOf({ pictures, classes, levels }: ControlReport, draws: readonly number[]) {
  const key = (className: string, draw: number, requested: number | null) =>
    `${draw} ${requested} ${className}`;
  const shown = new Map(
    pictures
      .filter(({ variant }) => variant === 'controlled')
      .map((picture) => [key(picture.className, picture.draw, picture.requested), picture]),
  );
  return classes
    .map((className) => ({
      className,
      cells: draws.flatMap((draw) =>
        levels.map(({ requested }) => shown.get(key(className, draw, requested))),
      ),
    }))
    .filter(({ cells }) => cells.some(Boolean));
}

export function PictureGrid({ jobId, report }: { jobId: number; report: ControlReport }) {
  const kept = report.pictures.filter(({ variant }) => variant === 'controlled');
  const draws = [...new Set(kept.map(({ draw }) => draw))].sort((a, b) => a - b);
  const levels = report.levels.length;
  const [draw, setDraw] = useState(draws[0] ?? 0);
  const together = draws.length * levels <= sideBySide;
  const rows = gridOf(report, together ? draws : [draw]);
  const [at, setAt] = useState({ row: 0, column: 0 });
  if (rows.length === 0) return null;
  const row = Math.min(at.row, rows.length - 1);
  const columns = rows[0].cells.length;
  const current = rows[row].cells[at.column];
  return (
    <section className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        <Term help="Along a row only the difficulty changes: the noise that the image starts from is the same. Point at a picture, or go there with the arrow keys, to see it large.">
          Easy to hard, from the same seed
        </Term>
        <span className="legend-item muted small" style={{ fontWeight: 400 }}>
          <span className="swatch control-taken" /> taken for another class
        </span>
        <span className="spacer" />
        {draws.length > 1 && !together && (
          <SegmentedControl
            aria-label="Seed"
            data={draws.map((one, i) => ({ value: String(one), label: `Seed ${i + 1}` }))}
            value={String(draw)}
            onChange={(value) => setDraw(Number(value))}
          />
        )}
      </div>
      <div className="panel-body control-pictures">
        <div className="control-grid-scroll">
          {/* biome-ignore lint/a11y/useSemanticElements: a table's cells cannot be laid out as pictures */}
          <div
            className="control-grid"
            role="grid"
            aria-label="Generated pictures, classes down, difficulty to the right"
            style={{
              gridTemplateColumns: `minmax(70px, max-content) ${Array(columns / levels)
                .fill(`repeat(${levels}, minmax(44px, 92px))`)
                .join(' 10px ')}`,
            }}
            onKeyDown={onGridKeys(rows.length, columns)}
          >
            {rows[0].cells.map((_, column) => {
              const { requested } = report.levels[column % levels];
              return (
                <span
                  key={`${column} ${requested}`}
                  className="control-level"
                  style={{ gridColumn: gridColumn(column, levels) }}
                >
                  <DifficultyChip value={requested} title={`Asked for ${requested}`} />
                </span>
              );
            })}
            {rows.map(({ className, cells }, r) => (
              <PictureRow
                key={className}
                jobId={jobId}
                className={className}
                cells={cells}
                row={r}
                levels={levels}
                tabStop={r === row ? at.column : null}
                onLook={(column) => setAt({ row: r, column })}
              />
            ))}
          </div>
        </div>
        {current && <Enlarged jobId={jobId} picture={current} />}
      </div>
    </section>
  );
}

/** Column of the layout: the names come first, and a gap before each further seed. */
const gridColumn = (column: number, levels: number) => 2 + column + Math.floor(column / levels);

function PictureRow({
  jobId,
  className,
  cells,
  row,
  levels,
  tabStop,
  onLook,
}: {
  jobId: number;
  className: string;
  cells: (ControlPicture | undefined)[];
  row: number;
  /** Cells of one seed. */
  levels: number;
  /** Column that Tab leads to, if it is in this row. */
  tabStop: number | null;
  onLook: (column: number) => void;
}) {
  return (
    <>
      <span className="control-row-name ellipsis" title={className}>
        {className}
      </span>
      {cells.map((picture, column) =>
        picture ? (
          <button
            key={picture.file}
            type="button"
            className="control-cell"
            data-testid={testIds.controlPicture}
            data-class-name={className}
            data-requested={picture.requested ?? ''}
            data-file={picture.file}
            data-row={row}
            data-column={column}
            data-agrees={picture.agrees}
            style={{ gridColumn: gridColumn(column, levels) }}
            aria-current={tabStop === column}
            tabIndex={tabStop === column ? 0 : -1}
            aria-label={wordsOn(picture)}
            onMouseEnter={() => onLook(column)}
            onFocus={() => onLook(column)}
          >
            <img src={jobPictureUrl(jobId, picture.file)} alt="" loading="lazy" draggable={false} />
          </button>
        ) : (
          <span key={`none ${column}`} />
        ),
      )}
    </>
  );
}

const wordsOn = ({ className, requested, measured, agrees }: ControlPicture): string =>
  `${className}, asked for ${requested}, measured ${measured.toFixed(2)}, ${agrees ? 'recognised' : 'not recognised'}`;

function Enlarged({ jobId, picture }: { jobId: number; picture: ControlPicture }) {
  return (
    <figure className="control-enlarged" data-testid={testIds.controlEnlarged} data-file={picture.file}>
      <img src={jobPictureUrl(jobId, picture.file)} alt={wordsOn(picture)} draggable={false} />
      <figcaption>
        <b>{picture.className}</b>
        <dl className="facts-list num">
          <dt>asked for</dt>
          <dd>
            <DifficultyChip value={picture.requested} />
          </dd>
          <dt>measured</dt>
          <dd>
            <DifficultyChip value={picture.measured} />
          </dd>
          <dt>class</dt>
          <dd>{picture.agrees ? 'recognised' : 'taken for another'}</dd>
          <dt>seed</dt>
          <dd>{picture.seed}</dd>
        </dl>
      </figcaption>
    </figure>
  );
}
