/** Owns the table of execution providers: which work here, and why the others do not. */
import { Button } from '@mantine/core';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';

export function Doctor() {
  const { data, error, isFetching, refetch } = useRequest('doctor.run', {}, { enabled: false });
  return (
    <div className="panel page-narrow" style={{ flex: 'none' }}>
      <div className="panel-head">
        Devices on this machine
        <span className="spacer" />
        <Button loading={isFetching} data-testid={testIds.doctorRun} onClick={() => void refetch()}>
          {data ? 'Probe again' : 'Probe'}
        </Button>
      </div>
      {error && (
        <div className="panel-body">
          <ErrorPanel what="The devices cannot be probed" error={error} />
        </div>
      )}
      {!data && !error && (
        <div className="panel-body muted">
          Each provider computes a small product in a process of its own and is compared with the CPU.
        </div>
      )}
      {data && (
        <table className="data num" data-testid={testIds.doctorTable}>
          <thead>
            <tr>
              <th>Provider</th>
              <th>Usable</th>
              <th className="right">Largest difference to CPU</th>
              <th className="right">Time</th>
              <th>Reason</th>
            </tr>
          </thead>
          <tbody>
            {data.map((report) => (
              <tr key={report.provider} data-provider={report.provider} data-usable={report.usable}>
                <td>{report.provider}</td>
                <td>
                  <span className="legend-item">
                    <span className="dot" data-state={report.usable ? 'ready' : undefined} />
                    {report.usable ? 'yes' : 'no'}
                  </span>
                </td>
                <td className="right">
                  {report.maxAbsDiff === null ? '–' : report.maxAbsDiff.toExponential(1)}
                </td>
                <td className="right" style={{ whiteSpace: 'nowrap' }}>
                  {report.ms === null ? '–' : `${report.ms.toFixed(1)} ms`}
                </td>
                <td className="selectable muted">{report.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
