/** Owns the form that starts a search for what makes classes hard. */
import { Button } from '@mantine/core';
import { hardFactorsParams } from '../../shared/jobs/hard-factors.ts';
import { choosePath, pathOf } from '../chosen-paths.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { Field } from '../ui/fields.tsx';
import { count, fileName } from '../ui/format.ts';
import { type FormProps, ReportForm, useReportParams } from './report-form.tsx';

export function HardFactorsForm(props: FormProps) {
  const act = useAct();
  const state = useReportParams(hardFactorsParams, props);
  const { params, set } = state;
  const classes = params.classes === 'all' ? props.dataset.classes.length : params.classes.length;
  const chooseFactors = async () => {
    const file = await act('Choosing the file', () => choosePath('factors'));
    if (file) set({ factors: file.token });
  };

  return (
    <ReportForm
      {...props}
      state={state}
      request={{ kind: 'hard-factors', params }}
      words={{
        job: 'The search',
        start: 'Show what is hard',
        scorer: 'Difficulty of real images by',
        scorerHelp:
          'Real images as hard as each level are set beside the generated ones. Preset to the scorer that the model learned from.',
        countHelp: 'Four of them are shown. With known factors all of them count: 40 or more.',
      }}
      startTestId={testIds.hardFactorsStart}
      last={
        <Field
          label="Known factors"
          help="Not needed. A file of JSON lines with each real image's path and numbers for what is in it (clutter, blur, …), as the demo's factors.jsonl: then a table tells which of them rise with difficulty."
        >
          <div className="row">
            <Button
              data-testid={testIds.hardFactorsFile}
              title={params.factors === null ? undefined : pathOf(params.factors)}
              onClick={chooseFactors}
            >
              {params.factors === null ? 'Choose a file…' : fileName(pathOf(params.factors))}
            </Button>
            {params.factors !== null && (
              <Button variant="subtle" onClick={() => set({ factors: null })}>
                Without
              </Button>
            )}
          </div>
        </Field>
      }
      cost={<span className="muted num">{count(classes * params.levels.length * params.count)} images</span>}
    />
  );
}
