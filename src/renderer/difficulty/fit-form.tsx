/** Owns the form that trains a classifier on a dataset. */
import type { Dataset } from '../../shared/domain.ts';
import { fitParams } from '../../shared/jobs.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { ParamForm, useParams } from '../ui/settings-form.tsx';

export function FitForm({ dataset }: { dataset: Dataset }) {
  const enqueue = useEnqueue();
  const settings = useParams(fitParams, dataset.id);
  return (
    <ParamForm
      kind="fit"
      dataset={dataset}
      name="Train a classifier"
      start={`Train on ${dataset.name}`}
      settings={settings}
      onStart={async () => {
        await enqueue('The training', { kind: 'fit', params: settings.params });
      }}
    />
  );
}
