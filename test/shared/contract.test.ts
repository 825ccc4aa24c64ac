/** The contract itself: what a request may carry has a limit, and a path in it is a token. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { requests } from '../../src/shared/contract.ts';
import { limits, longLists } from '../../src/shared/limits.ts';
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

  it('are given up at the first wrong element of a long list, not explained one by one', () => {
    const ids = new Array(limits.images).fill('x');
    const classes = new Array(limits.classes).fill(1);
    const prompts = new Array(limits.prompts).fill({});
    const issuesOf = (name: keyof typeof requests, input: unknown) =>
      requests[name].input.safeParse(input).error?.issues.map(({ path }) => path.join('.'));
    expect(issuesOf('images.setTag', { ids, tag: 'a', on: true })).toEqual(['ids.0']);
    expect(issuesOf('images.ids', { datasetId: 1, filter: { classIds: ids }, sort: 'path' })).toEqual([
      'filter.classIds',
    ]);
    expect(issuesOf('generation.outline', { params: { datasetId: 1, prompts } })).toEqual([
      'params.prompts.0',
    ]);
    expect(issuesOf('generation.outline', { params: { datasetId: 1, classes } })).toEqual([
      'params.classes.0',
    ]);
    const most = Array.from({ length: limits.images }, (_, i) => i + 1);
    expect(issuesOf('captions.set', { ids: most, text: '' })).toBeUndefined();
    expect(issuesOf('captions.set', { ids: [...most, 1], text: '' })).toEqual(['ids']);
  });

  it('hold nothing whose size or shape is open', () => {
    const open = inputs.filter(([, schema]) => ['record', 'unknown'].includes(typeOf(schema)));
    expect(open.map(([at]) => at)).toEqual([]);
  });

  it('name files by tokens alone', () => {
    const called = /(path|file|folder|dir|directory|source|root|out|output|factors|embeddings\.\[\])$/i;
    const texts = inputs.filter(([, schema]) => typeOf(schema) === 'string');
    const asPath = texts.filter(([, schema]) => pathFields.has(schema)).map(([at]) => at);
    const columnName = /\.columns\.path$/; // of a manifest
    const named = texts.filter(([at]) => called.test(at) && !columnName.test(at));
    expect(named.map(([at]) => at)).toEqual(asPath);
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
