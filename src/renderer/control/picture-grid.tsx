/** Owns the grid of generated pictures, easy to hard: a row per class, a column per level, the same seed along a row. */
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { jobPictureUrl } from '../../shared/contract.ts';
import type { ControlPicture, ControlReport } from '../../shared/control.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { DifficultyChip } from '../ui/picture.tsx';
import { onGridKeys } from './roving.ts';

/** rows[class][level]; undefined: no such picture was kept. */
function gridOf({ pictures, classes, levels }: ControlReport, draw: number) {
  const key = (className: string, requested: number | null) => `${requested} ${className}`;
  const shown = new Map(
    pictures
      .filter((picture) => picture.variant === 'controlled' && picture.draw === draw)
      .map((picture) => [key(picture.className, picture.requested), picture]),
  );
  return classes
    .map((className) => ({
      className,
      cells: levels.map(({ requested }) => shown.get(key(className, requested))),
    }))
    .filter(({ cells }) => cells.some(Boolean));
}

export function PictureGrid({ jobId, report }: { jobId: number; report: ControlReport }) {
  const draws = [
    ...new Set(report.pictures.filter(({ variant }) => variant === 'controlled').map((p) => p.draw)),
  ].sort((a, b) => a - b);
  const [draw, setDraw] = useState(draws[0] ?? 0);
  const rows = gridOf(report, draw);
  const [at, setAt] = useState({ row: 0, column: 0 });
  if (rows.length === 0) return null;
  const row = Math.min(at.row, rows.length - 1);
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
        {draws.length > 1 && (
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
              gridTemplateColumns: `minmax(70px, max-content) repeat(${report.levels.length}, minmax(48px, 92px))`,
            }}
            onKeyDown={onGridKeys(rows.length, report.levels.length)}
          >
            <span />
            {report.levels.map(({ requested }) => (
              <span key={requested} className="control-level">
                <DifficultyChip value={requested} title={`Asked for ${requested}`} />
              </span>
            ))}
            {rows.map(({ className, cells }, r) => (
              <PictureRow
                key={className}
                jobId={jobId}
                className={className}
                cells={cells}
                row={r}
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

function PictureRow({
  jobId,
  className,
  cells,
  row,
  tabStop,
  onLook,
}: {
  jobId: number;
  className: string;
  cells: (ControlPicture | undefined)[];
  row: number;
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
