/** Owns the calibration of one scorer: reliability curve, figures, and what they mean for difficulty. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { CalibrationFigures, ScorerCalibration } from '../../shared/scorers.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { definitions } from '../ui/definitions.ts';
import { EmptyState, ErrorPanel } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count, counted, percent } from '../ui/format.ts';
import { ReliabilityChart } from './reliability-chart.tsx';

/** What the figures are worth: on which images they were taken. */
function basisWords({ basis, images, learned, of, scorer }: ScorerCalibration): string {
  const part = images < of ? `, a random part of ${count(of)}` : '';
  if (basis === 'out-of-fold')
    return `Measured on ${counted(images, 'labelled image')}${part}, each judged by a probe that had not seen it.`;
  if (basis === 'held-out')
    return `Measured on ${counted(images, 'labelled image')}${part} that the classifier was not trained on; the ${count(learned)} it was trained on are left out.`;
  if (basis === 'in-sample')
    return `Here it judges the ${count(images)} images that it had learned from, so the figures flatter it: new images would be judged worse. Score with an out-of-fold probe to see true ones.`;
  return scorer.method === 'precomputed'
    ? `Measured on ${counted(images, 'labelled image')}${part}. The probabilities came with the images: if their maker had trained on these very images, the figures flatter.`
    : `Measured on ${counted(images, 'labelled image')}${part}. Nobody recorded what this ${scorer.method === 'zero-shot' ? 'CLIP' : 'classifier'} was trained on: if on these very images, the figures flatter.`;
}

export function CalibrationView({ dataset }: { dataset: Dataset }) {
  const scorerId = dataset.currentScorerId!;
  const { data, error, refetch } = useRequest('scorers.calibration', { datasetId: dataset.id, scorerId });
  if (error)
    return <ErrorPanel what="The calibration cannot be shown" error={error} retry={() => void refetch()} />;
  if (!data) return <div className="muted">Measuring…</div>;
  if (!data.measured)
    return (
      <EmptyState icon="difficulty" title="Too few images to measure">
        Calibration needs labelled images that this scorer had not learned from; there{' '}
        {data.images === 1 ? 'is one' : 'are none'}
        {data.learned > 0 && `, for it was trained on ${count(data.learned)}`}.
      </EmptyState>
    );
  const { as, temperature, sentence } = data.measured;
  // A temperature near 1 changes nothing that a person could see.
  const tempered = nextToNone(temperature) ? null : data.measured.tempered;
  return (
    <>
      <p className="scorer-sentence" data-testid={testIds.calibrationSentence}>
        <b>{sentence}</b>
      </p>
      <p className={data.basis === 'in-sample' ? 'scorer-warning' : 'muted'} style={{ maxWidth: 900 }}>
        {basisWords(data)}
      </p>
      <div className="compare-columns">
        <div className="panel">
          <div className="panel-head">
            <Term help={definitions.reliability}>How often it is right, by how sure it is</Term>
          </div>
          <div className="panel-body">
            <ReliabilityChart as={as} tempered={tempered} />
          </div>
        </div>
        <div className="panel" style={{ alignSelf: 'start' }}>
          <div className="panel-head">Figures</div>
          <Figures as={as} tempered={tempered} temperature={temperature} />
          {temperature !== null && (
            <div className="panel-body muted small">{temperatureWords(temperature, data)}</div>
          )}
        </div>
      </div>
    </>
  );
}

const nextToNone = (temperature: number | null) =>
  temperature !== null && Math.abs(Math.log(temperature)) < 0.05;

function temperatureWords(temperature: number, { scorer, measured }: ScorerCalibration): string {
  const own =
    scorer.temperature === 1
      ? ''
      : ` This scorer was made with a temperature of ${scorer.temperature.toFixed(2)}; what is shown comes on top of it.`;
  if (nextToNone(temperature))
    return `A temperature of ${temperature.toFixed(2)} fits best, which is next to none: leave the scorer as it is.${own}`;
  const [better, after] = [measured!.as.expectedError, measured!.tempered!.expectedError];
  const worth =
    after < better
      ? 'To have difficulties that are probabilities, score again with temperature “fitted”.'
      : 'The calibration error would not fall, so little is won by it.';
  return `A temperature of ${temperature.toFixed(2)} would make it ${temperature > 1 ? 'less sure' : 'surer'}. ${worth} It does not change which class it finds most probable, and hardly the order of the images.${own}`;
}

const rows: { label: string; help: string; of: (figures: CalibrationFigures) => string }[] = [
  { label: 'Calibration error (ECE)', help: definitions.expectedError, of: (f) => percent(f.expectedError) },
  {
    label: 'Says, on average',
    help: 'Mean probability of its first choice.',
    of: (f) => percent(f.confidence),
  },
  { label: 'Is right in', help: definitions.accuracy, of: (f) => percent(f.accuracy) },
  { label: 'Log loss', help: definitions.logLoss, of: (f) => f.logLoss.toFixed(3) },
  { label: 'Brier score', help: definitions.brier, of: (f) => f.brier.toFixed(3) },
];

function Figures({
  as,
  tempered,
  temperature,
}: {
  as: CalibrationFigures;
  tempered: CalibrationFigures | null;
  temperature: number | null;
}) {
  return (
    <table className="data num" aria-label="Calibration figures">
      <thead>
        <tr>
          <th />
          <th className="right">As it is</th>
          {tempered && (
            <th className="right">
              <Term help={definitions.temperature}>With T = {temperature!.toFixed(2)}</Term>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ label, help, of }, at) => (
          <tr key={label}>
            <td>
              <Term help={help}>{label}</Term>
            </td>
            <td
              className="right"
              data-testid={at === 0 ? testIds.calibrationError : undefined}
              data-value={at === 0 ? as.expectedError : undefined}
            >
              {of(as)}
            </td>
            {tempered && <td className="right">{of(tempered)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
