/**
 * Owns which files the window may speak of. A path that a person chose in a native dialog gets a token of random bytes;
 * a request carries the token, and `resolvePaths` puts the path in its place before any handler sees it, wherever the
 * schema says that a path belongs. So a window that was taken over can name no file that nobody chose, nor use one for
 * what it was not chosen for.
 */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { type ChosenPath, type PathPurpose, pathFields } from '../shared/paths.ts';
import { partsOf } from '../shared/schema-parts.ts';

/** A person chooses a few files a session; the oldest are forgotten. */
const mostTokens = 1000;

/** The request names a path that was not chosen for this. */
class PathError extends Error {
  readonly code = 'invalid-input';
}

export class PathTokens {
  readonly #chosen = new Map<string, { purpose: PathPurpose; path: string }>();

  /** Call with what a native dialog has answered, and with nothing else. */
  give(purpose: PathPurpose, path: string): ChosenPath {
    const token = randomBytes(24).toString('base64url');
    this.#chosen.set(token, { purpose, path });
    if (this.#chosen.size > mostTokens) this.#chosen.delete(this.#chosen.keys().next().value!);
    return { token, path };
  }

  /** `field` names the place in the request, for errors; they never repeat what was sent. */
  pathOf(token: string, purposes: readonly PathPurpose[], field: string): string {
    const chosen = this.#chosen.get(token);
    if (chosen === undefined)
      throw new PathError(
        `${field}: this file was not chosen in a dialog since Crux started; choose it again`,
      );
    if (!purposes.includes(chosen.purpose))
      throw new PathError(
        `${field}: this was chosen as ${chosen.purpose}, expected ${purposes.join(' or ')}; choose it again`,
      );
    return chosen.path;
  }
}

type Schema = z.core.$ZodType;
const defOf = (schema: Schema) => (schema as z.core.$ZodTypes)._zod.def;

/** A copy of `value`, which fits `schema`, with the path in place of each token. */
export function resolvePaths(schema: Schema, value: unknown, tokens: PathTokens, field = ''): unknown {
  if (value === null || value === undefined || !holdsPath(schema)) return value;
  const purposes = pathFields.get(schema)?.purposes;
  if (purposes !== undefined) return tokens.pathOf(value as string, purposes, field);
  const within = (inner: Schema, part: unknown, key: string | number) =>
    resolvePaths(inner, part, tokens, field === '' ? `${key}` : `${field}.${key}`);
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
      return resolvePaths(def.innerType, value, tokens, field);
    case 'object':
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, within(def.shape[key], part, key)]),
      );
    case 'array':
      return (value as unknown[]).map((part, i) => within(def.element, part, i));
    case 'union':
      return resolvePaths(optionOf(def as z.core.$ZodDiscriminatedUnionDef, value), value, tokens, field);
    default:
      throw new Error(`${field}: a path in a schema of type ${def.type} is never given to a handler`);
  }
}

/** The option whose literal the value carries. */
function optionOf({ options, discriminator }: z.core.$ZodDiscriminatedUnionDef, value: object): Schema {
  const said = (value as Record<string, never>)[discriminator];
  return options.find((option) => (option as z.ZodObject).shape[discriminator].safeParse(said).success)!;
}

const known = new WeakMap<Schema, boolean>();

/** Is there a path anywhere in it? */
function holdsPath(schema: Schema): boolean {
  let holds = known.get(schema);
  if (holds === undefined) {
    holds = pathFields.has(schema) || partsOf(schema).some(([, part]) => holdsPath(part));
    known.set(schema, holds);
  }
  return holds;
}
