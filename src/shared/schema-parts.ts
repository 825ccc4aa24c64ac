/** Owns the way through a schema, for what is done with its fields by their kind: paths, limits. */
import type { z } from 'zod';

/** What a schema is made of, one level down, each with its key; [] for a leaf. */
export function partsOf(schema: z.core.$ZodType): [key: string, part: z.core.$ZodType][] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
      return [['', def.innerType]];
    case 'object':
      return Object.entries(def.shape);
    case 'array':
      return [['[]', def.element]];
    case 'record':
      return [
        ['{key}', def.keyType],
        ['{}', def.valueType],
      ];
    case 'union':
      return def.options.map((option) => ['', option]);
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'enum':
    case 'literal':
    case 'custom':
    case 'unknown':
      return [];
    default:
      throw new Error(`the contract does not know schemas of type ${def.type}`);
  }
}
