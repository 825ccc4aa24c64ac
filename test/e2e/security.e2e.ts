/**
 * What the window may not do, tried from inside the page of the built program.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Crux, launchCrux } from './launch.ts';

let crux: Crux;
beforeAll(async () => {
  crux = await launchCrux();
});
afterAll(() => crux?.close());

/** Tries to load a picture in the page; resolves with what became of it. */
const loadsImage = (url: string): Promise<boolean> =>
  crux.page.evaluate(
    (src) =>
      new Promise<boolean>((resolve) => {
        const image = new Image();
        image.onload = () => resolve(true);
        image.onerror = () => resolve(false);
        image.src = src;
      }),
    url,
  );

it('gives the page no Node and no Electron', async () => {
  const found = await crux.page.evaluate(() => {
    const names = ['require', 'process', 'module', 'exports', 'Buffer', 'global', 'electron', 'ipcRenderer'];
    return names.filter((name) => name in globalThis);
  });
  expect(found).toEqual([]);
});

it('exposes the bridge and nothing else, and the page cannot replace it', async () => {
  const bridge = await crux.page.evaluate(() => {
    const crux = (globalThis as unknown as { crux: object }).crux;
    try {
      (crux as Record<string, unknown>).request = () => 'mine';
      (globalThis as unknown as { crux: object }).crux = {};
    } catch {}
    return { names: Object.keys(crux), request: String(Reflect.get(crux, 'request')).includes('mine') };
  });
  expect(bridge).toEqual({ names: ['request', 'on'], request: false });
});

it('answers only requests of the contract, with valid input', async () => {
  const ask = (name: string, input: unknown) =>
    crux.page.evaluate(
      ([n, i]) => (globalThis as never as Bridge).crux.request(n as string, i),
      [name, input],
    );
  expect(await ask('fs.readFile', { path: '/etc/passwd' })).toMatchObject({
    ok: false,
    error: { code: 'unknown-request' },
  });
  expect(await ask('__proto__', {})).toMatchObject({ ok: false, error: { code: 'unknown-request' } });
  expect(await ask('images.detail', { id: '1; drop table image' })).toMatchObject({
    ok: false,
    error: { code: 'invalid-input' },
  });
});

it('names no file that nobody chose, and a chosen one for nothing else', async () => {
  const ask = (name: string, input: unknown) =>
    crux.page.evaluate(
      ([n, i]) => (globalThis as never as Bridge).crux.request(n as string, i),
      [name, input],
    );
  const refused = { ok: false, error: { code: 'invalid-input' } };
  const importOf = (source: string) => ({ request: { kind: 'import', params: { source, name: 'x' } } });
  expect(await ask('jobs.enqueue', importOf('/etc'))).toMatchObject(refused);
  expect(await ask('models.check', { path: '/etc/passwd' })).toMatchObject(refused);
  await crux.answerDialog(crux.scratch);
  const chosen = await ask('dialog.choose', { purpose: 'models-folder' });
  const { token } = (chosen as { value: { token: string } }).value;
  expect(chosen).toMatchObject({ ok: true, value: { path: crux.scratch } });
  expect(await ask('jobs.enqueue', importOf(token))).toMatchObject(refused);
  expect(await ask('settings.set', { modelsFolder: token })).toMatchObject({
    value: { modelsFolder: crux.scratch },
  });
  expect(await ask('jobs.list', { limit: 10 })).toEqual({ ok: true, value: [] });
});

interface Bridge {
  crux: { request(name: string, input: unknown): Promise<unknown> };
}

it('runs no inline script and no eval', async () => {
  const ran = await crux.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.inlineRan = true';
    document.head.append(script);
    return 'inlineRan' in globalThis;
  });
  expect(ran).toBe(false);
  const policy = await crux.page.evaluate(() =>
    fetch('/index.html').then(
      () => 'fetched',
      () => 'refused',
    ),
  );
  expect(policy).toBe('refused'); // connect-src 'none'
});

it('refuses every request that would leave the machine', async () => {
  for (const url of ['http://example.com/', 'https://example.com/', 'http://127.0.0.1:1/']) {
    const outcome = await crux.page.evaluate(
      (u) =>
        fetch(u, { mode: 'no-cors' }).then(
          () => 'fetched',
          () => 'refused',
        ),
      url,
    );
    expect(outcome).toBe('refused');
    expect(await loadsImage(`${url}a.png`)).toBe(false);
  }
  const socket = await crux.page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        try {
          const ws = new WebSocket('ws://127.0.0.1:1/');
          ws.onopen = () => resolve('open');
          ws.onerror = () => resolve('refused');
        } catch {
          resolve('refused');
        }
      }),
  );
  expect(socket).toBe('refused');
});

it('stays on its page: navigation, frames and new windows are denied', async () => {
  const before = crux.page.url();
  for (const url of ['http://example.com/', 'file:///etc/passwd', 'data:text/html,elsewhere']) {
    await crux.page.evaluate((u) => {
      location.href = u;
    }, url);
    await crux.page.waitForTimeout(150);
    expect(crux.page.url()).toBe(before);
  }
  await crux.page.evaluate(() => {
    if (window.open('http://example.com/') !== null) throw new Error('a window opened');
    const link = document.createElement('a');
    link.href = 'http://example.com/';
    link.target = '_blank';
    document.body.append(link);
    link.click();
    link.remove();
    const frame = document.createElement('iframe');
    frame.src = 'http://example.com/';
    document.body.append(frame);
  });
  await crux.page.waitForTimeout(300);
  expect(crux.app.windows().length).toBe(1);
  expect(crux.page.frames().map((frame) => frame.url())).not.toContain('http://example.com/');
  expect(crux.page.url()).toBe(before);
});

it('grants no permission', async () => {
  const states = await crux.page.evaluate(async () => {
    const names = ['geolocation', 'notifications', 'camera', 'microphone'] as PermissionName[];
    return Promise.all(names.map(async (name) => (await navigator.permissions.query({ name })).state));
  });
  expect(states).toEqual(['denied', 'denied', 'denied', 'denied']);
});

it('serves pictures by number only', async () => {
  for (const url of [
    'crux://thumb/1', // an empty catalog has none
    'crux://thumb/0',
    'crux://thumb/-1',
    'crux://thumb/1/../../../../etc/passwd',
    'crux://thumb/%2e%2e%2fetc%2fpasswd',
    'crux://image//etc/passwd',
    'crux://job/1/control.json',
    'crux://job/1/%2e%2e%2f%2e%2e%2fcatalog.sqlite',
    'crux://file/etc/passwd',
  ])
    expect(await loadsImage(url), url).toBe(false);
  expect(await loadsImage('file:///etc/hostname')).toBe(false);
});
