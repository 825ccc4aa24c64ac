/** Owns the form that computes a map. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import { ParamForm } from '../ui/settings-form.tsx';

export const ProjectForm = (props: { dataset: Dataset; onStarted?: () => void }) => (
  <ParamForm kind="project" name="Map" start="Compute the map" what="The map" {...props} />
);
