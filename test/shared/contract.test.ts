/** The contract itself: what a request may carry has a limit, and a path in it is a token. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { requests } from '../../src/shared/contract.ts';
import { longLists } from '../../src/shared/limits.ts';
import { pathFields } from '../../src/shared/paths.ts';
import { partsOf } from '../../src/shared/schema-parts.ts';

/** Every schema in `schema`, with the way to it. */
function* everySchema(schema: z.core.$ZodType, at: string): Generator<[at: string, schema: z.core.$ZodType]> {
  yield [at, schema];
  for (const [key, part] of partsOf(schema)) yield* everySchema(part, key === '' ? at : `${at}.${key}`);
}

const inputs = Object.entries(requests).flatMap(([name, { input }]) => [...everySchema(input, name)]);
const typeOf = (schema: z.core.$ZodType) => (schema as z.core.$ZodTypes)._zod.def.type;

/** null: anything longer is taken as well. */
function limitOf(schema: z.core.$ZodType): number | null {
  if (typeOf(schema) === 'custom') return longLists.get(schema)?.most ?? null;
  const checks = (schema._zod.def.checks ?? []).map((check) => check._zod.def as { maximum?: number });
  return checks.find(({ maximum }) => maximum !== undefined)?.maximum ?? null;
}

describe('requests', () => {
  it('hold no list and no text without a limit', () => {
    const sized = inputs.filter(([, schema]) => ['string', 'array', 'custom'].includes(typeOf(schema)));
    expect(sized.length).toBeGreaterThan(50);
    expect(sized.filter(([, schema]) => limitOf(schema) === null).map(([at]) => at)).toEqual([]);
  });

  it('hold nothing whose size or shape is open', () => {
    const open = inputs.filter(([, schema]) => ['record', 'unknown'].includes(typeOf(schema)));
    expect(open.map(([at]) => at)).toEqual([]);
  });

  it('name files by tokens alone', () => {
    const called = /(path|file|folder|dir|directory|source|root|out|output|factors|embeddings\.\[\])$/i;
    const texts = inputs.filter(([, schema]) => typeOf(schema) === 'string');
    const asPath = texts.filter(([, schema]) => pathFields.has(schema)).map(([at]) => at);
    expect(texts.filter(([at]) => called.test(at)).map(([at]) => at)).toEqual(asPath);
    expect([...new Set(asPath.map((at) => at.split('.').slice(0, 2).join('.')))]).toEqual([
      'settings.set',
      'models.check',
      'models.add',
      'jobs.enqueue',
      'jobs.memory',
      'generation.outline',
    ]);
  });
});
