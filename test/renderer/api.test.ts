// @vitest-environment jsdom
import { afterEach, expect, test } from 'vitest';
import { RequestError, request } from '../../src/renderer/api.ts';
import { makeFakeBridge } from '../../src/renderer/dev/fake-bridge.ts';

afterEach(() => {
  Reflect.deleteProperty(window, 'crux');
});

test('a refusal of main becomes an error with its code and its sentence', async () => {
  window.crux = makeFakeBridge().bridge;
  const error = await request('images.detail', { id: 4242 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RequestError);
  expect(error).toMatchObject({
    code: 'refused',
    request: 'images.detail',
    message: 'No image 4242 is in the catalog.',
  });
});

test('an answer arrives as it is', async () => {
  window.crux = makeFakeBridge({ real: 3, synthetic: 0 }).bridge;
  const ids = await request('images.ids', { datasetId: 1, filter: {}, sort: 'newest' });
  expect(Array.from(ids)).toEqual([3, 2, 1]);
});

test('without a bridge the error says what to do', async () => {
  await expect(request('datasets.list', {})).rejects.toThrow('start Crux again');
});
