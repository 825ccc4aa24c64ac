/** Owns: the error that names a field of a row, what it got and what is expected. */
import type { FieldName } from './fields.ts';

/** A value that its field cannot hold. The message names the field, what it got and what it wants. */
export class FieldError extends Error {
  readonly field: FieldName;

  constructor(field: FieldName, message: string) {
    super(`${field}: ${message}`);
    this.name = 'FieldError';
    this.field = field;
  }
}

/** A value as it is shown in an error: at most 60 characters. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
