/** Owns the form that starts a search for what makes classes hard. */
import { hardFactorsParams } from '../../shared/jobs/hard-factors.ts';
import { testIds } from '../test-ids.ts';
import { count } from '../ui/format.ts';
import { type FormProps, ReportForm, useReportParams } from './report-form.tsx';

export function HardFactorsForm(props: FormProps) {
  const state = useReportParams(hardFactorsParams, props);
  const { params } = state;
  const classes = params.classes === 'all' ? props.dataset.classes.length : params.classes.length;

  return (
    <ReportForm
      {...props}
      state={state}
      request={{ kind: 'hard-factors', params }}
      words={{ job: 'The search', start: 'Show what is hard' }}
      startTestId={testIds.hardFactorsStart}
      cost={<span className="muted num">{count(classes * params.levels.length * params.count)} images</span>}
    />
  );
}
