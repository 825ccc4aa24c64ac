/** A window that was taken over asks for files by their paths, and by tokens for what they were not given for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { Catalog } from '../../../src/main/catalog/index.ts';
import { answer } from '../../../src/main/ipc.ts';
import { PathTokens, resolvePaths } from '../../../src/main/path-tokens.ts';
import type { RequestHandlers } from '../../../src/main/requests.ts';
import { type RequestName, requests } from '../../../src/shared/contract.ts';
import { limits } from '../../../src/shared/limits.ts';
import { type PathPurpose, pathPurpose } from '../../../src/shared/paths.ts';
import { makeDataset, tempCatalog, tempFolder } from '../support/catalogs.ts';
import { handlersOf } from '../support/handlers.ts';

let catalog: Catalog;
let datasetId: number;
let secret: string;
let paths: PathTokens;
let handlers: RequestHandlers;

beforeEach(() => {
  catalog = tempCatalog();
  datasetId = makeDataset(catalog, ['cat']).datasetId;
  secret = join(tempFolder(), 'secret.safetensors');
  writeFileSync(secret, 'the secret of the analyst');
  paths = new PathTokens();
  handlers = handlersOf(catalog);
});
const ask = (name: RequestName, input: unknown) => answer(handlers, paths, name, input);

/** Every request that can carry a path, with `path` in each place where it can. */
function requestsWith(path: string): [RequestName, unknown, purposes: PathPurpose[]][] {
  const generate = { datasetId, loras: [{ path, weight: 1 }] };
  const job = (kind: string, params: object) => ({ request: { kind, params } });
  return [
    ['settings.set', { modelsFolder: path }, ['models-folder']],
    ['models.check', { path }, ['model-file', 'model-folder']],
    ['models.add', { path, name: 'x' }, ['model-file', 'model-folder']],
    ['jobs.enqueue', job('import', { source: path, name: 'x' }), ['dataset-folder', 'manifest']],
    ['jobs.enqueue', job('export', { datasetId, out: path }), ['export-folder']],
    ['jobs.enqueue', job('hard-factors', { datasetId, factors: path }), ['factors']],
    ['jobs.enqueue', job('generate', generate), ['lora']],
    ['jobs.enqueue', job('generate', { datasetId, embeddings: [path] }), ['embedding']],
    ['jobs.memory', job('generate', generate), ['lora']],
    ['generation.outline', { params: generate }, ['lora']],
  ];
}

it('no request with a path is answered with a word of its file, or stored', async () => {
  for (const [name, input] of requestsWith(secret)) {
    const answered = await ask(name, input);
    expect(answered, name).toMatchObject({ ok: false, error: { code: 'invalid-input' } });
    expect(JSON.stringify(answered), name).not.toContain('secret');
  }
  expect(await ask('jobs.list', { limit: 10 })).toEqual({ ok: true, value: [] });
  expect(await ask('settings.get', {})).toMatchObject({ value: { modelsFolder: null } });
});

it('a token stands for its path where it was chosen for that, and nowhere else', async () => {
  for (const purpose of pathPurpose.options) {
    const { token } = paths.give(purpose, secret);
    for (const [name, input, wanted] of requestsWith(token)) {
      const schema = requests[name].input;
      const resolve = () => JSON.stringify(resolvePaths(schema, schema.parse(input), paths));
      if (wanted.includes(purpose)) expect(resolve(), name).toContain(JSON.stringify(secret));
      else expect(resolve, name).toThrow(/was chosen as/);
    }
  }
});

it('the job has the path that was chosen, and is enqueued as before', async () => {
  const { token } = paths.give('dataset-folder', '/data/pets');
  const answered = await ask('jobs.enqueue', {
    request: { kind: 'import', params: { source: token, name: 'pets' } },
  });
  expect(answered).toMatchObject({ ok: true, value: { params: { source: '/data/pets', name: 'pets' } } });
});

it('imports again from where the catalog says, which the window cannot change', async () => {
  const { source, name } = (await handlers['datasets.get']({ datasetId })) as {
    source: string;
    name: string;
  };
  const answered = await ask('datasets.importAgain', { datasetId, source: secret });
  expect(answered).toMatchObject({ ok: true, value: { kind: 'import', params: { source, name } } });
});

it('remembers the newest thousand choices; tokens cannot be guessed from one another', () => {
  const few = new PathTokens();
  const given = Array.from({ length: 1001 }, (_, i) => few.give('lora', `/${i}`).token);
  expect(new Set(given).size).toBe(1001);
  expect(given[0]).toMatch(/^[\w-]{32}$/);
  expect(() => few.pathOf(given[0], ['lora'], 'x')).toThrow(/choose it again/);
  expect(few.pathOf(given[1], ['lora'], 'x')).toBe('/1');
  expect(few.pathOf(given[1000], ['lora'], 'x')).toBe('/1000');
  for (const name of ['__proto__', 'constructor', 'toString', '', 'x'.repeat(limits.path)])
    expect(() => few.pathOf(name, ['lora'], 'x')).toThrow(/choose it again/);
});
