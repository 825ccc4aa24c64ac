import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session, WebContents } from 'electron';
import { expect, it, vi } from 'vitest';
import { offlineSwitches } from '../../../src/main/keep-offline.ts';
import {
  contentSecurityPolicy,
  isOurPage,
  lockContents,
  lockSession,
  mayLoad,
  webPreferences,
} from '../../../src/main/security.ts';

const sources = join(import.meta.dirname, '../../../src');

it('lets only the program itself load', () => {
  for (const url of [
    'app://crux/index.html',
    'crux://thumb/1',
    'data:image/png;base64,',
    'blob:app://crux/1',
  ])
    expect(mayLoad(url), url).toBe(true);
  for (const url of [
    'http://localhost/',
    'https://example.com/',
    'ws://127.0.0.1/',
    'wss://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'chrome://settings',
    'not a url',
  ])
    expect(mayLoad(url), url).toBe(false);
});

it('trusts only its own origin', () => {
  expect(isOurPage('app://crux/index.html')).toBe(true);
  for (const url of [
    'app://other/',
    'http://crux/',
    'data:text/html,',
    'about:blank',
    'app://crux.evil/',
    '',
  ])
    expect(isOurPage(url), url).toBe(false);
});

it('allows no inline or evaluated script, by header and by meta tag', () => {
  const page = readFileSync(join(sources, 'renderer/index.html'), 'utf8');
  const meta = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1] ?? '';
  for (const policy of [contentSecurityPolicy, meta]) {
    const directives = new Map(
      policy.split(';').map((part): [string, string] => {
        const [name, ...values] = part.trim().split(/\s+/);
        return [name, values.join(' ')];
      }),
    );
    expect(directives.get('default-src')).toBe("'none'");
    expect(directives.get('script-src')).toBe("'self'");
    expect(directives.get('object-src')).toBe("'none'");
    expect(directives.get('base-uri')).toBe("'none'");
    expect(directives.get('form-action')).toBe("'none'");
    expect(policy).not.toMatch(/https?:|wss?:|\*|unsafe-eval/);
  }
  expect(contentSecurityPolicy).toContain("connect-src 'none'");
});

it('keeps every window in the sandbox, apart from Node and from other origins', () => {
  expect(webPreferences).toEqual({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
  });
});

it('refuses navigation, frames, webviews and windows of any contents', () => {
  const contents = new EventEmitter() as EventEmitter & { setWindowOpenHandler: ReturnType<typeof vi.fn> };
  contents.setWindowOpenHandler = vi.fn();
  lockContents(contents as unknown as WebContents);
  for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate', 'will-attach-webview']) {
    const event = { preventDefault: vi.fn() };
    contents.emit(name, event);
    expect(event.preventDefault, name).toHaveBeenCalledOnce();
  }
  const [open] = contents.setWindowOpenHandler.mock.calls[0];
  expect(open({ url: 'app://crux/index.html' })).toEqual({ action: 'deny' });
});

it('grants no permission and no device, and loads and stores nothing from elsewhere', () => {
  const handlers: Record<string, (...args: unknown[]) => unknown> = {};
  const keep = (name: string) => (handler: never) => {
    handlers[name] = handler;
  };
  const session = Object.assign(new EventEmitter(), {
    webRequest: { onBeforeRequest: keep('request') },
    setPermissionRequestHandler: keep('permission'),
    setPermissionCheckHandler: keep('check'),
    setDevicePermissionHandler: keep('device'),
    setSpellCheckerEnabled: vi.fn(),
  });
  lockSession(session as unknown as Session);
  const answered = vi.fn();
  handlers.permission(null, 'media', answered);
  expect(answered.mock.calls).toEqual([[false]]);
  expect([handlers.check(null, 'media'), handlers.device({})]).toEqual([false, false]);
  const loaded = vi.fn();
  handlers.request({ url: 'https://example.com/' }, loaded);
  handlers.request({ url: 'file:///etc/passwd' }, loaded);
  handlers.request({ url: 'app://crux/index.html' }, loaded);
  expect(loaded.mock.calls).toEqual([[{ cancel: true }], [{ cancel: true }], [{ cancel: false }]]);
  const download = { preventDefault: vi.fn() };
  session.emit('will-download', download);
  expect(download.preventDefault).toHaveBeenCalledOnce();
  expect(session.setSpellCheckerEnabled).toHaveBeenCalledWith(false);
});

/** The code of main's Electron part and of the preload, without comments. */
const code = ['main', 'preload']
  .flatMap((folder) => readdirSync(join(sources, folder)).map((file) => join(sources, folder, file)))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
  .join('\n');

it('opens no other program, runs no script in a page, and has one way in', () => {
  for (const word of [
    'openExternal',
    'openPath',
    'executeJavaScript',
    'insertCSS',
    'loadFile',
    'enableBlinkFeatures',
    'allowpopups',
    'bypassCSP',
    'utilityProcess',
    'getPathForFile', // a page can make a File of any path that a preload would tell main
  ])
    expect(code, word).not.toContain(word);
  // Chromium's switches are set in one place, which only closes (keep-offline.ts).
  expect(code.match(/\.appendSwitch\(.*\)/g)).toEqual(['.appendSwitch(name, value || undefined)']);
  expect(Object.keys(offlineSwitches).sort()).toEqual([
    'disable-background-networking',
    'disable-component-update',
    'disable-domain-reliability',
    'disable-sync',
    'host-resolver-rules',
    'no-pings',
    'no-proxy-server',
  ]);
  expect(code.match(/ipcMain\.\w+/g)).toEqual(['ipcMain.handle']);
  expect(code.match(/contextBridge\.\w+/g)).toEqual(['contextBridge.exposeInMainWorld']);
  expect(code.match(/new BrowserWindow\(|new BaseWindow|WebContentsView/g)).toEqual(['new BrowserWindow(']);
});

it('sandboxes before anything can start, and locks every session and contents', () => {
  const main = readFileSync(join(sources, 'main/index.ts'), 'utf8');
  expect(main.match(/^app\.enableSandbox\(\);$/m)).not.toBeNull(); // at the top level: before `ready`
  expect(main).toContain("app.on('session-created', lockSession)");
  expect(main).toMatch(/app\.on\('web-contents-created', [^;]*\{\s+lockContents\(contents\);/);
});
