import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { afterEach, expect, it, vi } from 'vitest';
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

afterEach(() => vi.restoreAllMocks());

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

it("passes on no code but Crux's own", async () => {
  for (const code of ['ENOENT', 'SQLITE_BUSY', 'ERR_ASSERTION', '']) {
    const undo = () => {
      throw Object.assign(new Error('no such file'), { code });
    };
    expect(await answer({ ...handlers, 'edits.undo': undo }, paths, 'edits.undo', {})).toEqual({
      ok: false,
      error: { code: 'failed', message: 'no such file' },
    });
  }
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

it('pushes a step of a training whose loss is no number', () => {
  const send = vi.fn();
  const contents = { isDestroyed: () => false, send } as unknown as WebContents;
  // As it comes from the engine: JSON knows no NaN.
  const payload = JSON.parse(
    JSON.stringify({ jobId: 1, point: { step: 7, loss: Number.NaN, smoothedLoss: Number.NaN } }),
  );
  pushEvent(contents, 'training.point', payload);
  expect(send.mock.calls).toEqual([
    ['crux:event', 'training.point', { jobId: 1, point: { step: 7, loss: null, smoothedLoss: null } }],
  ]);
});

it('tells a few of the wrong places of a message, without what acts on a terminal', async () => {
  const params = { firstPrompts: Array(1000).fill(1), steps: 'x'.repeat(1e6) };
  const answered = await answer(handlers, paths, 'generation.outline', { params });
  const { message } = (answered as { error: { message: string } }).error;
  expect(message).toMatch(/and \d+ more$/);
  expect(message.length).toBeLessThan(2100);
  const undo = () => {
    throw new Error(`\x1b[2J${'x'.repeat(1e6)}`);
  };
  const failed = await answer({ ...handlers, 'edits.undo': undo }, paths, 'edits.undo', {});
  expect(failed).toMatchObject({ error: { message: expect.stringMatching(/^\\x1b\[2Jx{1900,2000}…$/) } });
});

it('refuses a filter that SQLite could not take, before SQLite sees it', async () => {
  const input = { datasetId: 1, filter: { text: 'x'.repeat(60_000) }, sort: 'path' };
  const asked = vi.fn(() => new Uint32Array());
  const answered = await answer({ ...handlers, 'images.ids': asked }, paths, 'images.ids', input);
  expect(answered).toMatchObject({ ok: false, error: { code: 'invalid-input' } });
  expect(asked).not.toHaveBeenCalled();
});

it('pushes events that fit the contract, and only to a living window', () => {
  const send = vi.fn();
  const contents = { isDestroyed: () => false, send } as unknown as WebContents;
  pushEvent(contents, 'catalog.changed', { datasetId: 4 });
  expect(send).toHaveBeenCalledWith('crux:event', 'catalog.changed', { datasetId: 4 });
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  pushEvent(contents, 'catalog.changed', { datasetId: -1 });
  expect(log.mock.calls).toEqual([[expect.stringContaining('catalog.changed: the event does not fit')]]);
  pushEvent({ isDestroyed: () => true, send } as unknown as WebContents, 'catalog.changed', { datasetId: 4 });
  expect(send).toHaveBeenCalledOnce();
});
