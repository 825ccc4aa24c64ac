#!/usr/bin/env node
/**
 * Owns the executable: Electron's command line, the two lines on standard error that Playwright waits for,
 * Chromium, `require('electron')` for the program's main bundle, and the end of all of them.
 * Needs Node 24 (it runs as TypeScript and hooks module resolution synchronously).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import inspector from 'node:inspector';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { offlineSwitches } from '../../src/main/keep-offline.ts';
import { patience } from '../patience.ts';
import { connectCdp } from './cdp.ts';
import * as api from './electron-api.ts';
import { makeWindowClasses } from './electron-window.ts';

const args = process.argv.slice(2);
const flag = (name: string) => args.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const driven = flag('inspect') !== undefined;
if (driven) inspector.open(0, '127.0.0.1'); // prints "Debugger listening on ws://..."

const firstOfApp = args.find((a) => !a.startsWith('-')) ?? '.';
const appDirectory = resolve(firstOfApp);
const manifest = JSON.parse(readFileSync(join(appDirectory, 'package.json'), 'utf8'));
const mainFile = resolve(appDirectory, manifest.main);
const scratch = mkdtempSync(join(tmpdir(), 'crux-standin-'));
const userData = flag('user-data-dir') ?? join(scratch, 'user-data');
mkdirSync(userData, { recursive: true });

const executable = process.env.CRUX_CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executable)) {
  console.error(
    `stand-in: no Chromium at ${executable}; install it (apt-get install chromium) or set CRUX_CHROMIUM`,
  );
  process.exit(1);
}
const netLog = flag('log-net-log');
// The program sets these itself, before it is ready; here the browser is started first. Its pages have a host, which
// Chromium takes for this machine without asking anyone.
const ofProgram = Object.entries(offlineSwitches).map(([name, value]) =>
  name === 'host-resolver-rules'
    ? `--${name}=${value}, EXCLUDE *.localhost`
    : `--${name}${value && `=${value}`}`,
);
const browser = spawn(
  executable,
  [
    ...(process.env.CRUX_STANDIN_HEADFUL ? [] : ['--headless=new']),
    '--no-sandbox',
    '--remote-debugging-port=0',
    '--no-startup-window',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-dev-shm-usage',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-quic',
    '--enable-features=SkipListAccountsWithoutGaiaCookies',
    '--disable-features=OptimizationHints,NetworkTimeServiceQuerying,MediaRouter,HttpsUpgrades,Translate',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--disable-background-timer-throttling',
    '--force-color-profile=srgb',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    ...ofProgram,
    ...(netLog ? [`--log-net-log=${netLog}`] : []),
    `--user-data-dir=${join(scratch, 'chromium')}`,
  ],
  {
    stdio: ['ignore', 'ignore', 'pipe'],
    // What a browser keeps for its user (crash reports, settings of the desktop) is no business of these runs.
    env: { ...process.env, HOME: scratch, XDG_CONFIG_HOME: undefined, XDG_CACHE_HOME: undefined },
  },
);

let ending = false;
function shutdown(code: number): void {
  if (ending) return;
  ending = true;
  const finish = () => {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
  };
  if (browser.exitCode !== null || browser.signalCode !== null) {
    finish();
  } else {
    browser.once('exit', finish);
    cdp.send('Browser.close').catch(() => browser.kill('SIGTERM'));
    setTimeout(() => browser.kill('SIGKILL'), patience.waitMs).unref();
  }
}
browser.on('exit', () => {
  if (ending) return;
  console.error('stand-in: Chromium ended by itself');
  shutdown(1);
});
process.on('SIGTERM', () => shutdown(0));
process.on('exit', () => browser.kill('SIGKILL'));

const browserUrl = await new Promise<string>((found) => {
  let text = '';
  browser.stderr.on('data', (chunk) => {
    text += chunk;
    const match = /DevTools listening on (ws:\S+)/.exec(text);
    if (match === null) return;
    found(match[1]);
    browser.stderr.removeAllListeners('data').resume();
  });
});
const cdp = await connectCdp(browserUrl);

// Playwright drops NODE_OPTIONS; this is how a spec loads a module before the program, and after the
// stand-in's own connection to its browser.
if (process.env.CRUX_STANDIN_IMPORT) await import(process.env.CRUX_STANDIN_IMPORT);

// What a program may ask to know where it runs.
Object.defineProperty(process.versions, 'electron', { value: '45.4.1', enumerable: true });
Object.defineProperty(process.versions, 'chrome', { value: '156.0.0.0', enumerable: true });
Object.assign(process, {
  type: 'browser',
  resourcesPath: process.env.CRUX_STANDIN_RESOURCES ?? join(appDirectory, '..'),
});
process.argv = [
  process.execPath,
  ...args.filter((a) => !/^--(inspect|remote-debugging-port|no-sandbox|log-net-log)/.test(a)),
];

const app = new api.App({
  appDirectory,
  version: manifest.version,
  name: manifest.productName ?? manifest.name,
  userData,
  packaged: process.env.CRUX_STANDIN_PACKAGED === '1',
  shutdown,
});
const ipcMain = new api.IpcMain();
const protocol = new api.Protocol(app);
const session = new api.Session(protocol);
const nativeTheme = new api.NativeTheme();
const windows = makeWindowClasses({ cdp, app, ipcMain, session, nativeTheme });
await cdp.send('Target.setDiscoverTargets', { discover: true });
await cdp.send('Target.setAutoAttach', {
  autoAttach: true,
  waitForDebuggerOnStart: true,
  flatten: true,
  filter: [{ type: 'page' }],
});

const electron: Record<string, unknown> = {
  app,
  ipcMain,
  protocol,
  nativeTheme,
  session: { defaultSession: session },
  dialog: api.dialog,
  Menu: api.Menu,
  shell: api.shell,
  screen: api.screen,
  ...windows,
};
const strict = new Proxy(electron, {
  get(target, name) {
    if (
      typeof name === 'symbol' ||
      name in target ||
      name === '__esModule' ||
      name === 'default' ||
      name === 'then'
    )
      return target[name as string];
    throw new Error(`stand-in: electron.${name} is not reproduced; add it to test/standin`);
  },
});
(globalThis as Record<string, unknown>).__standin_electron = strict;
registerHooks({
  resolve: (specifier, context, next) =>
    /^electron(\/main|\/common)?$/.test(specifier)
      ? { url: 'standin:electron', format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === 'standin:electron'
      ? { source: 'module.exports = globalThis.__standin_electron', format: 'commonjs', shortCircuit: true }
      : next(url, context),
});

// Loaded whole before a driver can ask for it: its question may interrupt the program's own first require, and would
// then get, and keep, what is there of the module by then.
createRequire(mainFile)('electron');

// Playwright calls __playwright_run once it is attached; 'ready' waits for it, so that no window is missed. Another
// driver may not call it.
let attached: () => void = () => {};
const driverAttached = new Promise<void>((go) => {
  attached = go;
});
if (driven) {
  (globalThis as Record<string, unknown>).__playwright_run = attached;
  setTimeout(attached, patience.waitMs).unref();
  process.stderr.write(`DevTools listening on ${browserUrl}\n`);
} else {
  attached();
}
createRequire(mainFile)(mainFile);
await driverAttached;
app.becomeReady();
