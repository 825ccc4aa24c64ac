/** Owns the list of images on which two scorers disagree most. */
import type { ScorerComparison } from '../../shared/scorers.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { DifficultyChip, Thumb } from '../ui/picture.tsx';

type Disagreement = ScorerComparison['disagreements'][number];

/** What a scorer takes the image for: a tick where that is its label. */
const takenFor = (predicted: string, label: string) => (predicted === label ? 'right' : `says ${predicted}`);

export function Disagreements({ data }: { data: ScorerComparison }) {
  const inspect = useStore((state) => state.inspect);
  const inspectId = useStore((state) => state.inspectId);
  return (
    <div className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        <Term help="Hard for one and easy for the other: what the two see differently. An image that one finds easy and the other impossible is often cut off, drawn unlike the others, or mislabelled.">
          They disagree most on
        </Term>
      </div>
      <div className="panel-body disagreements" data-testid={testIds.disagreements}>
        {data.disagreements.map((row) => (
          <button
            type="button"
            key={row.imageId}
            className="disagreement"
            data-testid={testIds.disagreement}
            data-image-id={row.imageId}
            aria-current={inspectId === row.imageId}
            title={row.path}
            onClick={() => inspect(row.imageId)}
          >
            <span className="disagreement-thumb">
              <Thumb id={row.imageId} alt={row.className} />
            </span>
            <span className="disagreement-words">
              <b className="ellipsis">{row.className}</b>
              <Line letter="A" value={row.a} words={takenFor(row.predictedA, row.className)} />
              <Line letter="B" value={row.b} words={takenFor(row.predictedB, row.className)} />
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

function Line({ letter, value, words }: { letter: 'A' | 'B'; value: Disagreement['a']; words: string }) {
  return (
    <span className="row small" style={{ gap: 5 }}>
      <span className="muted">{letter}</span>
      <DifficultyChip value={value} />
      <span className="muted ellipsis">{words}</span>
    </span>
  );
}
