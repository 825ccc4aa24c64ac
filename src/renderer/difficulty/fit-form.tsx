/** Owns the form that trains a classifier on a dataset. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import { ParamForm } from '../ui/settings-form.tsx';

export const FitForm = ({ dataset }: { dataset: Dataset }) => (
  <ParamForm
    kind="fit"
    dataset={dataset}
    name="Train a classifier"
    start={`Train on ${dataset.name}`}
    what="The training"
  />
);
