/**
 * Owns what must hold between the parameters of a job, and what is said where a parameter does not fit. A job's schema
 * carries its rules, so the form, the command line, the preview and the queue say the same sentence.
 */
import { z } from 'zod';
import { expectedOf, fieldsOf } from './field.ts';

/** By the parameter beside which it is said: a sentence where the parameters do not go together, null where they do. */
export type Rules<P> = { readonly [K in keyof P]?: (params: P) => string | null };

/** The schema, refined; its `shape`, and so `fieldsOf`, stay as they are. Rules are asked once every parameter fits. */
export const withRules = <S extends z.ZodObject>(schema: S, rules: Rules<z.output<S>>): S =>
  schema.superRefine((params, context) => {
    for (const [name, problemOf] of Object.entries(rules)) {
      const message = (problemOf as (params: unknown) => string | null)(params);
      if (message !== null)
        context.addIssue({ code: 'custom', path: [name], message, params: { rule: true } });
    }
  });

/** Each parameter by itself: of what may be looked at, or was queued, before it keeps the rules. */
export const withoutRules = <S extends z.ZodObject>(schema: S): S => z.object(schema.shape) as unknown as S;

/** The sentence of the rule that an issue comes from; null: it is about one parameter alone. */
export const ruleOf = (issue: z.core.$ZodIssue): string | null =>
  issue.code === 'custom' && issue.params?.rule === true ? issue.message : null;

/** What is wrong with each parameter, a sentence each; {}: all of them fit. */
export function problemsOf(schema: z.ZodObject, params: unknown): Record<string, string> {
  const problems: Record<string, string> = {};
  const { error } = schema.safeParse(params);
  if (!error) return problems;
  const fields = new Map(fieldsOf(schema).map((field) => [field.name, field]));
  for (const issue of error.issues) {
    const name = String(issue.path[0] ?? '');
    const field = fields.get(name);
    problems[name] ??= ruleOf(issue) ?? (field && expectedOf(field)) ?? issue.message;
  }
  return problems;
}
