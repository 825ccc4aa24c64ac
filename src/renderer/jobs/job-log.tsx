/** Owns the log of one job, with its parameters. */

import { noteText } from '../../shared/import-summary.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { messageOf } from '../api.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { clock } from '../ui/format.ts';
import { isActive } from '../ui/job-progress.tsx';
import { ImportSummaryView } from './import-summary.tsx';

const pollMs = 1500; // log lines have no event of their own

export function JobLog({ job }: { job: Job }) {
  const { data: lines, error } = useRequest(
    'jobs.log',
    { jobId: job.id },
    { refetchMs: isActive(job) ? pollMs : undefined },
  );
  const summary = job.kind === 'import' ? job.result?.summary : undefined;
  // Logged while it ran, and told by the summary since.
  const summed = new Set(summary ? [...summary.used, ...summary.unused].map(noteText) : []);
  return (
    <div className="job-log selectable" data-testid={testIds.jobLog}>
      {summary && <ImportSummaryView summary={summary} />}
      {error && <div className="field-error">{messageOf(error)}</div>}
      {lines?.length === 0 && (
        <div className="muted">
          {isActive(job) ? 'Nothing is in the log yet.' : 'This job had nothing to say.'}
        </div>
      )}
      {lines?.map(
        (line, i) =>
          !summed.has(line.text) && (
            // lines are only ever appended
            <div key={i} data-level={line.level}>
              <span className="muted">{clock(line.at)}</span> {line.text}
            </div>
          ),
      )}
      <details>
        <summary className="muted">Parameters</summary>
        <pre>{JSON.stringify(job.params, null, 2)}</pre>
      </details>
    </div>
  );
}
