/** Owns a control report as a page: the verdict, what was measured at each level, baselines, classes, pictures. */
import type { ControlReport } from '../../shared/control.ts';
import type { ControlView } from '../../shared/reports.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { Term } from '../ui/fields.tsx';
import { count, percent } from '../ui/format.ts';
import { AgreementChart } from './agreement-chart.tsx';
import { Baselines } from './baselines.tsx';
import { ClassControlTable } from './class-control-table.tsx';
import { ClassMaps } from './class-maps.tsx';
import { Comparison } from './comparison.tsx';
import { LevelDensitiesChart } from './level-densities.tsx';
import { PictureGrid } from './picture-grid.tsx';
import { QualityCharts } from './quality-charts.tsx';
import { RequestedChart } from './requested-chart.tsx';
import { ShowFiles } from './show-files.tsx';
import { estimateText, verdictOn } from './verdict.ts';

export function ControlReportView({ jobId, besideId }: { jobId: number; besideId: number | null }) {
  const { data: view, error } = useRequest('control.get', { jobId });
  const { data: beside } = useRequest(
    'control.get',
    { jobId: besideId ?? jobId },
    { enabled: besideId !== null },
  );
  if (error) return <ErrorPanel what="The report cannot be shown" error={error} />;
  return view ? <Report view={view} beside={besideId === null ? null : (beside ?? null)} /> : null;
}

function Report({ view, beside }: { view: ControlView; beside: ControlView | null }) {
  const { report } = view;
  return (
    <div className="stack control-report" data-testid={testIds.controlReport} data-job-id={view.jobId}>
      <VerdictPanel report={report} />
      {beside && <Comparison view={view} beside={beside} />}
      <div className="control-columns">
        <RequestedChart report={report} beside={beside?.report ?? null} />
        <LevelDensitiesChart report={report} />
      </div>
      <Baselines report={report} />
      <div className="control-columns">
        <AgreementChart report={report} />
        {report.quality && <QualityCharts quality={report.quality} />}
      </div>
      <PictureGrid jobId={view.jobId} report={report} />
      <ClassControlTable report={report} />
      {report.maps.length > 0 && <ClassMaps maps={report.maps} />}
      <MadeWith jobId={view.jobId} report={report} />
    </div>
  );
}

function VerdictPanel({ report }: { report: ControlReport }) {
  const { tone, answer, reasons } = verdictOn(report);
  const { trainingScorer: training, heldOutScorer: heldOut } = report.figures;
  return (
    <section className="panel control-verdict" data-tone={tone} data-testid={testIds.controlVerdict}>
      <div>
        <h2>{answer}</h2>
        {reasons.map((reason) => (
          <p key={reason} className="muted selectable">
            {reason}
          </p>
        ))}
      </div>
      <div className="control-stats num">
        <Stat
          value={training.spearman.value.toFixed(2)}
          label="by the scorer it learned from"
          help={`Spearman's rank correlation of asked and measured difficulty, mean over classes, with its 95 % interval: ${estimateText(training.spearman)}. 1: always harder when asked; 0: no relation. Scorer: ${report.scorers.trainingScorer.name}.`}
        />
        <Stat
          value={heldOut ? heldOut.spearman.value.toFixed(2) : '–'}
          label="by one it never saw"
          help={
            heldOut
              ? `The same, by ${report.scorers.heldOutScorer?.name}: ${estimateText(heldOut.spearman)}. This is the stricter figure.`
              : 'No other scorer was asked. Score the dataset with another encoder or classifier and check again.'
          }
        />
        <Stat
          value={percent(report.agreementAtLow)}
          label="of the easiest show their class"
          help="Share of the images at the lowest level whose most probable class is the one that was asked for."
        />
        <Stat
          value={training.rises ? 'yes' : 'no'}
          label="rises at every level"
          help="Whether the mean measured difficulty is higher at each level than at the one before."
        />
      </div>
    </section>
  );
}

function Stat({ value, label, help }: { value: string; label: string; help: string }) {
  return (
    <div className="stat">
      <b>{value}</b>
      <span>
        <Term help={help}>{label}</Term>
      </span>
    </div>
  );
}

const guidance = ({ guidanceScale, guidanceMode, difficultyGuidance }: ControlReport['settings']): string =>
  guidanceMode === 'separate'
    ? `${guidanceScale} of the prompt and ${difficultyGuidance} of the difficulty`
    : `${guidanceScale} (${guidanceMode === 'same-token' ? 'prompt alone' : 'prompt and difficulty together'})`;

/** What a reader needs to make the same report again. */
function MadeWith({ jobId, report }: { jobId: number; report: ControlReport }) {
  const { settings, scorers, figures, adapter } = report;
  const set = (name: string) => String(settings[name] ?? '–');
  return (
    <div className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        How it was measured
        <span className="spacer" />
        <ShowFiles
          jobId={jobId}
          help="The report as one page, its figures, every image's measurements and the charts"
        />
      </div>
      <dl className="facts-list panel-body">
        <dt>Model</dt>
        <dd>
          {adapter.name} <span className="mono muted">{adapter.hash.slice(0, 12)}</span>
        </dd>
        <dt>Learned from</dt>
        <dd>{scorers.trainingScorer.name}</dd>
        <dt>Never saw</dt>
        <dd>{scorers.heldOutScorer?.name ?? 'no other scorer'}</dd>
        <dt>Images</dt>
        <dd className="num">
          {count(figures.trainingScorer.count)}: {set('count')} per class and level, {report.classes.length}{' '}
          classes, {report.levels.length} levels; seed {set('seed')}
        </dd>
        <dt>Generated</dt>
        <dd className="num">
          {set('scheduler')}, {set('steps')} steps, guidance {guidance(settings)}, prompt “{set('prompt')}”
        </dd>
      </dl>
    </div>
  );
}
