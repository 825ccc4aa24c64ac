/** Owns what a finished generation says of its choice: how many candidates each class needed. */
import type { Job } from '../../shared/jobs/job.ts';
import { testIds } from '../test-ids.ts';
import { count, percent } from '../ui/format.ts';
import { MoreRows, useFirstRows } from '../ui/many.tsx';

/** In a sentence. */
const namedClasses = 20;

export function Acceptance({ job }: { job: Job<'generate'> }) {
  const { acceptance: classes = [], acceptanceRate = 0, candidates = 0, scorer } = job.result ?? {};
  const first = useFirstRows(classes);
  if (classes.length === 0) return null;
  const leftOut = job.params.atLimit === 'leave-out';
  const limited = classes.filter((c) => c.atLimit > 0);
  return (
    <div className="stack" style={{ gap: 6 }} data-testid={testIds.generateAcceptance}>
      <div>
        <b>{percent(acceptanceRate)}</b> of {count(candidates)} candidates were as wanted, judged by {scorer}.
      </div>
      {limited.length > 0 && (
        <div className="notice">
          <div>
            In{' '}
            {limited
              .slice(0, namedClasses)
              .map((c) => c.className)
              .join(', ')}
            {limited.length > namedClasses && ` and ${count(limited.length - namedClasses)} more classes`}{' '}
            some images had no candidate as wanted: {leftOut ? 'they were left out' : 'the nearest was taken'}
            . Allow more candidates or a wider range, or check under Control which difficulties this model
            reaches.
          </div>
        </div>
      )}
      <table className="data num acceptance" aria-label="Candidates of each class">
        <thead>
          <tr>
            <th>Class</th>
            <th>Candidates</th>
            <th>Accepted</th>
            <th>Rate</th>
            <th>{leftOut ? 'Left out' : 'Nearest taken'}</th>
          </tr>
        </thead>
        <tbody>
          {first.rows.map((c) => (
            <tr key={c.className}>
              <td className="ellipsis">{c.className}</td>
              <td>{count(c.candidates)}</td>
              <td>{count(c.accepted)}</td>
              <td>{percent(c.accepted / c.candidates)}</td>
              <td>{c.atLimit > 0 ? count(c.atLimit) : ''}</td>
            </tr>
          ))}
          <MoreRows {...first} columns={5} />
        </tbody>
      </table>
    </div>
  );
}
