/** Owns what every group of the form of a generation is given. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { GenerationOutline } from '../../shared/domain/provenance.ts';
import type { FieldErrors, GenerateInput } from './validate.ts';

export interface GroupProps {
  dataset: Dataset;
  params: GenerateInput;
  errors: FieldErrors;
  set: (change: Partial<GenerateInput>) => void;
  /** As the settings were when they were last right; undefined: not known yet. */
  outline: GenerationOutline | undefined;
}
