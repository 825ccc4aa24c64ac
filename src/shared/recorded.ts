/** Owns which of a job's parameters the provenance of what it makes records, and how they are told. */
import type { z } from 'zod';
import { provenance } from './domain/provenance.ts';
import { choiceLabel, type Field, fieldsOf } from './field.ts';

const isRecorded = ({ recorded }: Field): boolean => recorded === true;

/**
 * For the provenance's `settings`: what is declared with `recorded`, has no place of its own there, and is not as usual.
 * undefined: all is as usual, and the provenance stays as it was before it had settings.
 */
export function settingsOf(
  schema: z.ZodObject,
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const unusual = fieldsOf(schema).filter(
    (field) =>
      isRecorded(field) &&
      !Object.hasOwn(provenance.shape, field.name) &&
      JSON.stringify(params[field.name]) !== JSON.stringify(field.kind.defaultValue),
  );
  return unusual.length === 0
    ? undefined
    : Object.fromEntries(unusual.map(({ name }) => [name, params[name]]));
}

/** Label and value of each recorded parameter that a provenance tells, by name, in the order of their declaration. */
export function recordedRows(
  schema: z.ZodObject,
  of: Readonly<Record<string, unknown>> & { settings?: Readonly<Record<string, unknown>> },
): Map<string, [label: string, value: string]> {
  const rows = new Map<string, [string, string]>();
  for (const field of fieldsOf(schema).filter(isRecorded)) {
    const value = of[field.name] ?? of.settings?.[field.name];
    if (value !== undefined && value !== null) rows.set(field.name, [field.label, valueText(field, value)]);
  }
  return rows;
}

function valueText(field: Field, value: unknown): string {
  if (value === '') return 'none';
  const text = typeof value === 'string' ? choiceLabel(field, value) : String(value);
  return field.unit ? `${text} ${field.unit}` : text;
}
