/** Owns the form that computes a map. */
import type { Dataset } from '../../shared/domain.ts';
import { projectParams } from '../../shared/jobs.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { ParamForm, useParams } from '../ui/settings-form.tsx';

export function ProjectForm({ dataset, onStarted }: { dataset: Dataset; onStarted?: () => void }) {
  const enqueue = useEnqueue();
  const settings = useParams(projectParams, dataset.id);
  return (
    <ParamForm
      kind="project"
      dataset={dataset}
      name="Map"
      start="Compute the map"
      settings={settings}
      onStart={async () => {
        if (await enqueue('The map', { kind: 'project', params: settings.params })) onStarted?.();
      }}
    />
  );
}
