/** Owns the form of a search for label issues, for those who want it otherwise than by the defaults. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import { ParamForm } from '../ui/settings-form.tsx';

export const IssuesForm = (props: { dataset: Dataset; onStarted: () => void }) => (
  <ParamForm kind="issues" name="Search for label issues" start="Search" what="The search" {...props} />
);
