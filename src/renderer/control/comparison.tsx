/** Owns two checks side by side: what differs in how they were made, and in what they found. */
import type { ControlReport } from '../../shared/control.ts';
import type { ControlView } from '../../shared/reports.ts';
import { percent, when } from '../ui/format.ts';
import { estimateText } from './verdict.ts';

const figures: { label: string; of: (report: ControlReport) => string }[] = [
  {
    label: 'Correlation, scorer it learned from',
    of: ({ figures }) => estimateText(figures.trainingScorer.spearman),
  },
  {
    label: 'Correlation, scorer it never saw',
    of: ({ figures }) => (figures.heldOutScorer ? estimateText(figures.heldOutScorer.spearman) : '–'),
  },
  { label: 'Slope', of: ({ figures }) => estimateText(figures.trainingScorer.slope) },
  { label: 'Rises at every level', of: ({ rises }) => (rises ? 'yes' : 'no') },
  { label: 'Recognised at the easiest level', of: ({ agreementAtLow }) => percent(agreementAtLow) },
  { label: 'Easy images', of: ({ easyShare }) => percent(easyShare) },
];

const text = (value: unknown): string =>
  value === null || value === undefined ? 'none' : Array.isArray(value) ? value.join(', ') : String(value);

/** "guidanceScale": "guidance scale". */
const inWords = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Names of the settings whose values differ. */
export function differing(a: ControlReport['settings'], b: ControlReport['settings']): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.filter((name) => text(a[name]) !== text(b[name]));
}

export function Comparison({ view, beside }: { view: ControlView; beside: ControlView }) {
  const both = [view, beside];
  const reports = both.map(({ report }) => report);
  return (
    <section className="panel control-scroll" style={{ flex: 'none' }}>
      <table className="data num" aria-label="Two checks side by side">
        <thead>
          <tr>
            <th>Compared</th>
            {both.map(({ jobId, finishedAt, report }) => (
              <th key={jobId}>
                {report.adapter.name} · {when(finishedAt)} · check {jobId}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {figures.map(({ label, of }) => (
            <tr key={label}>
              <td className="muted">{label}</td>
              {both.map(({ jobId, report }) => (
                <td key={jobId}>{of(report)}</td>
              ))}
            </tr>
          ))}
          {differing(reports[0].settings, reports[1].settings).map((name) => (
            <tr key={name}>
              <td className="muted">{inWords(name)}</td>
              {both.map(({ jobId, report }) => (
                <td key={jobId}>{text(report.settings[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
