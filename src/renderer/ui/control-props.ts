/** Owns what the form control of every kind of parameter is given. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { Field } from '../../shared/field.ts';

export interface Words {
  label: string;
  help: string;
}

export interface ControlProps {
  field: Field;
  dataset: Dataset;
  testId: string;
  value: unknown;
  set: (value: unknown) => void;
  words: Words;
  error: string | null;
}
