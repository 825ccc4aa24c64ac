import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { expect, it, vi } from 'vitest';
import { answer, pushEvent, requestListener } from '../../../src/main/ipc.ts';
import { PathTokens } from '../../../src/main/path-tokens.ts';
import type { RequestHandlers } from '../../../src/main/requests.ts';

const handlers = {
  'captions.replace': ({ ids }) => ids.length,
  'images.ids': () => Uint32Array.of(3, 1, 2),
  'edits.undo': () => {
    throw Object.assign(new Error('nothing to undo'), { code: 'empty' });
  },
  'edits.redo': () => 5 as never, // breaks the contract
} as Partial<RequestHandlers> as RequestHandlers;

const paths = new PathTokens();

const senderAt = (url: string, parent: unknown = null) =>
  ({ senderFrame: { url, parent } }) as unknown as IpcMainInvokeEvent;

it('answers with data, typed arrays whole', async () => {
  const input = { datasetId: 1, filter: {}, sort: 'path' };
  expect(await answer(handlers, paths, 'images.ids', input)).toEqual({
    ok: true,
    value: Uint32Array.of(3, 1, 2),
  });
});

it('refuses unknown names, also those that every object has', async () => {
  for (const name of ['nope', 'toString', '__proto__', 'constructor', 7, null])
    expect(await answer(handlers, paths, name, {})).toMatchObject({
      ok: false,
      error: { code: 'unknown-request' },
    });
});

it('refuses input that does not fit, and says where', async () => {
  const answered = await answer(handlers, paths, 'captions.replace', {
    ids: [1, -2],
    find: '',
    replace: 'b',
  });
  expect(answered).toMatchObject({ ok: false, error: { code: 'invalid-input' } });
  expect(answered.ok === false && answered.error.message).toMatch(/ids\.1.*find/s);
});

it('passes errors on with code and message, never as exceptions', async () => {
  expect(await answer(handlers, paths, 'edits.undo', {})).toEqual({
    ok: false,
    error: { code: 'empty', message: 'nothing to undo' },
  });
});

it('checks what goes out as well', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(await answer(handlers, paths, 'edits.redo', {})).toMatchObject({
    ok: false,
    error: { code: 'invalid-output' },
  });
  expect(log).toHaveBeenCalledOnce();
});

it('drops every sender but the main frame of its own page', async () => {
  const listen = requestListener(handlers, paths);
  const ours = 'app://crux/index.html';
  const input = { ids: [1, 2], find: 'a', replace: 'b' };
  expect(await listen(senderAt(ours), 'captions.replace', input)).toEqual({ ok: true, value: 2 });
  for (const event of [
    senderAt('http://example.com/'),
    senderAt(ours, { url: ours }), // a frame inside the page
    { senderFrame: null } as IpcMainInvokeEvent,
  ])
    expect(await listen(event, 'captions.replace', input)).toMatchObject({
      ok: false,
      error: { code: 'untrusted-sender' },
    });
});

it('pushes events that fit the contract, and only to a living window', () => {
  const send = vi.fn();
  const contents = { isDestroyed: () => false, send } as unknown as WebContents;
  pushEvent(contents, 'catalog.changed', { datasetId: 4 });
  expect(send).toHaveBeenCalledWith('crux:event', 'catalog.changed', { datasetId: 4 });
  expect(() => pushEvent(contents, 'catalog.changed', { datasetId: -1 })).toThrow();
  pushEvent({ isDestroyed: () => true, send } as unknown as WebContents, 'catalog.changed', { datasetId: 4 });
  expect(send).toHaveBeenCalledOnce();
});
