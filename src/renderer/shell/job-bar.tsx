/** Owns the line at the bottom of every screen: what is running, how far, how long still. */
import { useJobs } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { counted } from '../ui/format.ts';
import { JobProgress, progressText } from '../ui/job-progress.tsx';

export function JobBar() {
  const { data: jobs = [] } = useJobs();
  const show = useStore((state) => state.show);
  const running = jobs.filter(({ state }) => state === 'running');
  const queued = jobs.filter(({ state }) => state === 'queued').length;
  const current = running[0];
  const last = jobs[0];
  return (
    <button
      type="button"
      className="job-bar num"
      data-testid={testIds.jobBar}
      data-running={running.length}
      aria-label="Jobs: open the list"
      onClick={() => show('jobs')}
    >
      {current ? (
        <>
          <span className="dot" data-state="running" />
          <span className="ellipsis">
            <span style={{ color: 'var(--text)' }}>{current.title}</span> · {current.stage}
          </span>
          <JobProgress job={current} />
          <span>{progressText(current)}</span>
          {queued > 0 && <span>{counted(queued, 'job')} waiting</span>}
        </>
      ) : (
        <>
          <span className="dot" data-state={last?.state} />
          <span className="ellipsis">
            {queued > 0
              ? `${counted(queued, 'job')} waiting for the engine`
              : last
                ? `Idle. Last: ${last.title}, ${last.state}`
                : 'Idle. Nothing has run yet.'}
          </span>
        </>
      )}
    </button>
  );
}
