/** Owns the form of a search for label issues, for who wants it otherwise than by the defaults. */
import type { Dataset } from '../../shared/domain.ts';
import { issuesParams } from '../../shared/jobs.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { ParamForm, useParams } from '../ui/settings-form.tsx';

export function IssuesForm({ dataset, onStarted }: { dataset: Dataset; onStarted: () => void }) {
  const enqueue = useEnqueue();
  const settings = useParams(issuesParams, dataset.id);
  return (
    <ParamForm
      kind="issues"
      dataset={dataset}
      name="Search for label issues"
      start="Search"
      settings={settings}
      onStart={async () => {
        if (await enqueue('The search', { kind: 'issues', params: settings.params })) onStarted();
      }}
    />
  );
}
