/** Owns a parameter that no program has, for tests that look where a declaration turns up with no other file changed. */
import { z } from 'zod';
import { field } from '../../src/shared/field.ts';

/** Into the very schema that the program reads; call it before anything is parsed, as zod looks at a shape once. */
export function declareThrowAway(schema: z.ZodObject, group?: string): void {
  (schema.shape as Record<string, z.ZodType>).throwAway = field(z.number().min(2).max(7).default(3), {
    label: 'Throw-away',
    help: 'What a test has made up.',
    level: 'basic',
    ...(group && { group }),
    unit: 'km',
    memory: true,
    recorded: true,
  });
}
