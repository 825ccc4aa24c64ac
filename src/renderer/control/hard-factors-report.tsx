/** Owns a hard-factors report as a page: one class's pictures from easy to hard, real ones beside, and the factors. */
import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { jobPictureUrl } from '../../shared/contract.ts';
import { factorsOf, type HardFactorsReport } from '../../shared/hard-factors.ts';
import type { HardFactorsView } from '../../shared/reports.ts';
import { useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { fileName } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { manyOptions } from '../ui/many.tsx';
import { DifficultyChip, Thumb } from '../ui/picture.tsx';
import { FactorTable } from './factor-table.tsx';
import { onGridKeys } from './roving.ts';
import { ShowFiles } from './show-files.tsx';

export function HardFactorsReportView({ jobId }: { jobId: number }) {
  const { data: view, error } = useRequest('hardFactors.get', { jobId });
  if (error) return <ErrorPanel what="The report cannot be shown" error={error} />;
  return view ? <Report view={view} /> : null;
}

function Report({ view: { jobId, report } }: { view: HardFactorsView }) {
  const [name, setName] = useState(report.pictures[0].className);
  const names = report.pictures.map(({ className }) => className);
  const at = Math.max(0, names.indexOf(name));
  const factors = factorsOf(report);
  return (
    <div className="stack" data-testid={testIds.hardFactorsReport} data-job-id={jobId}>
      {factors && <FactorTable factors={factors} current={name} onChoose={setName} />}
      <section className="panel" style={{ flex: 'none' }}>
        <div className="panel-head">
          <Term help="Each row is one seed: only the difficulty changes along it. The real image in the same place is about as hard, and of those the one that looks most like the generated image.">
            Easy to hard
          </Term>
          <span className="spacer" />
          <Button aria-label="Previous class" disabled={at === 0} onClick={() => setName(names[at - 1])}>
            <Icon name="left" size={13} />
          </Button>
          <Select
            w={180}
            aria-label="Class"
            data-testid={testIds.hardFactorsClass}
            {...manyOptions}
            data={names}
            value={name}
            onChange={(value) => value && setName(value)}
          />
          <Button
            aria-label="Next class"
            disabled={at === names.length - 1}
            onClick={() => setName(names[at + 1])}
          >
            <Icon name="right" size={13} />
          </Button>
        </div>
        <ClassPictures key={name} jobId={jobId} pictures={report.pictures[at]} />
      </section>
      <p className="muted small selectable">
        <ShowFiles jobId={jobId} help="The report's figures, its pictures, and a grid of each class" />{' '}
        {report.adapter.name}, {report.settings.steps} steps, guidance {report.settings.guidanceScale}, empty
        prompt; difficulty of real images by {report.scorer.name}.
      </p>
    </div>
  );
}

type ClassOfReport = HardFactorsReport['pictures'][number];

function ClassPictures({ jobId, pictures }: { jobId: number; pictures: ClassOfReport }) {
  const [at, setAt] = useState({ row: 0, column: 0 });
  const inspect = useStore((state) => state.inspect);
  const { levels, className } = pictures;
  const draws = levels[0].generated.map((_, draw) => draw);
  const template = { gridTemplateColumns: `repeat(${levels.length}, minmax(40px, 112px))` };
  const cell = levels[at.column];
  return (
    <div className="panel-body hard-factors">
      <div>
        <h3>Generated from the difficulty alone</h3>
        {/* biome-ignore lint/a11y/useSemanticElements: a table's cells cannot be laid out as pictures */}
        <div
          className="control-grid"
          role="grid"
          aria-label={`Generated images of ${className}, seeds down, difficulty to the right`}
          style={template}
          onKeyDown={onGridKeys(draws.length, levels.length)}
        >
          <LevelHeads levels={levels} />
          {draws.flatMap((row) =>
            levels.map(({ requested, generated }, column) => (
              <button
                key={`${row} ${requested}`}
                type="button"
                className="control-cell"
                data-testid={testIds.controlPicture}
                data-class-name={className}
                data-requested={requested}
                data-file={fileName(generated[row].file)}
                data-row={row}
                data-column={column}
                aria-current={at.row === row && at.column === column}
                tabIndex={at.row === row && at.column === column ? 0 : -1}
                aria-label={`${className}, asked for ${requested}, seed ${generated[row].seed}`}
                onMouseEnter={() => setAt({ row, column })}
                onFocus={() => setAt({ row, column })}
              >
                <img
                  src={jobPictureUrl(jobId, fileName(generated[row].file))}
                  alt=""
                  loading="lazy"
                  draggable={false}
                />
              </button>
            )),
          )}
        </div>
      </div>
      <div>
        <h3>Real images as hard</h3>
        <div className="control-grid" style={template}>
          <LevelHeads levels={levels} />
          {draws.flatMap((row) =>
            levels.map(({ requested, real }, column) => {
              const image = real[row];
              return (
                <button
                  key={`${row} ${requested}`}
                  type="button"
                  className="control-cell"
                  aria-current={at.row === row && at.column === column}
                  aria-label={`Real ${className}, difficulty ${image.difficulty.toFixed(2)}: look closer`}
                  title={`Difficulty ${image.difficulty.toFixed(2)}`}
                  onMouseEnter={() => setAt({ row, column })}
                  onClick={() => inspect(image.imageId)}
                >
                  <Thumb id={image.imageId} alt="" />
                </button>
              );
            }),
          )}
        </div>
      </div>
      <figure className="control-look" data-testid={testIds.controlEnlarged}>
        <div className="control-pair">
          <span>
            <img
              src={jobPictureUrl(jobId, fileName(cell.generated[at.row].file))}
              alt={`Generated ${className} at ${cell.requested}`}
              draggable={false}
            />
          </span>
          <span>
            <Thumb id={cell.real[at.row].imageId} alt={`Real ${className}`} />
          </span>
        </div>
        <figcaption className="control-pair-words num">
          generated for <DifficultyChip value={cell.requested} />
          <span className="spacer" />
          real one, <DifficultyChip value={cell.real[at.row].difficulty} />
        </figcaption>
      </figure>
    </div>
  );
}

const LevelHeads = ({ levels }: { levels: ClassOfReport['levels'] }) =>
  levels.map(({ requested }) => (
    <span key={requested} className="control-level">
      <DifficultyChip value={requested} title={`Asked for ${requested}`} />
    </span>
  ));
